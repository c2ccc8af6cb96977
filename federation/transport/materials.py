"""Materials of a server's TLS handshake: its certificate, its key and the authorities it trusts, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from federation.charter.trust import CharterTrust


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
        self._checked: tuple[bytes, bytes] | None = None

    def read(self) -> Materials:
        """Return the materials as they are now.

        The files are read each time, not only when their time stamps differ: two writes within one tick of the
        file system's clock look alike. Raises `OSError` or `ValueError` when a file is missing, half written or
        does not belong to the other one, and `CharterUnusable` without a charter in force.
        """
        authorities = self._trust.current().authorities
        return Materials(*self.pair(), b"\n".join(authorities[name] for name in sorted(authorities)))

    def pair(self) -> tuple[bytes, bytes]:
        """Return certificate and key alone; raises `OSError` or `ValueError` like `read`."""
        pair = self._certificate.read_bytes(), self._key.read_bytes()
        if pair != self._checked:
            _require_match(*pair)
            self._checked = pair
        return pair


def _require_match(certificate: bytes, key: bytes) -> None:
    public = x509.load_pem_x509_certificates(certificate)[0].public_key()
    if load_pem_private_key(key, password=None).public_key() != public:
        raise ValueError("the certificate and the key do not belong together")
