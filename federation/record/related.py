"""Validation of non-criminal records: the fields, dates and sanctions of their class (R64).

Such a record rests on a decision, not on a judgment: fields that only a judgment has are refused, so that no class
is mistaken for another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from federation.errors import FieldViolation
from federation.record.chronology import read_days
from federation.record.classes import RelatedClass
from federation.record.fields import MANDATORY
from federation.v1 import record_pb2 as pb
from federation.v1 import related_pb2
from federation.values.enum_names import enum_name
from federation.values.numbers import births_of
from federation.values.terms import RecordClass

#: Fields of the decision by path, and the test whether each is present.
FIELDS: Final[Mapping[str, Callable[[pb.Record], bool]]] = {
    "decision.organ": lambda r: bool(r.decision.organ),
    "decision.number": lambda r: bool(r.decision.number),
    "decision.decided_on": lambda r: bool(r.decision.decided_on),
    "decision.ground": lambda r: bool(r.decision.ground),
    "decision.non_prosecution": lambda r: r.decision.non_prosecution != 0,
    "decision.sanctions": lambda r: len(r.decision.sanctions) > 0,
    "decision.process": lambda r: r.decision.process != 0,
}
#: The person's and the acts' fields are those of every record; a decision always has an organ.
COMMON: Final = ("person.names", "person.identifiers", "person.sex", "person.birth_date", "offences")
INDISPENSABLE: Final = frozenset({"person.names", "offences", "decision.organ"})
#: Fields that only a judgment has.
OF_JUDGMENTS: Final = (
    "prosecuting_party",
    "court",
    "judgment_number",
    "pronounced_on",
    "served_on",
    "final_on",
    "verdict",
    "combined_penalty",
    "further_penalty",
    "prohibitions",
    "supplementary_penalties",
    "execution",
    "court_age_finding",
)
#: Days after a public-order penalty was decided; which of them seals it is a reading (`federation.law.readings`).
LATER_DAYS: Final = ("decision.review_ended_on", "decision.executed_on")
#: The longest detention (治安管理处罚法 16 (2012) [V-L]: 20 days together); re-education, three years and one more.
MOST_DAYS: Final = 20
MOST_MONTHS: Final = 48


def mandatory(related: RelatedClass) -> Mapping[str, tuple[str, Callable[[pb.Record], bool]]]:
    """Return the class's mandatory fields: path -> (requirement, is it present?)."""
    of_everybody = {path: MANDATORY[path] for path in COMMON}
    return of_everybody | {path: ("R64", FIELDS[path]) for path in ("decision.organ", *related.mandatory)}


def indispensable(related: RelatedClass) -> frozenset[str]:
    """Return the fields that may not be unknown in a record of the class."""
    return INDISPENSABLE | related.indispensable


def check(record: pb.Record, related: RelatedClass, *, today: date) -> Iterator[FieldViolation]:
    """Yield what is wrong with a record of the class, apart from its person."""
    present = {field.name for field, _ in record.ListFields()}
    for name in OF_JUDGMENTS:
        if name in present:
            yield FieldViolation(name, "R64", f"belongs to a judgment: a {related.name} record has none")
    for number, offence in enumerate(record.offences):
        if offence.HasField("penalty"):
            yield FieldViolation(f"offences[{number}].penalty", "R64", "belongs to a judgment")
    yield from _sanctions(record, related)
    yield from _dates(record, related, today=today)


def _sanctions(record: pb.Record, related: RelatedClass) -> Iterator[FieldViolation]:
    for name, kinds in (
        ("non_prosecution", related_pb2.NonProsecutionKind.values()),
        ("process", related_pb2.ProcessKind.values()),
    ):
        value = getattr(record.decision, name)
        if value not in kinds:
            yield FieldViolation(f"decision.{name}", "R64", "is not a known value")
        elif value and f"decision.{name}" not in related.mandatory:
            yield FieldViolation(
                f"decision.{name}", "R64", f"a {related.name} record does not have it: leave it out"
            )
    for number, sanction in enumerate(record.decision.sanctions):
        where = f"decision.sanctions[{number}]"
        kind = enum_name(related_pb2.SanctionKind.DESCRIPTOR, sanction.kind)
        if not sanction.kind or kind not in related.sanctions:
            allowed = ", ".join(sorted(related.sanctions)) or "no sanction"
            yield FieldViolation(f"{where}.kind", "R64", f"a {related.name} decision orders {allowed}")
        for name, of_kind, most in (
            ("days", related_pb2.SANCTION_KIND_DETENTION, MOST_DAYS),
            ("months", related_pb2.SANCTION_KIND_REEDUCATION, MOST_MONTHS),
            ("amount_yuan", related_pb2.SANCTION_KIND_FINE, None),
        ):
            value = getattr(sanction, name)
            if value and sanction.kind != of_kind:
                yield FieldViolation(f"{where}.{name}", "R64", f"is not a measure of {kind}")
            elif most and value > most:
                yield FieldViolation(f"{where}.{name}", "R64", f"is at most {most}")


def _dates(record: pb.Record, related: RelatedClass, *, today: date) -> Iterator[FieldViolation]:
    found: dict[str, date] = {}
    texts = {
        "decision.decided_on": record.decision.decided_on,
        "decision.review_ended_on": record.decision.review_ended_on,
        "decision.executed_on": record.decision.executed_on,
        "instrument.issued_on": record.instrument.issued_on,
        "person.household_as_of": record.person.household_as_of,
    }
    for number, offence in enumerate(record.offences):
        texts[f"offences[{number}].conduct_from"] = offence.conduct_from
        texts[f"offences[{number}].conduct_to"] = offence.conduct_to
    yield from read_days(texts.items(), found, today=today)
    decided = found.get("decision.decided_on")
    for path in LATER_DAYS:
        if path in found and related.name is not RecordClass.PUBLIC_ORDER:
            yield FieldViolation(path, "R64", f"a {related.name} record does not have it: leave it out")
        elif path in found and decided and found[path] < decided:
            yield FieldViolation(path, "DATE", "lies before the decision")
    if decided and related.closed_after and decided > related.closed_after:
        yield FieldViolation(
            "decision.decided_on", "A24", f"the class is closed: no decision after {related.closed_after}"
        )
    yield from _conduct(record, found, decided)


def _conduct(record: pb.Record, found: dict[str, date], decided: date | None) -> Iterator[FieldViolation]:
    birth: date | None = None
    try:
        birth = min((claim.first for claim in births_of(record.person)), default=None)
    except ValueError as error:
        yield FieldViolation("person.birth_date", "DATE", str(error))
    for number in range(len(record.offences)):
        first, last = (found.get(f"offences[{number}].conduct_{end}") for end in ("from", "to"))
        where = f"offences[{number}].conduct_to"
        if first and last and first > last:
            yield FieldViolation(where, "DATE", "the conduct ends before it begins")
        if decided and any(day > decided for day in (first, last) if day):
            yield FieldViolation(where, "DATE", "the conduct lies after the decision")
        if birth and any(day < birth for day in (first, last) if day):
            yield FieldViolation(where, "DATE", "the conduct lies before the birth")
