"""Validate the form of a submission: every unreadable field, by name and rule, before any rule of law is applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from federation.applications.roster import roster_violations
from federation.applications.stays import is_foreign, stay_violations
from federation.errors import FieldViolation, InvalidRequest
from federation.record.texts import text_violations
from federation.statements.subjects import (
    one_person_violations,
    subject_violations,
    unfindable_violations,
)
from federation.v1 import application_pb2 as pb
from federation.v1 import record_pb2
from federation.values.calendar import parse_date
from federation.values.divisions import check_division
from federation.values.identity import OrganClass
from federation.values.numbers import contradictions
from federation.values.written import written_violations

MOST_PAPERS: Final = 40
APPLICANTS: Final = {
    pb.APPLICATION_KIND_OWN: frozenset({OrganClass.PERSON}),
    pb.APPLICATION_KIND_PUBLIC: frozenset({OrganClass.UNIT, OrganClass.STATE_ORGAN}),
    pb.APPLICATION_KIND_DEFENCE: frozenset({OrganClass.LAWYER}),
    pb.APPLICATION_KIND_CASE: frozenset({OrganClass.STATE_ORGAN}),
    pb.APPLICATION_KIND_SEALED_PROVISION: frozenset({OrganClass.UNIT, OrganClass.STATE_ORGAN}),
}
"""Who may apply on which footing; members with clients of their own ask by themselves."""


def insist_well_formed(submission: pb.Submission, *, allow_synthetic: bool) -> None:
    """Raise `InvalidRequest` with every field of a new submission that cannot be read."""
    violations = list(_form(submission, allow_synthetic))
    if violations:
        raise InvalidRequest(violations)


def paper_violations(papers: Sequence[pb.Paper]) -> Iterator[FieldViolation]:
    """Yield the faults of a list of papers."""
    if len(papers) > MOST_PAPERS:
        yield FieldViolation("papers", "SIZE", f"more than {MOST_PAPERS}")
    for number, paper in enumerate(papers[:MOST_PAPERS]):
        where = f"papers[{number}]"
        if not paper.kind or paper.kind not in pb.PaperKind.values():
            yield FieldViolation(f"{where}.kind", "R34", "say which paper it is")
        if len(paper.sha256) != 32:
            yield FieldViolation(f"{where}.sha256", "FORMAT", "give the SHA-256 of the paper: 32 bytes")
        for name in ("reference", "names", "case_number"):
            yield from text_violations(f"{where}.{name}", getattr(paper, name), limit=120)


def _form(submission: pb.Submission, allow_synthetic: bool) -> Iterator[FieldViolation]:
    if submission.kind not in APPLICANTS:
        yield FieldViolation("kind", "R34", "say on what footing one applies")
        return
    who = submission.applicant
    if who.organ_class not in APPLICANTS[submission.kind]:
        yield FieldViolation(
            "applicant.organ_class",
            "R34",
            f"one of {', '.join(sorted(APPLICANTS[submission.kind]))} for this kind",
        )
    if not who.name:
        yield FieldViolation("applicant.name", "R34", "name who applies")
    for where, text, limit in (
        ("applicant.name", who.name, 120),
        ("applicant.handled_by", who.handled_by, 64),
        ("agent.name", submission.agent.name, 64),
    ):
        yield from text_violations(where, text, limit=limit)
    missing = ("公安机关办理犯罪记录查询工作规定 第7条 [V]", "say what the result is for")
    yield from written_violations("reason", submission.reason, missing=missing)
    yield from written_violations("basis", submission.basis, limit=120)
    yield from written_violations("case_number", submission.case_number, limit=120)
    yield from _persons(submission, allow_synthetic)
    yield from _foreign(submission)
    violations = (pb.APPLICATION_KIND_OWN, record_pb2.RECORD_CLASS_PUBLIC_ORDER)
    if submission.record_class and (submission.kind, submission.record_class) != violations:
        says = (
            "only a person asks by class, for a certificate of no violations: public_order, or leave it out"
        )
        yield FieldViolation("record_class", "R64", says)
    for place in ("household_division", "residence_division", "seat_division"):
        code = getattr(who, place)
        try:
            check_division(code or "000000")
        except ValueError as error:
            yield FieldViolation(f"applicant.{place}", "GB/T 2260", str(error))
    agent = record_pb2.Person(
        identifiers=[submission.agent.identifier], birth_date=submission.agent.birth_date
    )
    yield from contradictions(agent, "agent")
    if submission.HasField("agent") and not submission.agent.name:
        yield FieldViolation("agent.name", "R34", "name the agent")
    if submission.agent.birth_date:
        try:
            parse_date(submission.agent.birth_date)
        except ValueError:
            yield FieldViolation("agent.birth_date", "DATE", "YYYY-MM-DD")
    yield from paper_violations(submission.papers)


def _foreign(submission: pb.Submission) -> Iterator[FieldViolation]:
    """Yield the faults of what one who is no Chinese citizen states, in an own application alone."""
    who = submission.applicant
    yield from written_violations("applicant.nationality", who.nationality, limit=60)
    yield from stay_violations("applicant.stays", who.stays)
    if submission.kind != pb.APPLICATION_KIND_OWN and (who.nationality or who.stays):
        yield FieldViolation(
            "applicant.nationality" if who.nationality else "applicant.stays",
            "R34",
            "only a person who applies about the own record has them: leave it out",
        )
    elif who.stays and not is_foreign(who.nationality):
        yield FieldViolation(
            "applicant.nationality",
            "R34",
            "name the country; Chinese citizens have no stays, nor have those of Hong Kong, Macao and Taiwan",
        )
    elif is_foreign(who.nationality) and who.household_division:
        yield FieldViolation(
            "applicant.household_division",
            "R34",
            "is of Chinese citizens alone: give residence_division, or leave nationality out",
        )


def _persons(submission: pb.Submission, allow_synthetic: bool) -> Iterator[FieldViolation]:
    """Yield the faults of the persons: one subject, or a roster of the unit's or organ's own people."""
    if not submission.HasField("roster"):
        if not submission.subject.name:
            yield FieldViolation("subject.name", "R34", "a window asks by name and number")
        yield from subject_violations(submission.subject, allow_synthetic=allow_synthetic)
        yield from unfindable_violations(submission.subject, "subject")
        if submission.kind != pb.APPLICATION_KIND_CASE:
            yield from one_person_violations(submission.subject)
        return
    if submission.kind != pb.APPLICATION_KIND_PUBLIC:
        yield FieldViolation("roster", "R36", "only under a provision that names a unit's or organ's persons")
    if submission.HasField("subject"):
        yield FieldViolation("subject", "R34", "give one person or a roster, not both")
    yield from roster_violations(submission.roster, allow_synthetic=allow_synthetic)
