"""Materials of a server's TLS handshake: its certificate, its key and the authorities it trusts, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import grpc

from federation.charter.trust import CharterTrust
from federation.transport.pair import follow_certificate, matching_pair


@dataclass(frozen=True)
class Materials:
    """A certificate chain and its private key (PEM), and the authorities whose certificates are accepted (PEM)."""

    certificate: bytes
    key: bytes = field(repr=False)
    authorities: bytes

    def credentials(self) -> grpc.ServerCredentials:
        """Return credentials that never change, and that demand a certificate of one of the authorities."""
        return grpc.ssl_server_credentials(
            [(self.key, self.certificate)], self.authorities, require_client_auth=True
        )


class MaterialsSource:
    """The source of a server's materials: two files, and the charter in force.

    Every caller must show a certificate of one of the authorities. `PeerVerifier` checks at each call, by the charter,
    whether that authority may vouch for the caller.
    """

    def __init__(self, certificate: Path, key: Path, trust: CharterTrust) -> None:
        self._certificate, self._key, self._trust = certificate, key, trust

    def read(self) -> Materials:
        """Return the materials as they are now.

        The files are read each time, not only when their time stamps differ: two writes within one tick of the
        file system's clock look alike. Raises `OSError` or `ValueError` when a file is missing, half written or
        does not belong to the other one, and `CharterUnusable` without a charter in force.
        """
        charter = self._trust.current()
        issuers = [pem for name in sorted(charter.authorities) for pem, _ in charter.issuers(name)]
        return Materials(*self.pair(), b"\n".join(issuers))

    def pair(self) -> tuple[bytes, bytes]:
        """Return certificate and key alone; raises `OSError` or `ValueError` like `read`."""
        return matching_pair(self._certificate, self._key)

    def settle(self) -> None:
        """Put the next key in its place once the certificate is its own; raises `OSError` or `ValueError`."""
        follow_certificate(self._certificate, self._key)
