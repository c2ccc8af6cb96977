"""The facts of a certificate, in a form that a person or a program can check."""

from __future__ import annotations

from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from federation.values.clock import stamp
from federation.values.identity import Installation

T = TypeVar("T", bound=x509.ExtensionType)

_PURPOSES = {ExtendedKeyUsageOID.SERVER_AUTH: "server", ExtendedKeyUsageOID.CLIENT_AUTH: "client"}


def describe(pem: bytes) -> dict[str, str | list[str]]:
    """Return the facts of the PEM certificate `pem`; raises `ValueError` when `pem` is no certificate."""
    certificate = x509.load_pem_x509_certificate(pem)
    names = _extension(certificate, x509.SubjectAlternativeName)
    usage = _extension(certificate, x509.ExtendedKeyUsage)
    basic = _extension(certificate, x509.BasicConstraints)
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "kind": "authority" if basic is not None and basic.ca else "leaf",
        "uri": names.get_values_for_type(x509.UniformResourceIdentifier) if names else [],
        "dns": names.get_values_for_type(x509.DNSName) if names else [],
        "purposes": [_PURPOSES.get(oid, oid.dotted_string) for oid in usage] if usage else [],
        "not_before": stamp(certificate.not_valid_before_utc),
        "not_after": stamp(certificate.not_valid_after_utc),
        "serial": f"{certificate.serial_number:x}",
        "sha256": certificate.fingerprint(SHA256()).hex(),
    }


def serial_of(pem: bytes) -> int:
    """Return the serial number of the PEM certificate `pem`; raises `ValueError` when `pem` is no certificate."""
    return x509.load_pem_x509_certificate(pem).serial_number


def issuing_member_of(pem: bytes) -> str:
    """Return the member that the certificate's issuer names; "" when it names none."""
    issuer = x509.load_pem_x509_certificate(pem).issuer
    return "".join(str(each.value) for each in issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME))


def installation_of(pem: bytes) -> Installation | None:
    """Return the installation that the PEM certificate `pem` names; None when it names none."""
    names = _extension(x509.load_pem_x509_certificate(pem), x509.SubjectAlternativeName)
    for uri in names.get_values_for_type(x509.UniformResourceIdentifier) if names else ():
        try:
            return Installation.parse(uri.removeprefix("spiffe://").partition("/")[2])
        except ValueError:
            continue
    return None


def _extension(certificate: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
