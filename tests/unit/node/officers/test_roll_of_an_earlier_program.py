"""Officers whose names an earlier program compared otherwise are found by their names all the same (R12, R34)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from federation.errors import AlreadyExists, PermissionDenied
from federation.v1 import officer_pb2 as pb
from federation.values.identity import MemberId
from federation.values.tokens import token
from node.officers.roll import Roll
from node.officers.schema import officer as table
from node.officers.store import OfficerStore
from node.store.counted import recounted
from server.journal.work import Work
from tests.support.register import RegisterUnderTest, act

IVAN = "Иван Петров"
#: The second one has a Cyrillic letter.
LATIN, CYRILLIC = "王A", "王А"


class Registered:
    """A roll whose officers an earlier program registered."""

    def __init__(self, home: Path) -> None:
        self.register = RegisterUnderTest(home)
        self.store = OfficerStore(key=self.register.keys.journal, lookup_key=self.register.keys.lookup)
        self.roll = Roll(
            journal=self.register.journal,
            store=self.store,
            own=MemberId("police"),
            now=lambda: self.register.at,
            differs=lambda: False,
        )

    def before(self, id: str, name: str, key: str) -> None:
        """Add an officer under the token of the key that the earlier program made of the name."""
        person = token(self.register.keys.lookup, "officer", key)

        def command(work: Work) -> None:
            self.store.add(work, pb.Officer(id=id, name=f"{name} {id}"))
            body = self.store._row(pb.Officer(id=id, name=name))["body"]
            with recounted(work, table, [id]):
                values = {"person": person, "body": body}
                work.view.execute(update(table).where(table.c.id == id).values(**values))

        self.register.journal.run(command)

    def insist_named(self, name: str) -> None:
        with self.register.journal.reading() as view:
            self.roll.insist_named(view, name)

    def add(self, id: str, name: str) -> None:
        self.roll.register(pb.OfficerRegistration(id=id, name=name, reason="新到任"), act())


@pytest.fixture
def registered(tmp_path: Path) -> Registered:
    return Registered(tmp_path)


def test_r12_an_officer_in_another_alphabet_still_acts_after_the_upgrade(registered: Registered) -> None:
    registered.before("p-1", IVAN, "иванпетров")
    registered.insist_named(IVAN)
    with pytest.raises(PermissionDenied):
        registered.insist_named(IVAN.lower())


def test_r34_nobody_registers_such_an_officer_a_second_time(registered: Registered) -> None:
    registered.before("p-1", IVAN, "иванпетров")
    registered.before("p-2", CYRILLIC, "王а")
    for name in (IVAN, IVAN.upper(), CYRILLIC, LATIN):
        with pytest.raises(AlreadyExists):
            registered.add("p-3", name)
    registered.add("p-3", "李警官")


def test_r12_two_that_look_alike_are_each_found_as_they_are_written(registered: Registered) -> None:
    registered.before("p-1", LATIN, "王a")
    registered.before("p-2", CYRILLIC, "王а")
    for name in (LATIN, CYRILLIC):
        registered.insist_named(name)
