"""A server's own TLS certificate: it stops when its authority has revoked it, because its clients cannot see that."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509

from federation.charter.model import Charter
from federation.charter.trust import CharterTrust
from federation.errors import HutongError, Unavailable
from federation.values.identity import Installation

_LOGGER = logging.getLogger(__name__)


def insist_own_certificate(path: Path, installation: Installation, charter: Charter) -> None:
    """Raise `Unavailable` when the certificate in `path` is revoked in the charter.

    A file that is missing or half written is left to those who read it for the handshake.
    """
    member = charter.members.get(installation.member)
    try:
        serial = x509.load_pem_x509_certificate(path.read_bytes()).serial_number
    except (OSError, ValueError):
        return
    if member is not None and serial in charter.revoked.get(member.authority, frozenset()):
        raise Unavailable(
            f"the certificate of {installation} (serial {serial:x}) is revoked in charter {charter.version}: put a "
            f"certificate that {member.authority} issues anew into {path}, with its key, and start again",
            reason="CERTIFICATE_REVOKED",
        )


class Ending:
    """The end of a server that may not go on: the first reason, and who is to be woken by it."""

    def __init__(self) -> None:
        self.reason: HutongError | None = None
        self._wake: Callable[[], object] = lambda: None

    def wakes(self, wake: Callable[[], object]) -> None:
        """Have `wake` called when the server must end; it must neither wait nor raise."""
        self._wake = wake
        if self.reason is not None:
            wake()

    def end(self, reason: HutongError) -> None:
        """End the server for this reason."""
        if self.reason is None:
            self.reason = reason
            _LOGGER.error("the server stops: %s [%s]", reason.message, reason.reason)
            self._wake()


@contextmanager
def watching_own_certificate(
    path: Path, installation: Installation, trust: CharterTrust, ending: Ending
) -> Iterator[None]:
    """Raise `Unavailable` if the own certificate is revoked, and end the server when a later charter revokes it."""

    def look() -> None:
        try:
            insist_own_certificate(path, installation, trust.current())
        except HutongError as error:
            if error.reason == "CERTIFICATE_REVOKED":
                ending.end(error)

    insist_own_certificate(path, installation, trust.current())
    with trust.watched(look):
        yield
