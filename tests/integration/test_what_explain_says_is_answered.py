"""What `hutong explain disclosure` says of a record is what is answered, for every purpose and class (R64, A10).

Each record is entered at a real node and asked for through the gateway under every purpose. It is found exactly where
`explain` permits it; elsewhere the question is refused or nothing of the record is in the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from compose.explain.explain_forms import explain_disclosure
from federation.errors import InvalidRequest, NotPermitted
from federation.law.disclosure import Disclosure
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2
from federation.values.enum_names import record_class_name
from tests.support import asking, related
from tests.support.local import LocalFederation
from tests.support.records import MINOR, Someone, rare_name, record

RULES = Disclosure()
CRIMINAL = record_pb2.RECORD_CLASS_CRIMINAL
#: A provision that covers each class, and makes the record that is entered here relevant; who may ask under it.
BASES = {
    "criminal": ("TCH-14", "unit"),
    "public_order": ("MIN-62", "unit"),
    "non_prosecution": ("SUP-13", "supervisory"),
    "process": ("SUP-13", "supervisory"),
    "reeducation": ("SGD-17", "police"),
}


@dataclass(frozen=True)
class Held:
    """A record of the table: how it is made, where it is entered, whether and by which rules it is sealed."""

    name: str
    agency: str
    make: Callable[[Someone], record_pb2.Record]
    born: date
    sealed_by: tuple[str, ...] = ()

    @property
    def sealed(self) -> bool:
        return bool(self.sealed_by)


ADULT, CHILD_OF_2010 = Someone().born, date(1995, 3, 4)
HELD = [
    Held("open conviction", "procuratorate", record, ADULT),
    Held("sealed conviction", "procuratorate", record, MINOR, ("S1",)),
    Held("violation", "police", lambda who: related.public_order(who, "猥亵"), ADULT, ("S3",)),
    Held("minor's violation", "police", lambda who: related.public_order(who, "猥亵"), MINOR, ("S2", "S3")),
    Held("non-prosecution", "procuratorate", related.non_prosecution, ADULT),
    Held("minor's non-prosecution", "procuratorate", related.non_prosecution, MINOR, ("S2",)),
    Held("withdrawn case", "police", related.process, ADULT),
    Held("minor's withdrawn case", "police", related.process, MINOR, ("S2",)),
    Held("re-education", "justice", related.reeducation, ADULT),
    Held("minor's re-education", "justice", related.reeducation, CHILD_OF_2010, ("S2",)),
]

#: Records that no question of the table reaches: nothing opens process information, nor a minor's re-education.
NOBODY = {"withdrawn case", "minor's withdrawn case", "minor's re-education"}

#: Asker of the question -> (member that asks, for whom). Windows of the police ask for those that have no client.
ASKERS = {
    **{
        name: (name, None)
        for name in ("police", "state_security", "procuratorate", "justice", "court", "supervisory")
    },
    "state_organ": ("police", pb.Beneficiary(organ_class="state_organ", name="某海关缉私局")),
    "unit": ("police", asking.SCHOOL),
    "lawyer": ("police", asking.LAWYER),
    "person": ("police", asking.PERSON),
}


@dataclass(frozen=True)
class Asked:
    """One question of the table."""

    purpose: str
    asker: str
    function: str = ""

    def query(self, subject: pb.Subject, record_class: str) -> pb.Query:
        """Return the question about a person; where a class is named, for records of it."""
        basis = BASES[record_class][0]
        make: dict[str, Callable[[], pb.Query]] = {
            "case": lambda: asking.case(subject),
            "public": lambda: asking.public(subject, basis),
            "defence": lambda: asking.defence(subject),
            "sealed_case": lambda: asking.sealed_case(subject),
            "sealed_provision": lambda: asking.sealed_provision(subject, basis),
            "own": lambda: asking.own(subject),
        }
        query = make[self.purpose]()
        query.ClearField("on_behalf_of")
        beneficiary = ASKERS[self.asker][1]
        if beneficiary is not None:
            query.on_behalf_of.CopyFrom(beneficiary)
        query.organ_function = self.function
        if self.purpose == "sealed_case" and record_class != "criminal":
            query.record_class = record_pb2.RecordClass.Value(f"RECORD_CLASS_{record_class.upper()}")
        return query

    def context(self, query: pb.Query) -> dict[str, Any]:
        """Return the circumstances as `explain disclosure` takes them."""
        return {
            "case_number": query.case_number,
            "subject_of_case": query.subject_of_case,
            "basis": query.basis,
            "undertaking": query.HasField("undertaking"),
            "function": query.organ_function or None,
        }


_ORGANS = ("police", "state_security", "procuratorate", "justice", "court", "supervisory", "state_organ")
QUESTIONS = [
    *(Asked("case", asker) for asker in ("police", "court", "supervisory", "state_organ", "unit")),
    *(Asked("public", asker) for asker in ("unit", "supervisory", "police", "lawyer")),
    *(Asked("defence", asker) for asker in ("lawyer", "police")),
    *(Asked("sealed_case", asker) for asker in (*_ORGANS, "unit", "lawyer")),
    Asked("sealed_case", "justice", "execution"),
    Asked("sealed_case", "justice", "notary_administration"),
    *(Asked("sealed_provision", asker) for asker in ("unit", "supervisory", "police")),
    *(Asked("own", asker) for asker in ("person", "unit", "police")),
]


@pytest.fixture(scope="module")
def persons(running_federation: LocalFederation) -> dict[str, tuple[Someone, record_pb2.Record]]:
    """Return who each record is about, and the record as it was entered."""
    entered = {}
    for held in HELD:
        someone = Someone(name=rare_name(), born=held.born)
        made = held.make(someone)
        running_federation.enter(held.agency, made)
        entered[held.name] = (someone, made)
    return entered


def explained(held: Held, record_class: str, asked: Asked, query: pb.Query) -> str:
    """Return what `explain disclosure` says is shown of the record: "none" where it forbids it."""
    said = {"class": record_class, "sealed": held.sealed}
    if held.sealed:
        said["sealed_by"] = list(held.sealed_by)
    answer = explain_disclosure(
        {
            "asker": {"class": asked.asker},
            "purpose": asked.purpose,
            "context": asked.context(query),
            "record": said,
        },
        RULES,
    )
    return str(answer["shown"]) if answer["decision"] == "permit" else "none"


def answered(federation: LocalFederation, asked: Asked, query: pb.Query, made: record_pb2.Record) -> str:
    """Return what is shown of the record: "none" for a refusal, or an answer without any trace of it."""
    try:
        answer = federation.client(ASKERS[asked.asker][0]).ask(query).answer
    except (NotPermitted, InvalidRequest):
        return "none"
    assert answer.completeness == pb.COMPLETENESS_COMPLETE
    number = made.decision.number or made.judgment_number.original
    there = number.encode() in answer.SerializeToString()
    if answer.finding in (pb.FINDING_NO, pb.FINDING_NO_RECORD):
        assert not there
        return "none"
    assert there == (answer.finding == pb.FINDING_RECORD), answer
    return {pb.FINDING_RECORD: "full", pb.FINDING_YES: "yes_no"}[answer.finding]


@pytest.mark.parametrize("held", HELD, ids=lambda held: held.name)
def test_r64_what_explain_says_of_a_record_is_what_is_answered(
    running_federation: LocalFederation, persons: dict[str, tuple[Someone, record_pb2.Record]], held: Held
) -> None:
    someone, made = persons[held.name]
    record_class = record_class_name(made.record_class)
    differ, shown = [], set()
    for asked in QUESTIONS:
        query = asked.query(someone.subject(), record_class)
        says = explained(held, record_class, asked, query)
        gets = answered(running_federation, asked, query, made)
        shown.add(gets)
        if says != gets:
            differ.append(f"{asked}: explained {says}, answered {gets}")
    assert not differ, "\n".join(differ)
    assert (shown == {"none"}) == (held.name in NOBODY), (
        "a table in which nobody is told anything shows nothing"
    )
