"""Seals that the charter opens to provisions (A10): each needs the signatures of two officers and a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from google.protobuf.message import DecodeError

from federation.charter.envelope import STATEMENT, insist_certified, verify_payload
from federation.charter.model import Charter, OpenedSeal
from federation.errors import BadEnvelope, FieldViolation, InvalidRequest
from federation.law.agencies import FOUR_AGENCIES
from federation.law.bases.row import SEALED_BY
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.v1.opening_pb2 import SealOpening
from federation.values.calendar import parse_date
from federation.values.clock import parse_stamp
from federation.values.identity import Installation, Role
from federation.values.officers import officer_fault, officer_key
from federation.values.terms import SealRule
from federation.values.written import written_violations

METHOD: Final = "hutong:open-seal"
DESTINATION: Final = "charter"
_OFFICERS: Final = 2


def read_opening(statements: Sequence[Envelope], charter: Charter) -> OpenedSeal:
    """Return the opening that two officers have signed; each signature is checked as of the time it was given.

    Raises `InvalidRequest`, `BadEnvelope` or `PermissionDenied`: the same officer twice, the
    same installation twice, two different texts, no reason, or a signer outside the four agencies.
    """
    if len(statements) != _OFFICERS:
        raise InvalidRequest.of(
            "statements",
            "A10",
            f"{len(statements)} officers sign, two must: have another sign the same text (hutong charter sign-opening)",
        )
    signed = [_signed(envelope, charter) for envelope in statements]
    names = {officer_key(statement.officer) for statement, _ in signed}
    installations = {installation for _, installation in signed}
    bodies = {statement.body for statement, _ in signed}
    if len(names) < _OFFICERS or len(installations) < _OFFICERS:
        raise InvalidRequest.of(
            "statements",
            "A10",
            "two different officers sign, each through another installation: have the second one sign elsewhere",
        )
    if len(bodies) > 1:
        raise InvalidRequest.of(
            "statements",
            "A10",
            "the two officers have signed different texts: have both sign the same basis, rule and day",
        )
    opening = _opening(bodies.pop())
    return OpenedSeal(
        basis=opening.basis,
        rule=SealRule(opening.rule),
        because=opening.because,
        since=parse_date(opening.since),
        officers=tuple((statement.officer, installation) for statement, installation in signed),
    )


def opening_violations(opening: SealOpening) -> list[FieldViolation]:
    """Return what is wrong with the text of an opening."""
    missing = ("A10", "name the row of the catalogue")
    violations = [*written_violations("basis", opening.basis, limit=120, missing=missing)]
    missing = ("A10", "say why the provision opens this seal")
    violations += written_violations("because", opening.because, limit=500, missing=missing)
    if opening.rule not in SEALED_BY:
        violations.append(FieldViolation("rule", "A10", f"one of {', '.join(SEALED_BY)}"))
    try:
        parse_date(opening.since)
    except ValueError:
        violations.append(FieldViolation("since", "DATE", "is no ISO date"))
    return violations


def _signed(envelope: Envelope, charter: Charter) -> tuple[Statement, Installation]:
    try:
        statement = Statement.FromString(envelope.payload)
        at = parse_stamp(statement.issued_at)
    except (DecodeError, ValueError):
        raise BadEnvelope("the payload is no Statement", reason="MALFORMED_STATEMENT") from None
    verified = verify_payload(envelope, STATEMENT, charter, role=Role.REGISTERS, now=at)
    stated = (statement.federation, statement.method, statement.destination, statement.installation)
    expected = (charter.federation, METHOD, DESTINATION, str(verified.installation))
    if stated != expected:
        raise BadEnvelope(
            "not signed as an opening of this federation: sign it with hutong charter sign-opening",
            reason="WRONG_METHOD",
        )
    if fault := officer_fault(statement.officer):
        raise BadEnvelope(f"the officer's name {fault}", reason="OFFICER_MALFORMED")
    if charter.members[verified.installation.member].organ_class not in FOUR_AGENCIES:
        raise BadEnvelope(
            f"{verified.installation.member} is none of the four agencies: an officer of one of them signs"
        )
    insist_certified(statement, verified.installation, charter)
    return statement, verified.installation


def _opening(body: bytes) -> SealOpening:
    try:
        opening = SealOpening.FromString(body)
    except DecodeError:
        raise InvalidRequest.of("body", "FORMAT", "is not a SealOpening") from None
    violations = opening_violations(opening)
    if violations:
        raise InvalidRequest(violations)
    return opening
