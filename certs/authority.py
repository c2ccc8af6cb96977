"""An agency's own certificate authority, and the leaf certificates that it issues directly."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.keyfiles import private_pem, write_private
from federation.errors import InvalidRequest
from federation.values.clock import stamp
from federation.values.identity import Installation, Kind, MemberId
from federation.values.keys import private_key_in

BACKDATED = timedelta(minutes=5)
"""How far validity begins before the moment of issue, for clocks that are behind."""

CERTIFICATE, KEY = "ca.pem", "ca.key"
_MADE_FOR, _LONGEST_NAME = " authority of ", 64


@dataclass(frozen=True)
class Leaf:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes
    serial: int

    def write(self, certificate: Path, key: Path) -> None:
        """Write both, the key with mode 0600; raises `FileExistsError` rather than replace a key."""
        write_private(key, self.key)
        certificate.parent.mkdir(parents=True, exist_ok=True)
        certificate.write_bytes(self.certificate)


class Authority:
    """An ECDSA P-256 authority (accepted by every TLS stack) that signs leaf certificates only."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate, self._key = certificate, key

    @property
    def pem(self) -> bytes:
        """The authority's certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    @classmethod
    def create(cls, member: MemberId, federation: str, *, now: datetime, days: int = 3650) -> Authority:
        """Return a new authority of `member`, valid for `days`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, member),
                x509.NameAttribute(NameOID.COMMON_NAME, f"{member}{_MADE_FOR}{federation}"[:_LONGEST_NAME]),
            ]
        )
        ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = (
            _builder(name, name, key.public_key(), now - BACKDATED, now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(ski, critical=False)
            .add_extension(_aki(ski), critical=False)
        )
        return cls(builder.sign(key, SHA256()), key)

    @classmethod
    def load(cls, folder: Path) -> Authority:
        """Return the authority kept in `folder`; raises `ValueError` for another kind of key."""
        key = private_key_in((folder / KEY).read_bytes(), folder / KEY)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{folder / KEY} holds no ECDSA key")
        return cls(x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes()), key)

    def save(self, folder: Path) -> None:
        """Keep the authority in `folder`; raises `FileExistsError` when one is there."""
        write_private(folder / KEY, private_pem(self._key))
        (folder / CERTIFICATE).write_bytes(self.pem)

    def issue(
        self, installation: Installation, federation: str, *, not_before: datetime, not_after: datetime
    ) -> Leaf:
        """Return a leaf with a new key and exactly one URI SAN that names `installation`.

        Nodes and gateways also get their DNS name, "localhost" and 127.0.0.1, and may be servers and clients;
        a client's certificate is for clients only.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.certify(
            key.public_key(), installation, federation, not_before=not_before, not_after=not_after
        )
        return Leaf(certificate.public_bytes(Encoding.PEM), private_pem(key), certificate.serial_number)

    def certify(
        self,
        key: ec.EllipticCurvePublicKey,
        installation: Installation,
        federation: str,
        *,
        not_before: datetime,
        not_after: datetime,
    ) -> x509.Certificate:
        """Return the certificate of `installation` for `key`, whose private half is where it was made."""
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(installation.spiffe(federation))]
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if installation.kind is not Kind.CLIENT:
            names += [x509.DNSName(installation.dns(federation)), x509.DNSName("localhost")]
            names.append(x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")))
            purposes.insert(0, ExtendedKeyUsageOID.SERVER_AUTH)
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return (
            _builder(subject_of(installation), self.certificate.subject, key, not_before, not_after)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(_aki(own), critical=False)
            .sign(self._key, SHA256())
        )

    def insist_of(self, federation: str) -> None:
        """Raise `InvalidRequest` when the authority was made for a federation of another name."""
        insist_made_for(self.certificate, federation)

    def insist_lasts(self, until: datetime, *, now: datetime) -> None:
        """Raise `InvalidRequest` when the authority has expired, or ends before a certificate that it is to issue."""
        ends = self.certificate.not_valid_after_utc
        if ends <= now:
            raise InvalidRequest.of(
                "ca",
                "VALIDITY",
                f"the authority expired at {stamp(ends)}: make another one, and have the charter name it",
            )
        if until > ends:
            raise InvalidRequest.of(
                "days",
                "VALIDITY",
                f"the authority ends at {stamp(ends)}: choose fewer days, or make another one",
            )


def insist_made_for(certificate: x509.Certificate, federation: str) -> None:
    """Raise `InvalidRequest` when an authority's certificate names another federation than this one.

    A name that was cut, and a certificate from elsewhere, say nothing about it.
    """
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else ""
    _, says, made_for = name.partition(_MADE_FOR)
    if says and len(name) < _LONGEST_NAME and made_for != federation:
        raise InvalidRequest.of(
            "federation",
            "CA",
            f"{federation} is not {made_for}, for which the authority was made: nobody would accept it",
        )


def subject_of(installation: Installation) -> x509.Name:
    """Return the subject of an installation's certificate."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, installation.member),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{installation.kind} {installation.name}"[:64]),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=public,
        serial_number=x509.random_serial_number(),
        not_valid_before=not_before.replace(tzinfo=None, microsecond=0),
        not_valid_after=not_after.replace(tzinfo=None, microsecond=0),
    )


def _aki(ski: x509.SubjectKeyIdentifier) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
