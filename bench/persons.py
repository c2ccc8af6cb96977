"""Realistic load: records around real outcomes, and questions about persons with and without a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count, islice

from compose.demo.outcomes import SUPPLIED, read_outcomes
from compose.demo.people import synthetic_person
from compose.demo.synthesis import FacetPlan, facets
from federation.v1 import query_pb2, record_pb2

CASE = "（2026）京0105刑初88号"


def plans(seed: int = 1) -> list[FacetPlan]:
    """Return what the agencies hold of every supplied outcome, flaws included."""
    return list(facets(read_outcomes(SUPPLIED), seed))


def records(agency: str, number: int) -> Iterator[record_pb2.Record]:
    """Yield `number` records of one agency: the supplied outcomes with ever new persons around them."""
    rows = list(read_outcomes(SUPPLIED))
    return islice(
        (plan.record for seed in count(1000) for plan in facets(rows, seed) if plan.agency == agency), number
    )


def subjects(known: list[FacetPlan]) -> Iterator[query_pb2.Subject]:
    """Yield persons to ask about, without end: by turns one with records and one with none."""
    with_number = [
        plan.record.person for plan in known if plan.kind == "record" and plan.record.person.identifiers
    ]
    for turn in count():
        person = with_number[turn * 7919 % len(with_number)]
        yield _subject(person.identifiers[0].number, person.names[0].text, person.birth_date)
        nobody = synthetic_person(77, f"nobody {turn}", date(1960 + turn % 45, 1 + turn % 12, 1 + turn % 28))
        yield _subject(nobody.number, nobody.name, nobody.born.isoformat())


def queries(known: list[FacetPlan]) -> Iterator[query_pb2.Query]:
    """Yield questions: two for a case (the whole record), two for a school (yes or no), and so on."""
    for turn, subject in enumerate(subjects(known)):
        query = query_pb2.Query(subject=subject, purpose=query_pb2.PURPOSE_CASE, case_number=CASE)
        if turn % 4 > 1:
            query = query_pb2.Query(subject=subject, purpose=query_pb2.PURPOSE_PUBLIC, basis="COMP-24")
            query.on_behalf_of.organ_class = "unit"
            query.on_behalf_of.name = "晨光小学"
        yield query


def _subject(number: str, name: str, birth_date: str) -> query_pb2.Subject:
    subject = query_pb2.Subject(name=name, birth_date=birth_date)
    subject.identifiers.add(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=number)
    return subject
