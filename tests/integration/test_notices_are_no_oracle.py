"""A notice is answered alike for an open, a sealed, a withheld and an unknown person (R30, R31, R45).

The same notices are played for four persons on real servers, with a judgment number that fits none of them or with no
number at all. Everything that their sender gets is compared: bytes after masking digests, times, log positions and
signatures, and lengths before masking; at once, after officers have decided, and when the same notice comes again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.protobuf.message import Message
from prometheus_client.parser import text_string_to_metric_families

from compose.local import layout
from compose.local.layout import NODES, node_installation
from compose.report.metrics import exposition
from compose.report.report_cli import collect
from federation.client import Client
from federation.evidence.entry import Value
from federation.notices.document_receipts import DocumentCourse
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2, stored_document_pb2
from node.intake.wrong_numbers import ALARM_AT
from tests.support.documents import digest, naming, pdf, way_when
from tests.support.local import LocalFederation
from tests.support.notices import decided, judgment, release, sent, settled, stages
from tests.support.notices_alike import (
    NOTICES,
    among_newest,
    digest_of,
    insist_alike,
    submitted,
    tracked,
    without_number,
)
from tests.support.records import MINOR, Someone, case_number, rare_name, record, withheld_record
from tests.support.waiting import wait_for

Fed = LocalFederation


HOLDERS = ("police", "justice")


@dataclass(frozen=True)
class Subject:
    """A person as the notices name them, and the records of the two agencies that get the notices."""

    name: str
    person: Someone
    number: str
    records: dict[str, str]


def entered(fed: Fed, name: str, someone: Someone, make: Callable[[str, str], record_pb2.Record]) -> Subject:
    number = case_number()
    return Subject(name, someone, number, {a: fed.enter(a, make(a, number)).record_id for a in HOLDERS})


@pytest.fixture
def subjects(running_federation: Fed) -> list[Subject]:
    """Return persons whose record is open, sealed, withheld, and of whom there is none."""
    adult, minor, nobody = Someone(), Someone(born=MINOR), Someone()
    spared = Someone(name=rare_name(), born=MINOR)

    def in_doubt(agency: str, number: str) -> record_pb2.Record:
        """Return a record without a birth date, whose number is only declared."""
        _, made = withheld_record(agency, number=number)
        made.person.identifiers[0].number = spared.number
        made.person.names[0].text = spared.name
        return made

    return [
        entered(running_federation, "open", adult, lambda a, n: record(adult, a, number=n)),
        entered(running_federation, "sealed", minor, lambda a, n: record(minor, a, number=n)),
        entered(running_federation, "withheld", spared, in_doubt),
        Subject("unknown", nobody, "", {}),
    ]


def decide(fed: Fed, subject: Subject, told: pb.Notice) -> None:
    """Have officers decide wherever it waits: apply it where there is a record of the person, else refuse it."""
    for agency in ("police", "justice", "procuratorate"):
        record_id = subject.records.get(agency, "") if subject.name == "open" else ""
        decided(fed.client(agency), NODES[agency], digest_of(told), record_id=record_id)


def until_settled(fed: Fed, notices: Iterable[pb.Notice]) -> None:
    """Wait until the gateway has asked the nodes what became of every one of the notices."""
    digests = [digest_of(notice) for notice in notices]
    marks = ",".join("?" * len(digests))

    def awaited() -> int:
        with closing(sqlite3.connect(fed.layout.server(layout.GATEWAY) / "store.db")) as connection:
            query = f"SELECT count(*) FROM delivery WHERE awaited AND digest IN ({marks})"
            return int(connection.execute(query, digests).fetchone()[0])

    wait_for(awaited, lambda count: count == 0, what="the gateway's look at what officers decided")


@pytest.mark.parametrize("name", NOTICES)
def test_r31_what_a_sender_gets_does_not_tell_open_sealed_withheld_and_unknown_persons_apart(
    running_federation: Fed, subjects: list[Subject], name: str
) -> None:
    sender, make = NOTICES[name]
    client = running_federation.client(sender)
    told = {s.name: make(judgment(s.person)) for s in subjects}

    def compared(play: Callable[[Client, pb.Notice], Message]) -> dict[str, Message]:
        responses = {who: play(client, notice) for who, notice in told.items()}
        insist_alike(responses)
        return responses

    compared(submitted)
    settled(client, [digest_of(notice) for notice in told.values()])
    before = compared(tracked)
    if name != "request for correction":  # its sender gets the owner's reply (R58)
        for track in client.notices.track([digest_of(notice) for notice in told.values()]):
            assert stages(track) == {"gateway-1": "accepted"} | {d.node: "received" for d in track.deliveries}
        for subject in subjects:
            decide(running_federation, subject, told[subject.name])
        until_settled(running_federation, told.values())
    assert compared(tracked) == before
    compared(among_newest)
    compared(submitted)
    assert compared(tracked) == before


def test_r31_officers_of_the_holder_register_what_was_received(
    running_federation: Fed, subjects: list[Subject]
) -> None:
    prison = running_federation.client("prison")
    told = {s.name: without_number(release(judgment(s.person))) for s in subjects}
    sent(prison, *told.values())
    for subject in subjects:
        decide(running_federation, subject, told[subject.name])
    report = running_federation.client("police").notices.report(node_installation("police"))
    registered = [r for r in report.rows if (r.sender, r.stage) == ("prison", pb.NOTICE_STAGE_REGISTERED)]
    assert registered
    shown_now = (
        running_federation.client("police").register.show("police-1", subjects[0].records["police"]).record
    )
    assert record_pb2.EXECUTION_KIND_COMPLETED in {event.kind for event in shown_now.execution}
    amended = {e["record"] for e in running_federation.node_entries("police") if e["kind"] == "amended"}
    assert {s.records["police"] for s in subjects[:3]} <= amended


def test_r31_where_number_and_person_fit_the_sender_hears_so_and_neither_id_nor_version(
    running_federation: Fed, subjects: list[Subject]
) -> None:
    prison, responses = running_federation.client("prison"), dict[str, Message]()
    for subject in subjects[:3]:
        told = release(judgment(subject.person, number=subject.number))
        (track,) = sent(prison, told)
        assert stages(track) == {"gateway-1": "accepted", "police-1": "registered", "justice-1": "registered"}
        for _, receipt in track.stages:
            assert (receipt.record_id, receipt.version, receipt.record_digest) == ("", 0, b"")
        responses[subject.name] = tracked(prison, told)
    insist_alike(responses)


def test_r62_the_way_of_a_document_does_not_tell_how_an_officer_decided(
    running_federation: Fed, subjects: list[Subject], tmp_path: Path
) -> None:
    """The documents are handed in only after officers have decided: nodes and gateway take them all the same."""
    prison = running_federation.client("prison")
    files = {s.name: pdf(tmp_path, 120) for s in subjects}
    told = {s.name: naming(without_number(release(judgment(s.person))), files[s.name]) for s in subjects}
    sent(prison, *told.values())
    for subject in subjects:
        decide(running_federation, subject, told[subject.name])
    until_settled(running_federation, told.values())
    insist_alike({who: tracked(prison, notice) for who, notice in told.items()})
    for file in files.values():
        prison.documents.put(file)

    def everywhere(way: DocumentCourse) -> bool:
        carried = {c.node for c in way.carriages if c.state == stored_document_pb2.CARRIAGE_STATE_CARRIED}
        return carried == {"police-1", "justice-1"}

    for file in files.values():
        way_when(prison, digest(file), everywhere)
    insist_alike({who: tracked(prison, notice) for who, notice in told.items()})


def test_r31_wrong_numbers_are_counted_for_each_sender_and_many_are_an_incident(
    running_federation: Fed, subjects: list[Subject]
) -> None:
    """Wrong for an open, a sealed, a withheld and an unknown person alike."""
    prison, police = running_federation.client("prison"), running_federation.client("police")

    def counted() -> int:
        rows = police.notices.report(node_installation("police")).wrong_numbers
        return sum(row.notices for row in rows if row.sender == "prison")

    def incidents() -> list[dict[str, Value]]:
        entries = running_federation.node_entries("police")
        return [e for e in entries if (e["kind"], e.get("what")) == ("incident", "wrong-numbers")]

    before, known = counted(), len(incidents())
    persons = [s.person for s in subjects]
    sent(prison, *(release(judgment(persons[n % 4])) for n in range(ALARM_AT)))
    assert counted() == before + ALARM_AT
    (incident,) = incidents()[known:]
    assert incident["sender"] == "prison"
    sent(prison, without_number(release(judgment(Someone()))))
    assert counted() == before + ALARM_AT
    samples = {
        f.name: f.samples
        for f in text_string_to_metric_families(exposition(collect(running_federation.layout.home)))
    }
    rows = [s for s in samples["hutong_notices_wrong_numbers"] if s.labels["node"] == "police-1"]
    assert {s.labels["sender"]: s.value for s in rows}["prison"] == counted()
