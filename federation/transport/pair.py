"""An installation's TLS certificate with the private key that belongs to it: the present key, or the next one.

A certificate for a new key takes the place of the old one in a single rename. Until the key has followed it, which is
another rename, the key in the file of the next one is the one that belongs to the certificate.
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from federation.values.keys import next_of, private_key_in


def matching_pair(certificate: Path, key: Path) -> tuple[bytes, bytes]:
    """Return certificate and key (PEM), from `key` or the file of the next key beside it, whichever belongs to it.

    Raises `OSError` or `ValueError` when a file is missing or half written, or neither key belongs to the certificate.
    """
    chain = certificate.read_bytes()
    public = x509.load_pem_x509_certificates(chain)[0].public_key()
    # The last look is for a key that took its place between the first two.
    for path in (key, next_of(key), key):
        if path == key or path.exists():
            private = path.read_bytes()
            if private_key_in(private, path).public_key() == public:
                return chain, private
    raise ValueError("the certificate and the key do not belong together")


def follow_certificate(certificate: Path, key: Path) -> bool:
    """Put the next key in the place of the present one if the certificate is its own; say whether it was."""
    upcoming = next_of(key)
    if not upcoming.exists() or matching_pair(certificate, key)[1] != upcoming.read_bytes():
        return False
    upcoming.replace(key)
    return True
