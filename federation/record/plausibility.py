"""Whether what a record says of one person and one judgment can be true together (R14, R17; 刑法 17).

Each fact alone is well-formed; together they name another person, another judgment, or a slip of the pen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from federation.errors import FieldViolation, InvalidRequest
from federation.law.instance import impossible_number
from federation.v1 import record_pb2 as pb
from federation.values import case_number
from federation.values.calendar import known_day
from federation.values.numbers import birth_of, sex_inside, verified_numbers

#: No criminal responsibility below this age, in years (刑法 17).
LEAST_AGE = 12


def check(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield what contradicts the sex, the birth or the day of the judgment; unreadable facts contradict nothing."""
    yield from _sex(record.person)
    judged = known_day(record.pronounced_on) or known_day(record.final_on)
    conduct_known = any(offence.conduct_to for offence in record.offences)  # it tells the age more exactly
    if judged and not conduct_known:
        yield from _birth(record.person, judged)
    yield from _number(record.judgment_number.original, judged)


def _sex(person: pb.Person) -> Iterator[FieldViolation]:
    inside = {sex_inside(number) for number in verified_numbers(person)}
    if inside and person.sex in (pb.SEX_MALE, pb.SEX_FEMALE) and person.sex not in inside:
        yield FieldViolation(
            "person.sex",
            "GB 11643",
            "contradicts the sex inside the verified identity number: one of the two is wrong, check both",
        )


def _birth(person: pb.Person, judged: date) -> Iterator[FieldViolation]:
    try:
        births = birth_of(person)
    except ValueError:  # the check of the chronology reports it
        return
    if births is None:
        return
    if births.first > judged:
        yield FieldViolation("person.birth_date", "DATE", f"lies after the judgment of {judged}")
    elif judged <= years_after(births.first, LEAST_AGE):  # the birthday is the last day of the age before
        yield FieldViolation(
            "person.birth_date", "刑法 17", f"the person was not yet {LEAST_AGE} when judged"
        )


def _number(text: str, judged: date | None) -> Iterator[FieldViolation]:
    try:
        number = case_number.parse(text) if text else None
    except InvalidRequest:  # the check of the number reports it
        return
    if number is None:
        return
    if judged and number.year > judged.year:
        says = (
            f"is a number of {number.year}, after the judgment of {judged}: check both against the judgment"
        )
        yield FieldViolation("judgment_number.original", "R17", says)
    if fault := impossible_number(number):
        yield FieldViolation("judgment_number.original", "R17", fault)


def years_after(day: date, years: int) -> date:
    """Return the same day so many years later; of 29 February the one before it where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
