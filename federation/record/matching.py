"""Whether the person of a record is the one asked about: one rule for questions, applications, rosters and notices.

A verified number belongs to the person of the record. A number that is only declared may be made up, mistyped or
borrowed (冒名): it counts only if the name or birth date of the record also fits the person asked about. If no birth
date is given, the one inside the number is used. Where nothing fits, a person must confirm the identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.enum_names import enum_name
from federation.values.identifiers import normalise_identifier
from federation.values.names import normalise_name
from federation.values.numbers import birth_of, births_asked


@dataclass(frozen=True, slots=True)
class Sought:
    """The person asked about: comparable names, possible birth dates, numbers; empty is unknown."""

    names: frozenset[str]
    births: frozenset[date]
    numbers: frozenset[tuple[int, str]]

    @classmethod
    def of_subject(cls, subject: query_pb2.Subject) -> Sought:
        """Return the person asked about in a well-formed question."""
        return cls(
            _names([subject.name]),
            births_asked(subject.birth_date, subject.identifiers),
            _numbers(subject.identifiers),
        )

    @classmethod
    def of_person(cls, person: pb.Person) -> Sought:
        """Return the person that a notice names."""
        births = birth_of(person)
        day = births.first.isoformat() if births and births.first == births.last else ""
        return cls(
            _names(name.text for name in person.names),
            births_asked(day, person.identifiers),
            _numbers(person.identifiers),
        )


def identified(sought: Sought, person: pb.Person) -> bool:
    """Say whether the number that `person` of a record shares with the one `sought` identifies them.

    A declared number needs a name or birth date that fits; unknown values fit nothing. A verified number identifies
    unless name and birth date are both known and both different.
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
        return not both_known
    return False


def _names(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(normalise_name(text) for text in texts if text)


def _numbers(identifiers: Iterable[pb.Identifier]) -> frozenset[tuple[int, str]]:
    return frozenset(
        (int(i.type), normalise_identifier(enum_name(pb.IdentifierType.DESCRIPTOR, i.type), i.number))
        for i in identifiers
    )
