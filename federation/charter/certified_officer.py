"""A node's certificate that an officer of its member is registered there, for servers that know no roll (R12, R34).

The certificate travels inside the officer's statement. The charter says of which members' officers it is asked: their
own authority decides so, and from when on.
"""

from __future__ import annotations

from typing import Final

from google.protobuf.message import DecodeError

from federation.charter.installations import LONGEST_LIFE
from federation.charter.model import Charter
from federation.charter.officer_signature import insist_officer_signed
from federation.errors import BadEnvelope, PermissionDenied
from federation.v1.envelope_pb2 import Statement
from federation.v1.officer_pb2 import OfficerCertificate
from federation.values.clock import parse_stamp
from federation.values.contract import has_unknown_fields
from federation.values.identity import Installation, Kind, MemberId

CERTIFICATE: Final = "application/vnd.hutong.officer-certificate.v1+protobuf"
#: How long a certificate holds at the most. Nodes make them hold as long as the charter says, one hour by default;
#: what was signed under a longer life can still be opened.
LONGEST: Final = LONGEST_LIFE
NOT_CERTIFIED: Final = "OFFICER_NOT_CERTIFIED"


def needs_certificate(statement: Statement, signer: Installation, charter: Charter) -> bool:
    """Say whether the statement counts only with a certificate; the signer's own node asks its roll instead."""
    certified = charter.officers_certified.get(signer.member)
    if certified is None or signer.kind is not Kind.CLIENT or is_own(statement.destination, signer.member):
        return False
    return parse_stamp(statement.issued_at) >= certified.since


def is_own(destination: str, member: MemberId) -> bool:
    """Say whether a statement goes to a server of the member itself; "gateway" is nobody's."""
    return destination.startswith(f"{member}/")


def insist_names(statement: Statement, payload: bytes, certifier: Installation, charter: Charter) -> None:
    """Raise unless the certificate in `payload`, signed by `certifier`, is of the officer of the statement, and then.

    Raises `PermissionDenied` (OFFICER_NOT_CERTIFIED), or `BadEnvelope` for a statement without the signature of the
    officer's own key.
    """
    try:
        certificate = OfficerCertificate.FromString(payload)
        issued, expires = parse_stamp(certificate.issued_at), parse_stamp(certificate.expires_at)
    except (DecodeError, ValueError):
        raise not_certified("the certificate cannot be read") from None
    if has_unknown_fields(certificate):
        raise not_certified("the certificate has fields that this contract does not know")
    if certifier.kind is not Kind.NODE or certifier.member != statement.member:
        raise not_certified(f"{certifier} signed the certificate: a node of {statement.member[:64]} has to")
    named = (certificate.federation, certificate.member, certificate.officer_id, certificate.officer)
    if named != (charter.federation, statement.member, statement.officer_id, statement.officer):
        raise not_certified(f"it is of {certificate.officer[:64]!r} under {certificate.officer_id[:32]!r}")
    if not issued <= parse_stamp(statement.issued_at) < expires or expires - issued > LONGEST:
        raise not_certified(
            f"the certificate holds from {certificate.issued_at} to {certificate.expires_at}, for at most "
            f"{LONGEST.total_seconds() / 3600:.0f} hours"
        )
    if certificate.key:
        try:
            insist_officer_signed(statement, certificate.key)
        except ValueError:
            raise BadEnvelope("the certified key is no Ed25519 key", reason=NOT_CERTIFIED) from None


def not_certified(why: str) -> PermissionDenied:
    """Return the error of a statement whose officer no node of the member vouches for."""
    return PermissionDenied(
        f"the officer is not certified by the member's node: {why}; fetch a certificate (OfficerService/Certify) and "
        "sign anew",
        reason=NOT_CERTIFIED,
    )
