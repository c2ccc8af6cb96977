"""What a store of application files and issued documents promises, whichever database keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from federation.errors import Corrupt, NotFound
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.v1.envelope_pb2 import Envelope
from node.applications.file_store import FileStore
from node.applications.files import File, Files, Issued
from node.applications.schema import SCHEMA
from server.journal.work import Work
from tests.support.fresh_stores import fresh_work

TODAY, LATER, CODE = "2026-03-02", "2026-04-01", "AB12CD34"
SUBMITTED, ACCEPTED = pb.APPLICATION_STATE_SUBMITTED, pb.APPLICATION_STATE_ACCEPTED


@dataclass(frozen=True)
class Kept:
    """A store of files, another over the same rows with another key, and a transaction to use them in."""

    work: Work
    files: Files
    stranger: Files

    def begin(
        self,
        person: str = "1",
        *,
        year: int = 2026,
        due_on: str = LATER,
        kind: pb.ApplicationKind.ValueType = pb.APPLICATION_KIND_OWN,
    ) -> File:
        """Begin the file of an application, by default of a person about herself."""
        event = step(1, SUBMITTED, due_on=due_on)
        event.step = pb.APPLICATION_STEP_SUBMIT
        event.submission.kind = kind
        event.submission.subject.identifiers.add(number=f"99{person}")
        return self.files.open(self.work, event, year=year, submitted_on=TODAY)

    def count(self, file: File, year: int = 2026, besides: str = "") -> int:
        tokens = self.files.persons(file.application.events[0].submission)
        return self.files.count(self.work.view, tokens, year, besides=besides)

    def issue(self, file: File, number: str, *, supersedes: str = "", collect_until: str = LATER) -> bytes:
        """Issue a document for a file; return the bytes that it signs."""
        document = document_pb2.Document(
            number=number, code=CODE, issued_on=TODAY, valid_until=LATER, supersedes=supersedes
        )
        header = document_pb2.DocumentHeader(
            number=number, digest=bytes([7]) * 32, collect_until=collect_until
        )
        payload = document.SerializeToString()
        self.files.documents.issue(self.work, file, [Issued(Envelope(payload=payload), document, header)])
        return payload

    def collected(self, file: File, today: str = TODAY) -> list[bytes]:
        return [each.payload for each in self.files.documents.collect(self.work.view, file, today)]

    def numbers(self, *states: int, late_only: bool = False, limit: int = 9, today: str = TODAY) -> list[str]:
        lines = self.files.lines(self.work.view, states, today=today, late_only=late_only, limit=limit)
        return [line.number for line in lines]


def step(
    version: int, state: pb.ApplicationState.ValueType, *, due_on: str = LATER, note: str = ""
) -> pb.ApplicationEvent:
    return pb.ApplicationEvent(version=version, state=state, due_on=due_on, note=note)


@contextmanager
def sqlite(folder: Path) -> Iterator[Kept]:
    """Open a fresh store on SQLite."""
    with fresh_work(folder, SCHEMA) as work:
        yield Kept(work, _store(b"k"), _store(b"o"))


def _store(key: bytes) -> FileStore:
    return FileStore(wrap_key=key * 32, lookup_key=b"l" * 32, node="police-1")


@pytest.fixture(params=[sqlite], ids=["sqlite"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    opened: Callable[[Path], AbstractContextManager[Kept]] = request.param
    with opened(tmp_path) as store:
        yield store


def test_files_are_numbered_by_node_and_year_without_gaps(kept: Kept) -> None:
    begun = [kept.begin(), kept.begin(), kept.begin(year=2027)]
    assert [each.application.number for each in begun] == [
        "police-1-2026-000001",
        "police-1-2026-000002",
        "police-1-2027-000001",
    ]


def test_a_file_comes_back_with_every_step_in_order(kept: Kept) -> None:
    file = kept.begin()
    after = kept.files.append(kept.work, file, step(2, ACCEPTED, note="受理"))
    loaded = kept.files.load(kept.work.view, file.application.number).application
    assert loaded == after.application
    assert [(each.version, each.state, each.note) for each in loaded.events] == [
        (1, SUBMITTED, ""),
        (2, ACCEPTED, "受理"),
    ]


def test_an_unknown_number_is_said_to_be_unknown_and_another_key_reads_nothing(kept: Kept) -> None:
    file = kept.begin()
    with pytest.raises(NotFound):
        kept.files.load(kept.work.view, "police-1-2026-000009")
    with pytest.raises(Corrupt):
        kept.stranger.load(kept.work.view, file.application.number)


def test_r34_a_persons_own_applications_of_a_year_are_counted_but_for_those_not_accepted(kept: Kept) -> None:
    first, second = kept.begin(), kept.begin()
    kept.begin("2")
    kept.begin(kind=pb.APPLICATION_KIND_PUBLIC)
    assert kept.count(first) == 2
    assert kept.count(first, besides=first.application.number) == 1
    assert kept.count(first, year=2027) == 0
    kept.files.append(kept.work, second, step(2, pb.APPLICATION_STATE_NOT_ACCEPTED))
    assert kept.count(first) == 1


def test_lists_are_newest_first_by_state_and_lateness_and_bounded(kept: Kept) -> None:
    late, open_, done = kept.begin(due_on="2026-02-28"), kept.begin(due_on=TODAY), kept.begin(due_on="")
    kept.files.append(kept.work, done, step(2, ACCEPTED, due_on=""))
    numbers = [each.application.number for each in (late, open_, done)]
    assert kept.numbers() == numbers[::-1]
    assert kept.numbers(limit=2) == numbers[:0:-1]
    assert kept.numbers(SUBMITTED) == [numbers[1], numbers[0]]
    assert kept.numbers(late_only=True) == [numbers[0]], "the day it is due is in time"


def test_r45_a_document_is_handed_out_through_its_last_day_and_its_content_forgotten_after_it(
    kept: Kept,
) -> None:
    file = kept.begin()
    payloads = [
        kept.issue(file, number, collect_until=until) for number, until in (("d-2", TODAY), ("d-10", LATER))
    ]
    assert kept.collected(file) == payloads
    assert kept.collected(file, "2026-03-03") == payloads[1:]
    kept.files.documents.forget(kept.work, "2026-03-03")
    assert kept.collected(file) == payloads[1:]
    found = kept.files.documents.find(kept.work.view, "d-2", CODE)
    assert found is not None, "number, code and digest are kept to check a paper copy"
    assert (found.digest, found.valid_until, found.superseded_by) == (bytes([7]) * 32, LATER, "")


def test_a_document_is_found_by_number_and_code_together(kept: Kept) -> None:
    kept.issue(kept.begin(), "d-1")
    assert kept.files.documents.find(kept.work.view, "d-1", CODE) is not None
    assert kept.files.documents.find(kept.work.view, "d-1", "AB12CD35") is None
    assert kept.files.documents.find(kept.work.view, "d-2", CODE) is None


def test_a_document_says_which_one_replaces_it(kept: Kept) -> None:
    file = kept.begin()
    kept.issue(file, "d-1")
    kept.issue(file, "d-2", supersedes="d-1")
    number = file.application.number
    assert kept.files.documents.superseded(kept.work.view, number) == {"d-1": "d-2", "d-2": ""}


def test_a_corrected_result_replaces_those_in_force_of_the_persons_other_applications(kept: Kept) -> None:
    mine, other, corrected = kept.begin(), kept.begin("2"), kept.begin()
    for file, number in ((mine, "d-1"), (other, "d-2"), (corrected, "d-3")):
        kept.issue(file, number)
    persons = kept.files.persons(mine.application.events[0].submission)
    kept.files.documents.supersede_results(
        kept.work, persons, "d-3", besides=corrected.application.number, today=TODAY
    )
    view, documents = kept.work.view, kept.files.documents
    assert documents.superseded(view, mine.application.number) == {"d-1": "d-3"}
    assert documents.superseded(view, other.application.number) == {"d-2": ""}
    assert documents.superseded(view, corrected.application.number) == {"d-3": ""}
