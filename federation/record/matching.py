"""Whether the person of a record is the one asked about: one rule for questions, applications, rosters and notices.

A verified number belongs to the person of the record. A number that is only declared may be made up, mistyped or
borrowed (冒名): it counts only if the name or birth date of the record also fits the person asked about. If no birth
date is given, the one inside the number is used. Where nothing fits, a person must confirm the identity.

Names fit when they are written alike (`normalise_name`). A name that only may be the same one in another spelling
(`name_key`) supports nothing; but it does not count as a different one either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.enum_names import enum_name
from federation.values.identifiers import normalise_identifier
from federation.values.names import name_key, normalise_name
from federation.values.numbers import birth_of, births_asked, series


@dataclass(frozen=True, slots=True)
class Sought:
    """The person asked about: comparable names, possible birth dates, numbers; empty is unknown."""

    names: frozenset[str]
    births: frozenset[date]
    numbers: frozenset[tuple[int, str]]
    keys: frozenset[str]

    @classmethod
    def of_subject(cls, subject: query_pb2.Subject) -> Sought:
        """Return the person asked about in a well-formed question."""
        return cls(
            _names([subject.name]),
            births_asked(subject.birth_date, subject.identifiers),
            _numbers(subject.identifiers),
            _keys([subject.name]),
        )

    @classmethod
    def of_person(cls, person: pb.Person) -> Sought:
        """Return the person that a notice names; a birth date of before that cannot be read counts as none."""
        try:
            births = birth_of(person)
        except ValueError:
            births = None
        day = births.first.isoformat() if births and births.first == births.last else ""
        return cls(
            _names(name.text for name in person.names),
            births_asked(day, person.identifiers),
            _numbers(person.identifiers),
            _keys(name.text for name in person.names),
        )


def identified(sought: Sought, person: pb.Person) -> bool:
    """Say whether the number that `person` of a record shares with the one `sought` identifies them.

    A declared number needs a name or birth date that fits; unknown values fit nothing. So does one that is shared
    under another kind of document. A verified number identifies unless name and birth date are both known and both
    different.
    """
    shared = [i for i in person.identifiers if (int(i.type), i.number) in sought.numbers]
    names = _names(name.text for name in person.names)
    births = birth_of(person)
    if not sought.names.isdisjoint(names):
        return True
    if births is not None and any(births.first <= day <= births.last for day in sought.births):
        return True
    if any(i.verification == pb.VERIFICATION_VERIFIED for i in shared):
        both_known = sought.names and names and sought.births and births is not None
        return not both_known or not sought.keys.isdisjoint(_keys(name.text for name in person.names))
    return False


def shares_number(sought: Sought, person: pb.Person) -> bool:
    """Say whether `person` bears a number of the one `sought`, under the same kind of document or in one series."""
    theirs = {series(i.type, i.number) for i in person.identifiers}
    return not theirs.isdisjoint(series(pb.IdentifierType.ValueType(kind), n) for kind, n in sought.numbers)


def fits_by_name(sought: Sought, person: pb.Person) -> bool:
    """Say whether a name of `person` is written like one of the `sought`, and the birth dates that both state agree."""
    births = birth_of(person)
    return (
        not sought.names.isdisjoint(_names(name.text for name in person.names))
        and births is not None
        and any(births.first <= day <= births.last for day in sought.births)
    )


def _names(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(normalise_name(text) for text in texts if text)


def _keys(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(name_key(text) for text in texts if text)


def _numbers(identifiers: Iterable[pb.Identifier]) -> frozenset[tuple[int, str]]:
    return frozenset(
        (int(i.type), normalise_identifier(enum_name(pb.IdentifierType.DESCRIPTOR, i.type), i.number))
        for i in identifiers
    )
