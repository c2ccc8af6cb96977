"""Registrations as a test knows them, and when two are of one judgment or one person."""

from __future__ import annotations

from dataclasses import dataclass

from tests.histories import oracle
from tests.histories.facets import Person, Stated


@dataclass(frozen=True)
class Held:
    """One registration as the test knows it."""

    agency: str
    stated: Stated
    record_id: str
    version: int
    order: str = ""

    def status(self, *, practice: bool) -> str:
        """Return where it stands by the law on its own facts and by its own agency's orders."""
        return self.order or oracle.status(self.stated.known, practice=practice)


#: The registrations that may be disclosed: what a twin is made of.
Visible = frozenset[tuple[str, Stated, bool]]


def same_judgment(one: Held, other: Held) -> bool:
    a, b = one.stated, other.stated
    if a.judgment != b.judgment:
        return False
    return (a.numbered and b.numbered) or (a.dated and b.dated)


def same_person(one: Held, other: Held, person: Person) -> bool:
    """By the number, or by name and the birth date that both go by."""
    if "none" not in (one.stated.number, other.stated.number):
        return True
    births = [
        h.stated.births or (frozenset() if h.stated.number == "none" else {person.born.isoformat()})
        for h in (one, other)
    ]
    return not births[0].isdisjoint(births[1])
