"""An installation's request file: public signing key, certificate request, endpoint. Private keys stay at home."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from certs.authority import subject_of
from certs.keyfiles import private_pem, write_private
from certs.signed_requests import (
    UNREADABLE,
    insist_reachable,
    insist_signed,
    opened_request,
    public_key_in,
    refused,
    signed_request,
    text_of,
)
from certs.signing import load_signing_key, new_signing_key, public_of
from federation.values.identity import Installation
from federation.values.keys import private_key_in

KIND = "application/vnd.hutong.installation-request.v1+json"
SIGNING_KEY, TLS_KEY, REQUEST = "signing.key", "tls.key", "request.json"


@dataclass(frozen=True)
class InstallationRequest:
    """What an installation asks to be certified and listed for; `signing_key` has 32 raw bytes, clients no endpoint."""

    installation: Installation
    endpoint: str
    signing_key: bytes
    #: The key of the TLS certificate, whose possession the certificate request proves.
    tls_key: ec.EllipticCurvePublicKey
    #: The file as it was read, so that others can check it again.
    document: object


def make_keys(home: Path) -> None:
    """Make the installation's signing key and TLS key in `home`; those that exist stay."""
    make_key_files(home / SIGNING_KEY, home / TLS_KEY)


def make_key_files(signing_key: Path, tls_key: Path) -> None:
    """Make a signing key and a TLS key in these files; those that exist stay."""
    if not signing_key.exists():
        new_signing_key(signing_key)
    if not tls_key.exists():
        write_private(tls_key, private_pem(ec.generate_private_key(ec.SECP256R1())))


def make_request(home: Path, installation: Installation, endpoint: str) -> dict[str, Any]:
    """Return the content of the request file for the keys in `home`; raises `ValueError` for another kind of key."""
    return request_for(home / SIGNING_KEY, home / TLS_KEY, installation, endpoint)


def request_for(
    signing_key: Path, tls_key: Path, installation: Installation, endpoint: str
) -> dict[str, Any]:
    """Return the content of the request file for the keys in these files; raises `ValueError` for another kind."""
    signing = load_signing_key(signing_key)
    tls = private_key_in(tls_key.read_bytes(), tls_key)
    if not isinstance(tls, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{tls_key} holds no ECDSA key")
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject_of(installation))
        .add_extension(x509.SubjectAlternativeName([_named(installation)]), critical=False)
        .sign(tls, SHA256())
    )
    payload = {
        "installation": str(installation),
        "endpoint": endpoint,
        "signing_key": public_of(signing).hex(),
        "csr": csr.public_bytes(Encoding.PEM).decode(),
    }
    return signed_request(KIND, payload, [signing])


def shows(request: InstallationRequest, home: Path) -> bool:
    """Say whether the request shows the keys in `home`; keys that were exchanged need a new request."""
    tls = private_key_in((home / TLS_KEY).read_bytes(), home / TLS_KEY)
    return (
        request.signing_key == public_of(load_signing_key(home / SIGNING_KEY))
        and request.tls_key == tls.public_key()
    )


def read_request(document: object) -> InstallationRequest:
    """Return the request in a file's JSON, both of its keys proven to be possessed; raises `InvalidRequest`."""
    payload, envelope = opened_request(KIND, document)
    signing_key = public_key_in(payload, "signing_key")
    insist_signed(envelope, [signing_key])
    try:
        installation = Installation.parse(text_of(payload, "installation"))
    except ValueError as error:
        raise refused("FORMAT", str(error)) from None
    endpoint = text_of(payload, "endpoint")
    try:
        insist_reachable(endpoint or "localhost:1")
    except ValueError as error:
        raise refused("ENDPOINT", f"endpoint: {error}") from None
    tls_key = _proven(text_of(payload, "csr"), installation)
    return InstallationRequest(installation, endpoint, signing_key, tls_key, document)


def _proven(pem: str, installation: Installation) -> ec.EllipticCurvePublicKey:
    """Return the key of a certificate request that its own key signed for this installation."""
    try:
        csr = x509.load_pem_x509_csr(pem.encode())
        named = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        holds, key = csr.is_signature_valid, csr.public_key()
    except UNREADABLE as error:
        raise refused("CSR", f"csr cannot be read: {error}") from None
    if not holds or list(named) != [_named(installation)]:
        raise refused(
            "CSR", f"csr was not signed by its own key for {installation}: have its owner write it anew"
        )
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise refused("CSR", "csr holds no ECDSA key on the curve P-256")
    return key


def _named(installation: Installation) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(f"hutong:{installation}")
