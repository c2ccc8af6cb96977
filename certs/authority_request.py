"""An authority's request file: its certificate, and the public halves of its agency's keys for the charter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.authority import CERTIFICATE
from certs.signed_requests import (
    UNREADABLE,
    insist_signed,
    opened_request,
    public_key_in,
    refused,
    signed_request,
    text_of,
)
from certs.signing import load_signing_key, new_signing_key, public_of
from federation.values.identity import MemberId, member_id

KIND = "application/vnd.hutong.authority-request.v1+json"
REQUEST = "authority.json"
#: Name in the request -> file: the agency's own part of the charter, its share of the root, the publisher's key.
KEYS = {"charter_key": "charter.key", "root_key": "root.key", "publisher_key": "publisher.key"}


@dataclass(frozen=True)
class AuthorityRequest:
    """What an authority shows of itself: PEM certificate and raw public keys by their name in `KEYS`."""

    member: MemberId
    certificate: bytes
    keys: dict[str, bytes]
    #: The file as it was read, so that others can check it again.
    document: object


def make_charter_keys(folder: Path, *, root: bool, publisher: bool) -> None:
    """Make the keys with which the agency signs the charter in `folder`; those that exist stay."""
    for name, wanted in (("charter_key", True), ("root_key", root), ("publisher_key", publisher)):
        if wanted and not (folder / KEYS[name]).exists():
            new_signing_key(folder / KEYS[name])


def make_authority_request(folder: Path, member: MemberId) -> dict[str, Any]:
    """Return the content of the request file for the authority and those of the keys that are in `folder`."""
    keys = {name: load_signing_key(folder / file) for name, file in KEYS.items() if (folder / file).exists()}
    payload = {
        "member": member,
        "certificate": (folder / CERTIFICATE).read_text("utf-8"),
        **{name: public_of(key).hex() for name, key in keys.items()},
    }
    return signed_request(KIND, payload, list(keys.values()))


def read_authority_request(document: object) -> AuthorityRequest:
    """Return the request in a file's JSON, each of its keys proven to be possessed; raises `InvalidRequest`."""
    payload, envelope = opened_request(KIND, document)
    if "charter_key" not in payload:
        raise refused(
            "FORMAT", "shows no charter_key, with which the authority signs its part of the charter"
        )
    keys = {name: public_key_in(payload, name) for name in KEYS if name in payload}
    if len(set(keys.values())) != len(keys):
        raise refused("ONE_KEY_ONE_USE", f"{', '.join(keys)} must be different keys")
    insist_signed(envelope, list(keys.values()))
    try:
        member = member_id(text_of(payload, "member"))
    except ValueError as error:
        raise refused("FORMAT", f"member: {error}") from None
    pem = text_of(payload, "certificate").encode()
    insist_authority(pem, member)
    return AuthorityRequest(member, pem, keys, document)


def insist_authority(pem: bytes, member: MemberId) -> None:
    """Raise unless the certificate is that of an authority of `member`, signed by itself."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        certificate.verify_directly_issued_by(certificate)
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        alone = certificate.public_bytes(Encoding.PEM) == pem
    except UNREADABLE:
        raise refused("CERTIFICATE", "certificate is not an authority's that signed itself") from None
    if not alone:  # people compare the first certificate, and a second one would be trusted with it
        raise refused("CERTIFICATE", "certificate must be one certificate in PEM, and nothing else")
    organ = [each.value for each in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if organ != [member] or not is_authority:
        raise refused("CERTIFICATE", f"certificate is no authority's of {member}")
