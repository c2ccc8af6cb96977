"""The keys of a window: the next ones come into use by themselves, as those of a server do.

A command is over soon, so the moment at which the window first had a charter that lists its next signing key is kept in
a file beside the key. An hour later, when every server has that charter, commands sign with it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from federation.charter.model import Charter
from federation.charter.own_key import accepted
from federation.values.keys import Signer, SigningKey, next_of

#: From when a charter lists the next key until it is used.
AFTER: Final = timedelta(hours=1)


def follow_signing_key(path: Path, signer: Signer, charter: Charter, *, at: datetime) -> None:
    """Have `signer` sign with the next key beside `path`, if the charter has listed it for long enough.

    Sooner when the charter accepts the present key no longer; then also with the one that another command has put into
    `path` meanwhile. Raises `OSError` or `ValueError` for a key that cannot be read or put in its place.
    """
    try:
        _exchange(path, signer, charter, at=at)
    except FileNotFoundError:  # there is no next key, or another command of the window was faster
        if not accepted(signer.held, signer.installation, charter, at=at):
            there = SigningKey.load(path)
            if accepted(there, signer.installation, charter, at=at):
                signer.take(there)


def _exchange(path: Path, signer: Signer, charter: Charter, *, at: datetime) -> None:
    """Put the next key into its place and use it, if it is time; raises `FileNotFoundError` where there is none."""
    upcoming = next_of(path)
    key, seen = SigningKey.load(upcoming), upcoming.with_suffix(".seen")
    if not accepted(key, signer.installation, charter, at=at):
        seen.unlink(missing_ok=True)
        return
    if not seen.exists():
        seen.touch(mode=0o600)
    since = datetime.fromtimestamp(seen.stat().st_mtime, UTC)
    if at - since < AFTER and accepted(signer.held, signer.installation, charter, at=at):
        return
    upcoming.replace(path)
    seen.unlink(missing_ok=True)
    signer.take(key)
