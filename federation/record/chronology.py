"""Checks of a record's dates: real, in their natural order, and not in the future (R18, R23, A5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from federation.errors import FieldViolation
from federation.law.execution import impossible
from federation.record.plausibility import LEAST_AGE, years_after
from federation.v1 import record_pb2 as pb
from federation.values import calendar
from federation.values.enum_names import enum_name, values
from federation.values.numbers import births_of


def check(record: pb.Record, *, today: date) -> Iterator[FieldViolation]:
    """Yield what is wrong with the dates of `record`."""
    found: dict[str, date] = {}
    paths = [
        ("pronounced_on", record.pronounced_on),
        ("served_on", record.served_on),
        ("final_on", record.final_on),
    ]
    paths.append(("instrument.issued_on", record.instrument.issued_on))
    paths.append(("person.household_as_of", record.person.household_as_of))
    for number, offence in enumerate(record.offences):
        paths.append((f"offences[{number}].conduct_from", offence.conduct_from))
        paths.append((f"offences[{number}].conduct_to", offence.conduct_to))
    for number, event in enumerate(record.execution):
        paths.append((f"execution[{number}].on", event.on))
        if event.kind not in values(pb.ExecutionKind.DESCRIPTOR) or not event.kind:
            yield FieldViolation(f"execution[{number}].kind", "R21", "say what happened")
        if not event.on:
            yield FieldViolation(f"execution[{number}].on", "R21", "say when it happened")
    yield from read_days(paths, found, today=today)
    yield from _order(record, found)
    yield from _birth(record, found, today=today)


def read_days(
    texts: Iterable[tuple[str, str]], found: dict[str, date], *, today: date
) -> Iterator[FieldViolation]:
    """Read the days of a record, given by path, into `found`; yield those that are no days, or lie in the future."""
    for path, text in texts:
        if not text:
            continue
        try:
            found[path] = calendar.parse_date(text)
        except ValueError as error:
            yield FieldViolation(path, "DATE", str(error))
            continue
        if found[path] > today:
            rule, says = (
                ("R23", "not yet effective") if path == "final_on" else ("DATE", "lies in the future")
            )
            yield FieldViolation(path, rule, f"{says}: it is {today.isoformat()} now")


def _order(record: pb.Record, found: dict[str, date]) -> Iterator[FieldViolation]:
    sequence = [p for p in ("pronounced_on", "served_on", "final_on") if p in found]
    for earlier, later in pairwise(sequence):
        if found[earlier] > found[later]:
            yield FieldViolation(later, "A5", f"lies before {earlier}")
    judged = found.get("pronounced_on") or found.get("final_on")
    for number in range(len(record.offences)):
        first, last = (
            found.get(f"offences[{number}].conduct_from"),
            found.get(f"offences[{number}].conduct_to"),
        )
        if first and last and first > last:
            yield FieldViolation(
                f"offences[{number}].conduct_to", "DATE", "the conduct ends before it begins"
            )
        if judged and (last or first or judged) > judged:
            yield FieldViolation(
                f"offences[{number}].conduct_to", "DATE", "the conduct lies after the judgment"
            )
    previous: date | None = None
    for number in range(len(record.execution)):
        on = found.get(f"execution[{number}].on")
        if on is None:
            continue
        if previous and on < previous:
            yield FieldViolation(f"execution[{number}].on", "R21", "events are listed oldest first")
        if judged and on < judged:
            yield FieldViolation(
                f"execution[{number}].on", "R21", "a penalty is not executed before its judgment"
            )
        previous = on
    for number, ended in impossible(record.execution):
        yield FieldViolation(
            f"execution[{number}].kind",
            "R21",
            f"cannot follow {enum_name(pb.ExecutionKind.DESCRIPTOR, ended.kind)} of {ended.on}: check kind and day, or "
            "enter what led back to it first",
        )


def _birth(record: pb.Record, found: dict[str, date], *, today: date) -> Iterator[FieldViolation]:
    try:
        claims = births_of(record.person)
    except ValueError as error:
        yield FieldViolation("person.birth_date", "DATE", str(error))
        return
    if not claims:
        return
    births = min(claims, key=lambda claim: claim.first)  # only what no claim allows is refused
    if any(claim.first > today for claim in claims):
        yield FieldViolation("person.birth_date", "DATE", "lies in the future")
    for number in range(len(record.offences)):
        for end in ("conduct_from", "conduct_to"):
            day = found.get(f"offences[{number}].{end}")
            if day is None:
                continue
            if day < births.first:
                yield FieldViolation(f"offences[{number}].{end}", "DATE", "the conduct lies before the birth")
            elif end == "conduct_to" and day <= years_after(births.first, LEAST_AGE):
                yield FieldViolation(
                    f"offences[{number}].{end}", "刑法 17", f"the person was not yet {LEAST_AGE}"
                )
