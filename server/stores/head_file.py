"""The newest checkpoint in a file outside the database, so that an older database in its place is noticed.

It is written every few seconds and at the stop, not for each question. Gateways notice what it misses.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from federation.errors import Corrupt
from federation.evidence.checkpoint import read_checkpoint
from federation.evidence.view import envelope_json, read_envelope, read_json
from federation.v1.envelope_pb2 import Envelope
from federation.values.heads import Head
from server.journal.journal import Journal

NAME = "head.json"


@dataclass
class HeadFile:
    """The file at `path`, in the form that `hutong audit verify --known` reads."""

    path: Path
    #: Whether the file keeps the state that the database has lost, until that is settled.
    held: bool = field(default=False, init=False)
    #: When the head was signed that `lost` has returned.
    lost_at: str = field(default="", init=False)
    #: The keeper of checkpoints and whoever accepts a loss write at the same time.
    _writing: threading.Lock = field(default_factory=threading.Lock, init=False)

    def lost(self, journal: Journal) -> Head | None:
        """Return the head in the file if the log in the database does not contain it; then the file is held.

        Raises `Corrupt` when the file cannot be read.
        """
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            checkpoint = read_checkpoint(read_envelope(read_json(text)))
        except Corrupt as error:
            raise Corrupt(
                f"{self.path} cannot be read ({error.message}): it shows up to where the log goes; put it back, or "
                "remove it if the store beside it is the newest",
                reason="HEAD_UNREADABLE",
            ) from None
        head = Head(checkpoint.size, checkpoint.root)
        if journal.contains(head):
            return None
        self.held, self.lost_at = True, checkpoint.signed_at
        return head

    def write(self, checkpoint: Envelope) -> None:
        """Replace the file, in one step, unless it is held; raises `OSError`."""
        with self._writing:
            if self.held:
                return
            scratch = self.path.with_suffix(".new")
            with open(
                os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
            ) as file:
                json.dump(envelope_json(checkpoint), file)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(self.path)
