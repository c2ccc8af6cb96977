"""The certificate by which servers of other members know that the officer of a client is registered at its own node.

It is fetched when a statement first needs it, and kept in memory and in the window's folder of officers, if there is
one. When half of its life is over a new one is fetched; while the node cannot be reached, the old one serves on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from federation.errors import Exhausted, Unavailable
from federation.v1.envelope_pb2 import Envelope
from federation.v1.officer_pb2 import OfficerCertificate
from federation.values import clock

#: A certificate that ends sooner than this is not used: the statement has to arrive.
_LEFT: Final = timedelta(minutes=3)
#: After the node could not be reached, it is asked again no sooner than this, while a certificate still serves.
_PAUSE: Final = timedelta(minutes=1)


class _Use(Enum):
    """Of what use a certificate still is."""

    NONE = 0
    RENEW = 1
    FULL = 2


def kept_certificate(folder: Path | None, officer_id: str) -> Envelope | None:
    """Return the certificate of an officer that is kept in a window's folder of officers, if there is one."""
    if folder is None or not officer_id:
        return None
    try:
        return Envelope.FromString((folder / f"{officer_id}.certificate").read_bytes())
    except (OSError, DecodeError):
        return None


class OwnCertificate:
    """The certificate of one officer; `fetch` gets a new one from the member's node."""

    def __init__(
        self, folder: Path | None, officer_id: str, officer: str, fetch: Callable[[], Envelope]
    ) -> None:
        self._folder = folder if officer_id else None
        self._named = (officer_id, officer)
        self._fetch = fetch
        self._held: Envelope | None = None
        self._not_before = datetime.min.replace(tzinfo=UTC)

    def current(self, federation: str) -> Envelope:
        """Return a certificate for `federation` that holds for some minutes more; raises as `fetch` does.

        An old one serves on only while the node cannot be reached, never when it refuses: the officer may be removed.
        """
        held = self._held or kept_certificate(self._folder, self._named[0])
        use = self._use(held, federation)
        if held is None or use is _Use.NONE or (use is _Use.RENEW and clock.now() >= self._not_before):
            try:
                held = self._fetch()
            except (Unavailable, Exhausted):
                if held is None or use is _Use.NONE:
                    raise
                self._not_before = clock.now() + _PAUSE
            else:
                self._keep(held)
        self._held = held
        return held

    def _use(self, held: Envelope | None, federation: str) -> _Use:
        try:
            certificate = OfficerCertificate.FromString(held.payload if held else b"")
            issued, expires = map(clock.parse_stamp, (certificate.issued_at, certificate.expires_at))
        except (DecodeError, ValueError):
            return _Use.NONE
        named, now = (certificate.federation, certificate.officer_id, certificate.officer), clock.now()
        if named != (federation, *self._named) or now + _LEFT >= expires:
            return _Use.NONE
        return _Use.FULL if now < issued + (expires - issued) / 2 else _Use.RENEW

    def _keep(self, held: Envelope) -> None:
        if self._folder is None or not self._folder.is_dir():
            return
        path = self._folder / f"{self._named[0]}.certificate"
        scratch = path.with_suffix(f".{os.getpid()}")
        try:
            with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(held.SerializeToString())
            scratch.replace(path)
        except OSError:  # a folder that may not be written: the certificate is fetched again next time
            scratch.unlink(missing_ok=True)
