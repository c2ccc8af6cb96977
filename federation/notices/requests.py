"""Notices to which an officer of one organ replies: correction requests (R58) and supervision; checks, signers, way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from google.protobuf.message import DecodeError

from federation.charter.model import Charter, Member, Node
from federation.errors import FieldViolation, InvalidRequest
from federation.merging.precedence import FIELDS
from federation.v1 import correction_pb2
from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.calendar import known_day, parse_date
from federation.values.identity import MemberId, OrganFunction, Role

#: The parts that may be reported as wrong: a field that agencies compare, a name or number, or the whole record.
CONTESTABLE = frozenset({*FIELDS, "person.names", "person.identifiers", "record"})
_MOST_FACETS = 50
MEASURES: Final = "2022 Measures art. 22 [M]"


def is_request(notice: pb.Notice) -> bool:
    """Say whether a notice asks for a correction."""
    return notice.kind == pb.NOTICE_KIND_CORRECTION_REQUEST


def awaits_reply(notice: pb.Notice) -> bool:
    """Say whether a notice has no effect by itself and an officer replies to it."""
    return is_request(notice) or notice.kind == pb.NOTICE_KIND_SUPERVISION


def request_faults(notice: pb.Notice, sender: Member) -> Iterator[FieldViolation]:
    """Yield what is wrong with a correction request."""
    correction, merged = notice.correction, sender.does(OrganFunction.INTERCONNECT)
    if not correction.node:
        yield FieldViolation("correction.node", "R58", "name the node whose record it is, as the answer does")
    if correction.record_id:
        if len(correction.record_id) != 32 or not set(correction.record_id) <= set("0123456789abcdef"):
            yield FieldViolation("correction.record_id", "FORMAT", "is not 32 hex digits")
        if not correction.version:
            yield FieldViolation("correction.version", "R58", "say which version the answer showed")
        if notice.HasField("person") or notice.HasField("judgment"):
            yield FieldViolation("person", "R58", "is for a request without record_id: leave it out")
    elif not (notice.HasField("person") and notice.HasField("judgment")):
        yield FieldViolation("correction.record_id", "R58", "give it, or both person and judgment")
    if notice.documents:
        yield FieldViolation("documents", "R58", "have no place in a request: name them in instrument")
    if correction.field not in CONTESTABLE:
        yield FieldViolation("correction.field", "R58", f"one of {', '.join(sorted(CONTESTABLE))}")
    if merged:
        if not 1 <= len(correction.differs_from) <= _MOST_FACETS:
            yield FieldViolation("correction.differs_from", "R58", f"name 1 to {_MOST_FACETS} facets")
    elif correction.differs_from:
        yield FieldViolation("correction.differs_from", "R58", "is for gateways: say what you believe right")
    elif not correction.believed:
        yield FieldViolation("correction.believed", "R58", "say what is right instead")


def supervision_faults(notice: pb.Notice) -> Iterator[FieldViolation]:
    """Yield what is wrong with a procuratorate's notice about sealing (2022 Measures arts 21, 22 [M])."""
    supervision = notice.supervision
    if not supervision.node:
        yield FieldViolation("supervision.node", "R58", "name the node of the organ that is supervised")
    if not supervision.fault or supervision.fault not in correction_pb2.SupervisionFault.values():
        yield FieldViolation("supervision.fault", MEASURES, "one of not_sealed, wrongly_sealed, disclosed")
    if not supervision.instrument.reference or not supervision.instrument.issuer:
        yield FieldViolation("supervision.instrument", MEASURES, "give number and issuer of the paper")
    if notice.documents:
        yield FieldViolation("documents", "R58", "have no place here: name the paper in instrument")
    if supervision.reply_by:
        try:
            asked = parse_date(supervision.reply_by)
        except ValueError as error:
            yield FieldViolation("supervision.reply_by", "DATE", str(error))
        else:
            if (day := known_day(notice.occurred_on)) is not None and asked <= day:
                yield FieldViolation("supervision.reply_by", "R25", "lies no day after occurred_on")


def owner(charter: Charter, notice: pb.Notice, sender: MemberId) -> Node:
    """Return the node whose officer replies; raises `InvalidRequest`."""
    part = "supervision" if notice.kind == pb.NOTICE_KIND_SUPERVISION else "correction"
    named = getattr(notice, part).node
    for node in charter.nodes:
        if node.name == named:
            if node.agency == sender:
                raise InvalidRequest.of(f"{part}.node", "R35", "is your own: set it right there")
            return node
    names = ", ".join(str(node.name) for node in charter.nodes)
    raise InvalidRequest.of(f"{part}.node", "R58", f"is no node of this federation: one of {names}")


def signing_role(envelope: Envelope, charter: Charter, contents: Iterable[bytes]) -> Role:
    """Return the role in which the signer of a page must have signed it.

    Notices need NOTIFIES. What an officer replies to may come from installations that may ask questions; corrections
    also from a gateway, for conflicts found by merging.
    """
    found = charter.key(envelope.signatures[0].keyid) if envelope.signatures else None
    if found is None or Role.NOTIFIES in found[1].roles or not all(map(_asks, contents)):
        return Role.NOTIFIES
    return next((r for r in (Role.ASKS, Role.INTERCONNECTS) if r in found[1].roles), Role.NOTIFIES)


def _asks(content: bytes) -> bool:
    try:
        return awaits_reply(pb.Notice.FromString(content))
    except DecodeError:
        return False
