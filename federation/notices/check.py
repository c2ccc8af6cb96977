"""Acceptance of notices: complete for their kind, effective, consistent (R23-R29).

`admit_notice` collects all faults before it raises, so that a sender can correct all of them at once. Gateways
and nodes check each notice with this same code, as of the moment when it was accepted.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from datetime import date

from google.protobuf.message import DecodeError

from federation.charter.model import Member
from federation.errors import FieldViolation, InvalidRequest
from federation.notices.documents import content_faults
from federation.notices.kinds import EXECUTION_KINDS, sender_faults
from federation.notices.reported import report_faults
from federation.notices.requests import is_request, request_faults, supervision_faults
from federation.notices.routing import insist_division, person_of
from federation.record import people
from federation.record.extensions import Declarations
from federation.record.texts import text_faults
from federation.record.validate import canonical_number
from federation.v1 import notice_pb2 as pb
from federation.values import calendar
from federation.values.contract import beyond_contract
from federation.values.no_value import no_name
from federation.values.numbers import births_of

#: Bytes of one notice; documents travel separately.
MAX_NOTICE = 128 * 1024
#: Documents that one notice may name.
MOST_DOCUMENTS = 20
#: Parts that only some kinds carry.
_PARTS = (
    "person", "record", "judgment", "execution", "changed", "changed_fields", "retrial", "approved_on",
    "correction", "supervision",
)  # fmt: skip
_NEEDED = {
    pb.NOTICE_KIND_JUDGMENT: {"record"},
    pb.NOTICE_KIND_JUDGMENT_INFORMATION: {"person", "judgment"},
    pb.NOTICE_KIND_RETRIAL_CHANGE: {"person", "judgment", "retrial"},
    pb.NOTICE_KIND_CORRECTION_REQUEST: {"correction"},
    pb.NOTICE_KIND_SEALING: {"person", "judgment"},
    pb.NOTICE_KIND_SUPERVISION: {"person", "supervision"},
} | {kind: {"person", "execution"} for kind in EXECUTION_KINDS}
_ALLOWED = {
    pb.NOTICE_KIND_JUDGMENT: {"approved_on"},
    pb.NOTICE_KIND_JUDGMENT_INFORMATION: {"changed", "changed_fields", "execution"},
    pb.NOTICE_KIND_RETRIAL_CHANGE: {"record", "approved_on"},
    pb.NOTICE_KIND_CORRECTION_REQUEST: {"person", "judgment"},
    pb.NOTICE_KIND_SUPERVISION: {"judgment"},
} | {kind: {"judgment"} for kind in EXECUTION_KINDS}


def digest_of(content: bytes) -> bytes:
    """Return the identity of a notice."""
    return hashlib.sha256(content).digest()


def parse_notice(content: bytes) -> pb.Notice:
    """Return the notice in `content`; raises `InvalidRequest` when it is no notice or not encoded deterministically."""
    if len(content) > MAX_NOTICE:
        raise InvalidRequest.of("notice", "SIZE", f"larger than {MAX_NOTICE} bytes; send documents apart")
    try:
        notice = pb.Notice.FromString(content)
    except DecodeError:
        raise InvalidRequest.of("notice", "FORMAT", "is not a Notice") from None
    if notice.SerializeToString(deterministic=True) != content:
        raise InvalidRequest.of("notice", "FORMAT", "is not in its deterministic form: serialise it so")
    violations = list(beyond_contract(notice, "notice"))
    if violations:
        raise InvalidRequest(violations)
    return notice


def admit_notice(
    notice: pb.Notice,
    sender: Member,
    *,
    today: date,
    allow_synthetic: bool,
    whole: bool = True,
    extensions: Declarations | None = None,
) -> pb.Notice:
    """Return `notice` in canonical form, or raise `InvalidRequest` with everything that is wrong.

    With `whole` false a judgment's record is not checked by `admit`, for callers that enter the record through `admit`.
    `extensions` is what the charter declares of additions to records (R22).
    """
    canonical = pb.Notice()
    canonical.CopyFrom(notice)
    violations = _texts(canonical)
    if violations:
        raise InvalidRequest(violations)
    violations += sender_faults(canonical.kind, sender)
    if canonical.kind not in _NEEDED:
        raise InvalidRequest(violations)
    violations += _parts(canonical)
    violations += _dates(canonical, today=today)
    violations += _divisions(canonical, allow_synthetic=allow_synthetic)
    violations += _documents(canonical)
    violations += _judgment(canonical)
    violations += _births(canonical)
    violations += _organs(canonical)
    if canonical.HasField("person"):
        violations += people.check(canonical.person, allow_synthetic=allow_synthetic)
        if not canonical.person.identifiers and not canonical.person.names:
            violations.append(FieldViolation("person", "R14", "give an identity number or a name"))
    if is_request(canonical):
        violations += request_faults(canonical, sender)
    elif canonical.kind == pb.NOTICE_KIND_SUPERVISION:
        violations += supervision_faults(canonical)
    violations += report_faults(
        canonical, today=today, allow_synthetic=allow_synthetic, whole=whole, extensions=extensions
    )
    if violations:
        raise InvalidRequest(list(dict.fromkeys(violations)))
    return canonical


def admitted_notice(content: bytes) -> pb.Notice:
    """Return a notice that was admitted before, with the numbers of its judgment and person in canonical form again.

    What was kept is what its sender signed, in the sender's writing; records are compared by canonical numbers.
    """
    notice = parse_notice(content)
    told_before = _judgment(notice) if notice.HasField("judgment") else iter(())
    people_named = [m for m in (notice, notice.record) if m.HasField("person")]
    for faults in (told_before, *(people.check(m.person, allow_synthetic=True) for m in people_named)):
        deque(faults, maxlen=0)
    return notice


def occurred_on(notice: pb.Notice) -> date:
    """Return the day from which the due time counts; raises `ValueError`."""
    if notice.kind == pb.NOTICE_KIND_JUDGMENT:
        return calendar.parse_date(notice.record.final_on)
    return calendar.parse_date(notice.occurred_on)


def _texts(notice: pb.Notice) -> list[FieldViolation]:
    """Return the faults in the notice's texts, except those of its record, which `admit` checks."""
    if not notice.HasField("record"):
        return text_faults(notice, "")
    rest = pb.Notice()
    for field, value in notice.ListFields():
        if isinstance(value, str):
            setattr(rest, field.name, value)
    for part in ("person", "judgment", "changed", "correction"):
        if notice.HasField(part):
            getattr(rest, part).CopyFrom(getattr(notice, part))
    rest.execution.extend(notice.execution)
    rest.documents.extend(notice.documents)
    return text_faults(rest, "")


def _parts(notice: pb.Notice) -> Iterator[FieldViolation]:
    there = {field.name for field, _ in notice.ListFields()} & {*_PARTS}
    for name in sorted(_NEEDED[notice.kind] - there):
        yield FieldViolation(name, "R29", "is mandatory in a notice of this kind: give it")
    for name in sorted(there - _NEEDED[notice.kind] - _ALLOWED.get(notice.kind, set())):
        yield FieldViolation(name, "R29", "has no place in a notice of this kind: leave it out")
    if notice.matter not in pb.Matter.values():
        yield FieldViolation(
            "matter", "A1", "is not a known matter: ordinary, state_security, procuratorate, military"
        )


def _dates(notice: pb.Notice, *, today: date) -> Iterator[FieldViolation]:
    judgment = notice.kind == pb.NOTICE_KIND_JUDGMENT
    if judgment and notice.occurred_on not in ("", notice.record.final_on):
        yield FieldViolation("occurred_on", "A5", "differs from record.final_on; leave it out")
    if judgment or not notice.occurred_on:
        if not judgment:
            yield FieldViolation("occurred_on", "R25", "say on which day it happened")
        return
    try:
        day = calendar.parse_date(notice.occurred_on)
    except ValueError as error:
        yield FieldViolation("occurred_on", "DATE", str(error))
        return
    if day > today:
        yield FieldViolation("occurred_on", "DATE", f"lies in the future: it is {today} now; send it then")


def _divisions(notice: pb.Notice, *, allow_synthetic: bool) -> Iterator[FieldViolation]:
    where = "record.person" if notice.kind == pb.NOTICE_KIND_JUDGMENT else "person"
    for field, division in (
        (f"{where}.household_division", person_of(notice).household_division),
        ("trial_division", notice.trial_division),
    ):
        if division:
            try:
                insist_division(division, field, allow_synthetic=allow_synthetic)
            except InvalidRequest as error:
                yield from error.violations
    if (
        notice.kind == pb.NOTICE_KIND_JUDGMENT
        and not notice.trial_division
        and notice.matter != pb.MATTER_MILITARY
    ):
        yield FieldViolation("trial_division", "A3", "say where it was tried: a copy goes there")


def _documents(notice: pb.Notice) -> Iterator[FieldViolation]:
    if len(notice.documents) > MOST_DOCUMENTS:
        yield FieldViolation("documents", "SIZE", f"at most {MOST_DOCUMENTS} a notice")
    for number, document in enumerate(notice.documents[:MOST_DOCUMENTS]):
        yield from content_faults(
            document.sha256, document.size, document.media_type, f"documents[{number}]."
        )
    if len({document.sha256 for document in notice.documents}) < len(notice.documents):
        yield FieldViolation("documents", "R62", "names a document twice")


def _births(notice: pb.Notice) -> Iterator[FieldViolation]:
    """Yield each birth date that cannot be read: a node could not look for the person by it."""
    for where, person in (("person", notice.person), ("changed.person", notice.changed.person)):
        try:
            births_of(person)
        except ValueError as error:
            yield FieldViolation(f"{where}.birth_date", "DATE", str(error))


def _organs(notice: pb.Notice) -> Iterator[FieldViolation]:
    """Yield the organs whose name is no value, such as the error of a spreadsheet."""
    organs = {"judgment.court.name": notice.judgment.court.name}
    organs |= {
        f"execution[{number}].executor": event.executor for number, event in enumerate(notice.execution)
    }
    for where, name in organs.items():
        if name and (fault := no_name(name)):
            yield FieldViolation(where, "TEXT", fault)


def _judgment(notice: pb.Notice) -> Iterator[FieldViolation]:
    number = notice.judgment.number
    if number.original:
        try:
            number.canonical = canonical_number(number)
        except InvalidRequest as error:
            for v in error.violations:
                yield FieldViolation("judgment.number.original", v.rule, v.message)
    elif notice.kind not in EXECUTION_KINDS and notice.HasField("judgment"):
        yield FieldViolation("judgment.number", "R17", "say which judgment it concerns")
