"""Announcements of applications (A27): signed by the node that keeps one, so that no gateway can make any up."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from google.protobuf.message import DecodeError

from federation.charter.envelope import WINDOW, Signer, sign_payload, verify_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, Corrupt, FieldViolation, InvalidRequest
from federation.v1 import announcing_pb2 as pb
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.calendar import parse_date
from federation.values.clock import legal_day, parse_stamp
from federation.values.enum_names import purpose_name
from federation.values.identity import Role
from federation.values.terms import NEVER_ASKED, RecordClass
from federation.values.tokens import subject_digests

ANNOUNCEMENT: Final = "application/vnd.hutong.announcement.v1+protobuf"
ANNOUNCED: Final = frozenset({query_pb2.PURPOSE_OWN, query_pb2.PURPOSE_PUBLIC, query_pb2.PURPOSE_DEFENCE})
"""Purposes whose applications are announced: what an officer's decision still changes is released in these alone."""

MOST_PERSONS: Final = 500
LONGEST_BASIS: Final = 64
#: An application is released soon after its acceptance; a later day would keep a record on top of lists.
LATEST: Final = timedelta(days=60)
_RULE: Final = "A27"


def searched(
    purpose: query_pb2.Purpose.ValueType,
    covered: Collection[RecordClass] | None,
    *,
    violation_certificates: bool,
) -> frozenset[RecordClass]:
    """Return the classes of record for whose decision an application for this purpose may wait (R64).

    `covered` are those of its provision; None where it is not known, so that any may be. Own and defence applications
    search criminal records alone; by the charter's reading `violation_certificates` a person may ask for public-order
    records too.
    """
    if purpose == query_pb2.PURPOSE_DEFENCE:
        return frozenset({RecordClass.CRIMINAL})
    if purpose == query_pb2.PURPOSE_OWN:
        beside = {RecordClass.PUBLIC_ORDER} if violation_certificates else set()
        return frozenset({RecordClass.CRIMINAL, *beside})
    return frozenset(RecordClass if covered is None else covered) - NEVER_ASKED


def sign(announcement: pb.Announcement, signer: Signer) -> Envelope:
    """Return the announcement signed."""
    return sign_payload(ANNOUNCEMENT, announcement.SerializeToString(deterministic=True), signer)


def open_announcement(envelope: Envelope, charter: Charter, *, now: datetime) -> pb.Announcement:
    """Return a node's announcement, checked as of the moment at which it was signed.

    Raises `BadEnvelope`, `PermissionDenied`, `Corrupt`, or `InvalidRequest` with every field that is wrong.
    """
    try:
        announcement = pb.Announcement.FromString(envelope.payload)
        at = parse_stamp(announcement.announced_at)
    except (DecodeError, ValueError):
        raise Corrupt("the signed bytes are no Announcement") from None
    if at > now + WINDOW:
        raise BadEnvelope("signed in the future here: check the clock", reason="ENVELOPE_NOT_YET_VALID")
    verified = verify_payload(envelope, ANNOUNCEMENT, charter, role=Role.ANSWERS, now=at)
    names = {str(node.name) for node in charter.nodes if node.installation == verified.installation}
    if announcement.node not in names or announcement.federation != charter.federation:
        raise BadEnvelope(f"{verified.installation} announces for {announcement.node[:64]!r}")
    violations = list(_violations(announcement, at))
    if violations:
        raise InvalidRequest(violations)
    return announcement


def entry_of(announcement: pb.Announcement) -> dict[str, str | int]:
    """Return what the log of a server that passes an announcement on, or takes it, says of it: no person."""
    return {
        "application": announcement.application,
        "purpose": purpose_name(announcement.purpose),
        "persons": len(announcement.persons),
        "release_on": announcement.release_on,
    }


def _violations(announcement: pb.Announcement, at: datetime) -> Iterator[FieldViolation]:
    if (
        not announcement.application.startswith(f"{announcement.node}-")
        or len(announcement.application) > 120
    ):
        yield FieldViolation("application", _RULE, "is not the number of an application of that node")
    if announcement.purpose not in ANNOUNCED:
        yield FieldViolation("purpose", _RULE, "only own, public and defence applications are announced")
    if len(announcement.basis) > LONGEST_BASIS or (
        announcement.basis and announcement.purpose != query_pb2.PURPOSE_PUBLIC
    ):
        yield FieldViolation(
            "basis", _RULE, "only a public application has a provision: a row of the catalogue"
        )
    try:
        released = parse_date(announcement.release_on)
    except ValueError:
        yield FieldViolation("release_on", "DATE", "YYYY-MM-DD")
    else:
        if not timedelta(0) <= released - legal_day(at) <= LATEST:
            yield FieldViolation("release_on", _RULE, f"lies within {LATEST.days} days of the acceptance")
    if not 1 <= len(announcement.persons) <= MOST_PERSONS:
        yield FieldViolation("persons", "SIZE", f"1 to {MOST_PERSONS}")
        return
    for place, person in enumerate(announcement.persons):
        try:
            found = [*subject_digests(person)]
        except ValueError as error:
            yield FieldViolation(f"persons[{place}]", "R14", str(error))
        else:
            if not any(found):
                yield FieldViolation(f"persons[{place}]", "R14", "name and birth date, or a number")
