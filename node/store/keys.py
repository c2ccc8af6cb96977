"""The secret keys of one node; they never leave it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from pathlib import Path

from server.keyfiles import load_keys

#: `wrap` wraps the data keys of open records, `sealing` those of sealed and withheld ones, `lookup` makes the
#: blind tokens, `journal` encrypts the bodies of the log, `working` is for working records alone, `commitment` makes
#: the commitments to the log that members get: who has it can open them.
NAMES = ("wrap", "sealing", "lookup", "journal", "working", "commitment")


@dataclass(frozen=True, repr=False)
class NodeKeys:
    """The keys in memory; never printed."""

    wrap: bytes
    sealing: bytes
    lookup: bytes
    journal: bytes
    working: bytes
    commitment: bytes

    @classmethod
    def load(cls, folder: Path) -> NodeKeys:
        """Read the key files in `folder`; raises `ValueError` naming a file that is missing or wrong."""
        return cls(**load_keys(folder, NAMES))

    @property
    def tally(self) -> bytes:
        """The key of the tally: derived, so that a home of an earlier program needs no further key file."""
        return hmac.digest(self.sealing, b"hutong tally\x1f", "sha256")
