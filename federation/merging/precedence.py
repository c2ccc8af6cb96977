"""Precedence of agencies per field: whose value is shown; the others' values are kept as sources or conflicts.

Judgment facts: the procuratorate, which holds the court's document, before the police; execution: justice
administration before the police; identity: the police. State security never comes first, because it alone
holds its own matters (A1). A court's own notice will precede all of them for judgment facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from federation.merging import values
from federation.v1 import record_pb2 as pb
from federation.values.case_number import parse as parse_case_number

IDENTITY = ("police", "justice", "procuratorate", "state_security")
JUDGMENT = ("procuratorate", "police", "justice", "state_security")
EXECUTION = ("justice", "police", "procuratorate", "state_security")


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field is read, compared and chosen."""

    order: Sequence[str]
    #: Text to show, "" when the record does not state it.
    show: Callable[[pb.Record], str]
    #: Values with equal keys agree.
    key: Callable[[pb.Record], object]
    #: Puts the chosen record's value into the merged one.
    copy: Callable[[pb.Record, pb.Record], None]

    def rule(self) -> str:
        """Return the precedence in words."""
        return " > ".join(self.order)


def _scalar(name: str) -> Callable[[pb.Record, pb.Record], None]:
    def copy(source: pb.Record, target: pb.Record) -> None:
        setattr(target, name, getattr(source, name))

    return copy


def _message(name: str) -> Callable[[pb.Record, pb.Record], None]:
    def copy(source: pb.Record, target: pb.Record) -> None:
        getattr(target, name).CopyFrom(getattr(source, name))

    return copy


def _repeated(name: str) -> Callable[[pb.Record, pb.Record], None]:
    def copy(source: pb.Record, target: pb.Record) -> None:
        getattr(target, name).extend(getattr(source, name))

    return copy


def _person(name: str) -> Callable[[pb.Record, pb.Record], None]:
    def copy(source: pb.Record, target: pb.Record) -> None:
        setattr(target.person, name, getattr(source.person, name))

    return copy


def _household(source: pb.Record, target: pb.Record) -> None:
    target.person.household_division = source.person.household_division
    target.person.household_as_of = source.person.household_as_of


def _number(record: pb.Record) -> str:
    number = record.judgment_number
    if number.canonical or not number.original:
        return number.canonical
    return parse_case_number(number.original).canonical


def _text(
    read: Callable[[pb.Record], str], order: Sequence[str], copy: Callable[[pb.Record, pb.Record], None]
) -> FieldRule:
    return FieldRule(order=order, show=read, key=read, copy=copy)


FIELDS: Mapping[str, FieldRule] = {
    "person.sex": _text(lambda r: values.name_or_empty(pb.Sex, r.person.sex), IDENTITY, _person("sex")),
    "person.birth_date": _text(lambda r: r.person.birth_date, IDENTITY, _person("birth_date")),
    "person.household_division": _text(lambda r: r.person.household_division, IDENTITY, _household),
    "person.nationality": _text(lambda r: r.person.nationality, IDENTITY, _person("nationality")),
    "prosecuting_party": _text(values.party, JUDGMENT, _message("prosecuting_party")),
    "court": FieldRule(
        JUDGMENT, lambda r: r.court.name, lambda r: values.plain(r.court.name), _message("court")
    ),
    "judgment_number": FieldRule(
        JUDGMENT, lambda r: r.judgment_number.original, _number, _message("judgment_number")
    ),
    "pronounced_on": _text(lambda r: r.pronounced_on, JUDGMENT, _scalar("pronounced_on")),
    "served_on": _text(lambda r: r.served_on, JUDGMENT, _scalar("served_on")),
    "final_on": _text(lambda r: r.final_on, JUDGMENT, _scalar("final_on")),
    "verdict": _text(lambda r: values.name_or_empty(pb.Verdict, r.verdict), JUDGMENT, _scalar("verdict")),
    "offences": FieldRule(JUDGMENT, values.offences, values.offence_names, _repeated("offences")),
    "combined_penalty": _text(values.penalty, JUDGMENT, _message("combined_penalty")),
    "further_penalty": _text(values.further, JUDGMENT, _message("further_penalty")),
    "supplementary_penalties": _text(values.supplementary, JUDGMENT, _repeated("supplementary_penalties")),
    "prohibitions": _text(values.prohibitions, JUDGMENT, _repeated("prohibitions")),
    "main_acts_before_18": _text(
        lambda r: values.name_or_empty(pb.MainActs, r.main_acts_before_18),
        JUDGMENT,
        _scalar("main_acts_before_18"),
    ),
    "court_age_finding": _text(
        lambda r: values.name_or_empty(pb.CourtAgeFinding, r.court_age_finding),
        JUDGMENT,
        _scalar("court_age_finding"),
    ),
    "execution": _text(values.execution, EXECUTION, _repeated("execution")),
    "instrument": FieldRule(JUDGMENT, lambda r: r.instrument.reference, lambda r: "", _message("instrument")),
}
