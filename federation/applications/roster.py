"""The roster of persons in one application: who may be listed in it, and the faults of its rows.

The window checks a file with the same code before it applies, so that all bad rows are reported together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from federation.errors import FieldViolation
from federation.statements.subjects import subject_violations, unfindable_violations
from federation.v1 import query_pb2, record_pb2, roster_pb2
from federation.values.calendar import parse_date
from federation.values.enum_names import enum_name
from federation.values.identifiers import normalise_identifier
from federation.values.numbers import series

#: The longest roster: all its questions must be asked while the first answers are still recent enough, and all
#: answers returned in one message.
MOST_PERSONS: Final = 500
_RULE: Final = "2021 Provisions art. 6 [V]"


def roster_violations(roster: roster_pb2.Roster, *, allow_synthetic: bool) -> Iterator[FieldViolation]:
    """Yield everything that is wrong with a roster, row by row, rows counted from 0."""
    if not 1 <= len(roster.persons) <= MOST_PERSONS:
        yield FieldViolation("roster.persons", "SIZE", f"1 to {MOST_PERSONS} persons; hand in another roster")
        return
    seen: dict[tuple[int, str], int] = {}
    for place, person in enumerate(roster.persons):
        yield from person_violations(person, place, seen, allow_synthetic=allow_synthetic)
    if roster.needed_by:
        try:
            parse_date(roster.needed_by)
        except ValueError:
            yield FieldViolation("roster.needed_by", "DATE", "YYYY-MM-DD")


def person_violations(
    person: query_pb2.Subject, place: int, seen: dict[tuple[int, str], int], *, allow_synthetic: bool
) -> Iterator[FieldViolation]:
    """Yield what is wrong with one row; `seen` remembers the numbers of the rows before it."""
    where = f"roster.persons[{place}]"
    if not person.name:
        yield FieldViolation(f"{where}.name", _RULE, "name the person")
    if len(person.identifiers) != 1:
        yield FieldViolation(f"{where}.identifiers", _RULE, "give one identity number")
    for wrong in subject_violations(person, allow_synthetic=allow_synthetic):
        if wrong.field != "subject":  # reported above in a sentence about rosters
            yield FieldViolation(wrong.field.replace("subject", where, 1), wrong.rule, wrong.message)
    yield from unfindable_violations(person, where)
    for identifier in person.identifiers[:1]:
        type_, number = series(identifier.type, identifier.number)
        try:
            kind = enum_name(record_pb2.IdentifierType.DESCRIPTOR, type_)
            number = normalise_identifier(kind, number)
        except ValueError:
            continue
        first = seen.setdefault((type_, number), place)
        if first != place:
            yield FieldViolation(
                f"{where}.identifiers[0].number", "TWICE", f"stands in row {first + 1} of the roster already"
            )
