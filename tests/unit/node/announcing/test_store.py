"""What a node keeps of announcements: nobody's name, until all have heard, and not for ever (A27)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest

from federation.law.bases import load_bases
from federation.statements.announcements import searched
from federation.v1 import announcing_pb2 as pb
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import now
from federation.values.terms import RecordClass
from federation.values.tokens import subject_tokens
from node.announcing.schema import SCHEMA
from node.announcing.store import AnnouncementStore
from server.journal.journal import Journal, open_journal
from server.journal.work import Work
from tests.support.federation import SmallFederation
from tests.support.records import Someone

OWN, PUBLIC = query_pb2.PURPOSE_OWN, query_pb2.PURPOSE_PUBLIC
KEY, LOOKUP = os.urandom(32), os.urandom(32)
CRIMINAL = RecordClass.CRIMINAL
ENVELOPE = Envelope(payload_type="x", payload="某人的申请".encode())


def everything(purpose: int, basis: str) -> frozenset[RecordClass]:
    """Return the one class of which the tests speak that are not about classes."""
    return frozenset({CRIMINAL})


def announcement(
    application: str, persons: Iterable[query_pb2.Subject], release: str, purpose: int = OWN, basis: str = ""
) -> pb.Announcement:
    made = pb.Announcement(application=application, persons=persons, release_on=release, basis=basis)
    made.purpose = query_pb2.Purpose.ValueType(purpose)
    return made


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    federation = SmallFederation(tmp_path, agencies=("police",))
    with open_journal(
        tmp_path / "store.db",
        body_key=os.urandom(32),
        charter=federation.charter(),
        signer=federation.party("police/node/police-1").signer,
        now=now,
        schemas=[SCHEMA],
    ) as opened:
        yield opened


@pytest.fixture
def store() -> AnnouncementStore:
    return AnnouncementStore(key=KEY, lookup_key=LOOKUP)


def test_a27_an_announcement_waits_until_every_node_has_taken_it(
    journal: Journal, store: AnnouncementStore
) -> None:
    def waiting() -> list[tuple[str, tuple[str, ...]]]:
        with journal.reading() as view:
            return [(each.application, each.awaited) for each in store.waiting(view)]

    journal.run(lambda work: store.send(work, "police-1-2026-000001", ENVELOPE, "2026-12-01", {"a", "b"}))
    assert waiting() == [("police-1-2026-000001", ("a", "b"))]
    journal.run(lambda work: store.taken(work, "police-1-2026-000001", ["b", "c"]))
    assert waiting() == [("police-1-2026-000001", ("a",))]
    with journal.reading() as view:
        assert store.waiting(view)[0].envelope == ENVELOPE
    journal.run(lambda work: store.taken(work, "police-1-2026-000001", ["a"]))
    assert waiting() == []
    journal.run(lambda work: store.send(work, "police-1-2026-000002", ENVELOPE, "2026-12-01", ()))
    assert waiting() == [], "nobody else is required"


def test_a27_of_several_applications_about_a_person_the_first_release_counts(
    journal: Journal, store: AnnouncementStore
) -> None:
    someone = Someone().subject()

    def remember(application: str, release: str) -> None:
        journal.run(lambda work: store.remember(work, announcement(application, [someone], release)))

    remember("a-1", "2026-12-03")
    remember("b-1", "2026-12-01")
    remember("b-1", "2026-12-09")
    strong, weak = subject_tokens(LOOKUP, someone)
    with journal.reading() as view:
        assert store.releases(view, everything)[CRIMINAL] == dict.fromkeys([*strong, *weak], "2026-12-01")
        assert store.release_of(view, "b-1") == "2026-12-01", "the same again changes nothing"
        assert store.release_of(view, "c-1") == ""


def test_a27_announcements_are_forgotten_and_name_nobody_on_the_disk(
    journal: Journal, store: AnnouncementStore, tmp_path: Path
) -> None:
    someone = Someone(name="不该在盘上的人")
    journal.run(lambda work: store.send(work, "a-1", ENVELOPE, "2026-01-05", {"b"}))
    journal.run(lambda work: store.remember(work, announcement("a-1", [someone.subject()], "2026-01-05")))
    files = b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
    for clear in (someone.name.encode(), someone.number.encode(), ENVELOPE.payload):
        assert clear not in files
    journal.run(lambda work: store.forget(work, date(2026, 4, 5)))
    with journal.reading() as view:
        assert store.releases(view, everything)[CRIMINAL]
    journal.run(lambda work: store.forget(work, date(2026, 4, 6)))
    with journal.reading() as view:
        assert (store.releases(view, everything)[CRIMINAL], store.waiting(view)) == ({}, [])


def test_r64_nobody_waits_for_a_class_that_the_application_does_not_search(
    journal: Journal, store: AnnouncementStore
) -> None:
    """COMP-24 covers criminal records alone, SUP-13 decisions not to prosecute as well."""
    one, other, old = Someone().subject(), Someone().subject(), Someone().subject()
    made = [
        announcement("a-1", [one], "2026-12-01"),
        announcement("b-1", [one, other], "2026-12-03", PUBLIC, "COMP-24"),
        announcement("c-1", [one, other], "2026-12-05", PUBLIC, "SUP-13"),
        announcement("d-1", [old], "2026-12-07", PUBLIC),
        announcement("e-1", [old], "2026-12-09", PUBLIC, "NONE-1"),
    ]

    def command(work: Work) -> None:
        for each in made:
            store.remember(work, each)

    journal.run(command)
    catalogue = load_bases()

    def waits(name: RecordClass, *, admitted: bool = False) -> list[str]:
        def searches(purpose: query_pb2.Purpose.ValueType, basis: str) -> frozenset[RecordClass]:
            covered = catalogue[basis].includes_classes if basis in catalogue else None
            return searched(purpose, covered, violation_certificates=admitted)

        with journal.reading() as view:
            found = store.releases(view, searches)[name]
        return [found.get(subject_tokens(LOOKUP, each)[0][0], "") for each in (one, other, old)]

    assert waits(CRIMINAL) == ["2026-12-01", "2026-12-03", "2026-12-07"]
    assert waits(RecordClass.NON_PROSECUTION, admitted=True) == ["2026-12-05", "2026-12-05", "2026-12-07"]
    assert waits(RecordClass.PUBLIC_ORDER) == ["", "", "2026-12-07"]
    assert waits(RecordClass.PUBLIC_ORDER, admitted=True) == ["2026-12-01", "", "2026-12-07"]
    assert waits(RecordClass.PROCESS, admitted=True) == ["", "", ""]
