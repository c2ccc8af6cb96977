"""Entering a sealed record makes every log grow as an open one does, and what a court gets has the same sizes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.client import Client
from federation.errors import PermissionDenied
from federation.evidence.entry import events_of
from federation.statements.methods import TRACK_NOTICES
from federation.transport.status import understood
from federation.v1 import evidence_pb2, notice_pb2
from federation.v1.lookup_pb2 import PageStatement
from federation.v1.notice_pb2 import NoticeReceiptPage
from federation.values.identity import Installation
from tests.support import asking
from tests.support.federation import GATEWAY
from tests.support.notices import judgment
from tests.support.records import MINOR, Someone, case_number, record
from tests.support.seal_servers import NODES, SealServers, at_rest, seal_servers
from tests.support.seals import young_and_grown

ACCEPTED, REGISTERED = notice_pb2.NOTICE_STAGE_ACCEPTED, notice_pb2.NOTICE_STAGE_REGISTERED
POLICE = "police/node/police-1"
#: So many seconds after 1970 no fixed time is near.
NEVER = 1e9


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    """Return four nodes and a gateway in this process, between two fixed times."""
    home = tmp_path_factory.mktemp("alike")
    with seal_servers(home, members_checkpoint_every_s=NEVER, spreading_entry_every_s=NEVER) as running:
        yield running


def growth(servers: SealServers, act: Callable[[], object]) -> dict[str, int]:
    """Return by how many entries each log grows until all that `act` causes has ended."""

    def sizes() -> dict[str, int]:
        at_rest(servers)
        return {s: servers.read(s, "SELECT count(*) FROM log_entry") for s in (*NODES, GATEWAY)}

    before = sizes()
    act()
    return {server: size - before[server] for server, size in sizes().items()}


def test_r45_an_open_and_a_sealed_record_make_every_log_grow_alike(servers: SealServers) -> None:
    adult, minor = Someone(), Someone(born=MINOR)
    grown = growth(servers, lambda: servers.enter("police", record(adult, "police")))
    sealed = growth(servers, lambda: servers.enter("police", record(minor, "police")))
    assert grown == sealed == {POLICE: 1} | dict.fromkeys([*NODES[1:], GATEWAY], 0)
    assert servers.read(POLICE, "SELECT count(*) FROM log_deferred") > 0, "the seal has spread meanwhile"


def test_r45_they_do_so_where_another_holder_withholds_its_copy_and_an_answer_is_recalled(
    servers: SealServers,
) -> None:
    number = case_number()
    adult = Someone()
    servers.enter("procuratorate", record(adult, "procuratorate", number=number))
    minor, young, copy = young_and_grown()
    held = servers.enter("procuratorate", copy)
    for someone in (adult, minor):
        assert servers.ask(someone.subject()).convictions
    grown = growth(servers, lambda: servers.enter("police", record(adult, "police", number=number)))
    sealed = growth(servers, lambda: servers.enter("police", young))
    assert grown == sealed
    assert servers.hidden("procuratorate", held.record_id)
    assert servers.of("court").recalls.received(), "the court's answer about the minor is recalled"


def test_operators_see_every_event_though_no_fixed_time_has_come(servers: SealServers) -> None:
    _, young, copy = young_and_grown()
    held = servers.enter("procuratorate", copy)
    servers.enter("police", young)
    at_rest(servers)
    procuratorate = Installation.parse("procuratorate/node/procuratorate-1")
    list(servers.of("procuratorate").evidence.entries(procuratorate))
    events = [e for entry in servers.entries(str(procuratorate)) for e in events_of(entry)]
    [hold] = [e for e in events if e["kind"] == "amended" and e["record"] == held.record_id]
    [moved] = [e for e in events if e["kind"] == "resealed" and e["record"] == held.record_id]
    assert hold["version"] == moved["version"] == 2
    assert [e for e in events if e["kind"] == "proposed" and held.record_id in str(e.get("held"))]
    assert servers.read(str(procuratorate), "SELECT count(*) FROM log_deferred") == 0


def test_what_a_court_gets_about_an_open_and_a_sealed_entering_has_the_same_sizes(
    servers: SealServers,
) -> None:
    servers.enter("police", record(Someone(), "police"))
    at_rest(servers)
    after_open = received(servers)
    servers.enter("police", record(Someone(born=MINOR), "police"))
    at_rest(servers)
    assert received(servers) == after_open


def test_the_receipts_of_a_sealed_judgment_have_the_same_sizes_and_make_the_logs_grow_alike(
    servers: SealServers,
) -> None:
    court, lengths, grown = servers.of("court"), [], []
    for born in (Someone().born, MINOR):
        notice = judgment(Someone(born=born))
        grown.append(growth(servers, partial(court.notices.submit, [notice])))
        digest = hashlib.sha256(notice.SerializeToString(deterministic=True)).digest()
        payloads = [envelope.payload for envelope in tracked(court, digest).receipts]
        pages = [NoticeReceiptPage.FromString(payload) for payload in payloads]
        assert [page.receipts[0].stage for page in pages] == [ACCEPTED, *[REGISTERED] * 3]
        assert [len(page.log_commitment) for page in pages] == [0, 32, 32, 32]
        lengths.append(sorted(len(payload) for payload in payloads))
    assert lengths[0] == lengths[1]
    assert grown[0] == grown[1]


def tracked(court: Client, digest: bytes) -> notice_pb2.NoticeTrack:
    """Return the course of a notice as it comes over the wire."""
    body = notice_pb2.NoticeList(notices=[digest]).SerializeToString(deterministic=True)
    envelope = court.connection.statement(body, method=TRACK_NOTICES, destination=ANY_GATEWAY)
    [track] = court.notices._notices().Track(notice_pb2.TrackRequest(envelope=envelope)).tracks
    return track


def received(servers: SealServers) -> dict[str, object]:
    """Return what a court gets about nobody in particular: checkpoints, refusals, and sizes of an answer."""
    court = servers.of("court")
    found: dict[str, object] = {
        f"checkpoint of {server}": court.evidence.checkpoint(Installation.parse(server)).SerializeToString()
        for server in (*NODES, GATEWAY)
    }
    stub = court.evidence._evidence(Installation.parse(POLICE))
    for size in (1, 5, 10**6):
        with pytest.raises(PermissionDenied) as refused, understood():
            stub.ProveConsistency(evidence_pb2.ProveConsistencyRequest(first=1, second=size))
        found[f"proof of {size}"] = str(refused.value)
    answer = court.ask(asking.case(Someone().subject())).answer
    found["pages"] = [len(evidence.page.payload) for evidence in answer.evidence]
    found["answer"] = len(answer.SerializeToString())
    for evidence in answer.evidence:
        assert len(PageStatement.FromString(evidence.page.payload).log_commitment) == 32
    return found
