"""A server's signing key: checked at the start against the charter, and followed by the next one while it serves.

The next key lies beside the present one (`signing.next.key`) until the charter lists it. The server then goes on with
the present key for a while, so that everybody else has that charter, and after that puts the next key into its place.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from federation.background.loop import Loop
from federation.charter.model import Charter
from federation.charter.own_key import accepted
from federation.charter.trust import CharterTrust
from federation.errors import CharterUnusable, Unavailable
from federation.values.clock import stamp
from federation.values.identity import Installation
from federation.values.keys import Signer, SigningKey, next_of

_LOGGER = logging.getLogger(__name__)
_NEXT = "put back the signing key of this installation from the backup"
_EVERY_S = 1.0


def load_signer(path: Path, installation: Installation) -> Signer:
    """Return the signer with the key in `path`; raises `Unavailable` naming a file that is missing or wrong."""
    return Signer(installation, _load(path))


def insist_own_signing_key(path: Path, signer: Signer, charter: Charter, *, at: datetime) -> None:
    """Raise `Unavailable` when the charter lists the installation without this key: its signatures would be refused.

    They are also once the key has ended: one from an old backup is still listed, for what it signed in its time.
    """
    entry = charter.installations.get(signer.installation)
    if entry is None:
        return
    own = next((key for key in entry.keys if key.public == signer.public), None)
    if own is None:
        raise Unavailable(
            f"{path} holds no key that the charter lists for {signer.installation}: {_NEXT}, or have your "
            "authority list the new one",
            reason="WRONG_KEY",
        )
    if own.not_after <= at:
        raise Unavailable(
            f"the key in {path} ended at {stamp(own.not_after)} by the charter (it is {stamp(at)} here): {_NEXT}, "
            "or make the next one (keys next) and have your authority list it",
            reason="WRONG_KEY",
        )


class KeyFollower:
    """Puts the next signing key of a server into use, `after_s` seconds after a charter that lists it came into force.

    Sooner when the charter no longer accepts the present key. What cannot be read or replaced changes nothing: the
    server goes on with the key that it has, and warns once.
    """

    def __init__(
        self, path: Path, signer: Signer, trust: CharterTrust, *, after_s: float, now: Callable[[], datetime]
    ) -> None:
        self._path, self._signer, self._trust = path, signer, trust
        self._after_s, self._now = after_s, now
        #: The key that is listed, and since when (monotonic) this server knows that it is.
        self._listed: tuple[str, float] | None = None
        self._warned = ""
        self._loop = Loop("signing", self._step, every_s=_EVERY_S, waits_first=True)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Take the next key at once if the charter demands it; then look in the background, until the context ends."""
        self._step()
        with self._trust.watched(self._loop.wake), self._loop:
            yield

    def _step(self) -> bool:
        try:
            self._look(next_of(self._path))
        except (CharterUnusable, Unavailable, OSError) as error:
            self._warn(str(error))
        return False

    def _look(self, upcoming: Path) -> None:
        if not upcoming.exists():
            self._listed = None
            return
        key, charter, at = _load(upcoming), self._trust.current(), self._now()
        if not accepted(key, self._signer.installation, charter, at=at):
            self._listed = None
            return
        if self._listed is None or self._listed[0] != key.keyid:
            self._listed = (key.keyid, time.monotonic())
        waited = time.monotonic() - self._listed[1] >= self._after_s
        if waited or not accepted(self._signer.held, self._signer.installation, charter, at=at):
            self._take(key, upcoming)

    def _take(self, key: SigningKey, upcoming: Path) -> None:
        # First on the disk: whatever is signed with the new key, the next start signs with it too. The folder is opened
        # before, so that no lack of descriptors comes between the exchange and the use.
        handle = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            upcoming.replace(self._path)
            os.fsync(handle)
        finally:
            os.close(handle)
        self._signer.take(key)
        self._listed, self._warned = None, ""
        _LOGGER.info("signs with the key %s from now on", key.keyid)

    def _warn(self, fault: str) -> None:
        if fault != self._warned:
            _LOGGER.warning("the server goes on with the signing key that it has: %s", fault)
            self._warned = fault


def _load(path: Path) -> SigningKey:
    try:
        return SigningKey.load(path)
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}; {_NEXT}", reason="WRONG_KEY") from None
    except ValueError as error:
        raise Unavailable(f"{error}; {_NEXT}", reason="WRONG_KEY") from None
