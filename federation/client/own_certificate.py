"""The certificate by which servers of other members know that the officer of a client is registered at its own node.

It is fetched when a statement first needs it, and kept in memory and in the window's folder of officers, if there is
one, until it has served.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from federation.v1.envelope_pb2 import Envelope
from federation.v1.officer_pb2 import OfficerCertificate
from federation.values import clock

#: A certificate that ends sooner than this is fetched anew.
_LEFT: Final = timedelta(minutes=10)


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

    def current(self, federation: str) -> Envelope:
        """Return a certificate for `federation` that holds for some minutes more; raises as `fetch` does."""
        held = self._held or kept_certificate(self._folder, self._named[0])
        if held is None or not self._serves(held, federation):
            held = self._fetch()
            self._keep(held)
        self._held = held
        return held

    def _serves(self, held: Envelope, federation: str) -> bool:
        try:
            certificate = OfficerCertificate.FromString(held.payload)
            expires = clock.parse_stamp(certificate.expires_at)
        except (DecodeError, ValueError):
            return False
        named = (certificate.federation, certificate.officer_id, certificate.officer)
        return named == (federation, *self._named) and clock.now() + _LEFT < expires

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
