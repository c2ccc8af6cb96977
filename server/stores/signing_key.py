"""Checks of a server's signing key: its file is readable, and the charter lists the key for the server."""

from __future__ import annotations

from pathlib import Path

from federation.charter.model import Charter
from federation.errors import Unavailable
from federation.values.identity import Installation
from federation.values.keys import Signer

_NEXT = "put back the signing key of this installation from the backup"


def load_signer(path: Path, installation: Installation) -> Signer:
    """Return the signer with the key in `path`; raises `Unavailable` naming a file that is missing or wrong."""
    try:
        return Signer.load(path, installation)
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}; {_NEXT}", reason="WRONG_KEY") from None
    except (ValueError, TypeError):
        raise Unavailable(f"{path} holds no readable Ed25519 key; {_NEXT}", reason="WRONG_KEY") from None


def insist_own_signing_key(path: Path, signer: Signer, charter: Charter) -> None:
    """Raise `Unavailable` when the charter lists the installation without this key: its signatures would be refused."""
    entry = charter.installations.get(signer.installation)
    if entry is not None and all(key.public != signer.public for key in entry.keys):
        raise Unavailable(
            f"{path} holds no key that the charter lists for {signer.installation}: {_NEXT}, or have your "
            "authority list the new one",
            reason="WRONG_KEY",
        )
