"""The applications of the window walk: one of each kind, with all its papers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from compose.demo.casting import Character
from federation.v1 import application_pb2 as pb
from federation.v1 import query_pb2, record_pb2

CASE = "（2026）京0105刑初88号"
OTHER_CASE = "（2026）京0105刑初99号"
DIVISION = "110105"


def own(person: Character) -> pb.Submission:
    """The person concerned, for a job."""
    made = _about(person, pb.APPLICATION_KIND_OWN, "person", person.name, "求职")
    made.applicant.identifier.CopyFrom(made.subject.identifiers[0])
    made.applicant.household_division = DIVISION
    _papers(made, pb.PAPER_KIND_IDENTITY_DOCUMENT, pb.PAPER_KIND_APPLICATION_FORM)
    return made


def school(person: Character, basis: str = "COMP-24") -> pb.Submission:
    """A school about somebody it wants to employ."""
    made = _about(person, pb.APPLICATION_KIND_PUBLIC, "unit", "晨光小学", "招聘教职工")
    made.applicant.seat_division, made.applicant.handled_by = DIVISION, "钱老师"
    made.basis, made.relation = basis, pb.RELATION_RECRUIT
    _papers(
        made,
        pb.PAPER_KIND_UNIT_LETTER,
        pb.PAPER_KIND_HANDLER_IDENTITY,
        pb.PAPER_KIND_APPLICATION_FORM,
        pb.PAPER_KIND_EMPLOYMENT_PROOF,
    )
    return made


def roster(persons: Sequence[Character], basis: str = "COMP-24") -> pb.Submission:
    """The same school about all its staff at once, as every year."""
    made = school(persons[0], basis)
    made.ClearField("subject")
    del made.papers[:]
    made.reason, made.relation = "每年查询在职教职工", pb.RELATION_STAFF
    made.roster.persons.extend(person_asked_about(person) for person in persons)
    _papers(
        made,
        pb.PAPER_KIND_UNIT_LETTER,
        pb.PAPER_KIND_HANDLER_IDENTITY,
        pb.PAPER_KIND_APPLICATION_FORM,
        pb.PAPER_KIND_ROSTER,
    )
    return made


def school_for_sealed(person: Character) -> pb.Submission:
    """The same school, claiming that its provision allows access to sealed records."""
    made = school(person)
    made.kind = pb.APPLICATION_KIND_SEALED_PROVISION
    _papers(made, pb.PAPER_KIND_UNDERTAKING)
    return made


def lawyer(person: Character, *, engaged_in: str = CASE) -> pb.Submission:
    """A lawyer, engaged in the case `engaged_in`, asking for the defence in CASE."""
    made = _about(person, pb.APPLICATION_KIND_DEFENCE, "lawyer", "王律师", "履行辩护职责")
    made.case_number = CASE
    _papers(made, pb.PAPER_KIND_LAWYER_LICENCE)
    made.papers.append(_paper(pb.PAPER_KIND_ENGAGEMENT, person.name, engaged_in))
    return made


def customs(person: Character) -> pb.Submission:
    """A state organ that has no client of its own, for its case."""
    made = _about(person, pb.APPLICATION_KIND_CASE, "state_organ", "某海关缉私局", "办案需要")
    made.case_number, made.applicant.handled_by = CASE, "冯办案员"
    _papers(made, pb.PAPER_KIND_OFFICIAL_LETTER, pb.PAPER_KIND_HANDLER_IDENTITY)
    return made


def prosecutor(person: Character, officer: str, undertaking: str) -> query_pb2.Query:
    """A judicial organ that asks with its own client, without a window (Q4)."""
    return query_pb2.Query(
        purpose=query_pb2.PURPOSE_SEALED_CASE,
        subject=person_asked_about(person),
        case_number=CASE,
        undertaking=query_pb2.Undertaking(
            signed_by=officer, text=undertaking, reason="审查起诉需要", scope="仅用于本案"
        ),
    )


def person_asked_about(person: Character) -> query_pb2.Subject:
    """Return the person as a question names them: number, name, birth date."""
    return _about(person, pb.APPLICATION_KIND_CASE, "", "", "").subject


def _about(
    person: Character, kind: pb.ApplicationKind.ValueType, organ_class: str, name: str, reason: str
) -> pb.Submission:
    made = pb.Submission(
        kind=kind,
        applicant=pb.Applicant(organ_class=organ_class, name=name),
        subject=query_pb2.Subject(name=person.name, birth_date=person.birth_date),
        reason=reason,
    )
    made.subject.identifiers.add(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=person.id_number)
    return made


def _papers(made: pb.Submission, *kinds: pb.PaperKind.ValueType) -> None:
    made.papers.extend(_paper(kind, made.subject.name, made.case_number) for kind in kinds)


def _paper(kind: pb.PaperKind.ValueType, names: str, case: str) -> pb.Paper:
    digest = hashlib.sha256(f"{kind} {names} {case}".encode()).digest()
    return pb.Paper(kind=kind, sha256=digest, names=names, case_number=case)
