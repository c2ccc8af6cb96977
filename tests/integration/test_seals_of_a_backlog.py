"""A thousand seals wait for a node: questions about others are answered, and none about a sealed person discloses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from federation.v1 import record_pb2, registry_pb2
from tests.support.federation import GATEWAY
from tests.support.records import MINOR, Someone, open_record, record
from tests.support.seal_servers import SECOND, SealServers, finding, seal_servers
from tests.support.seals import young_and_grown
from tests.support.waiting import wait_for

HOLDER, POLICE = "procuratorate-1", "police/node/police-1"
WAITING, COPIES = 1000, 10
#: Generous: a machine that is busy with other things takes minutes to spread thousands of seals.
MINUTES = 600.0


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    with seal_servers(tmp_path_factory.mktemp("two-gateways"), gateways=(GATEWAY, SECOND)) as running:
        yield running


@pytest.mark.timeout(900)
def test_r45_a_backlog_holds_up_nobody_and_hides_every_person_in_it(servers: SealServers) -> None:
    minors = [record(Someone(name="李四光", born=MINOR), "police") for _ in range(WAITING)]
    pairs = [young_and_grown() for _ in range(COPIES)]
    for _, _, grown in pairs:
        servers.enter("procuratorate", grown)
    other, made = open_record("justice")
    servers.enter("justice", made)
    servers.slowed.to_nodes.add(HOLDER)
    try:
        police = servers.of("police")
        kinds = Counter(str(o.WhichOneof("outcome")) for o in police.register.enter_many("police-1", minors))
        assert kinds == {"receipt": WAITING}
        wait_for(
            lambda: servers.waiting(HOLDER), lambda seen: seen >= WAITING, what="the backlog", seconds=MINUTES
        )
        for someone, young, _ in pairs:
            servers.enter("police", young)
            assert finding(servers.ask(someone.subject())) == ("NO_RECORD", "COMPLETE"), "from its receipt on"
            assert finding(servers.ask(other.subject())) == ("RECORD", "COMPLETE")
            assert finding(servers.ask(Someone().subject())) == ("NO_RECORD", "COMPLETE")
        assert servers.waiting(HOLDER) >= WAITING, "nobody waited for the others"
    finally:
        servers.slowed.to_nodes.clear()
    wait_for(
        lambda: [servers.waiting(HOLDER, at=at) for at in (GATEWAY, SECOND)],
        lambda waiting: not any(waiting),
        what="an empty queue at both gateways",
        seconds=MINUTES,
    )
    wait_for(
        lambda: [servers.marks(at=at) for at in (GATEWAY, SECOND)],
        lambda marks: not any(marks),
        what="no mark at either gateway",
        seconds=MINUTES,
    )


def test_r45_a_seal_spreads_until_the_gateway_asked_has_it_too(servers: SealServers) -> None:
    """The second gateway hears of it last; nothing is delivered, and the question comes to the second one."""
    someone, young, grown = young_and_grown()
    receipt = servers.enter("procuratorate", grown)
    for at in (GATEWAY, SECOND):
        assert finding(servers.ask(someone.subject(), at=at)) == ("RECORD", "COMPLETE")
    servers.slowed.to_gateways.add(SECOND)
    servers.slowed.to_nodes.add(HOLDER)
    try:
        servers.enter("police", young)
        wait_for(lambda: servers.waiting(HOLDER), lambda seen: seen > 0, what="a proposal for the holder")
        assert servers.waiting(HOLDER, at=SECOND) == 0
        assert finding(servers.ask(someone.subject(), at=SECOND)) == ("NO_RECORD", "COMPLETE")
        assert servers.hidden("procuratorate", receipt.record_id)
        assert finding(servers.ask(someone.subject())) == ("NO_RECORD", "COMPLETE")
        pending = "SELECT count(*) FROM sealing_pending"
        assert servers.read(POLICE, pending) > 0, (
            "it spreads: the second gateway has not taken it from the police"
        )
    finally:
        servers.slowed.to_gateways.clear()
        servers.slowed.to_nodes.clear()
    wait_for(
        lambda: servers.read(POLICE, "SELECT count(*) FROM sealing_awaited"),
        lambda seen: seen == 0,
        what="every gateway's word",
    )
    wait_for(
        lambda: servers.read(POLICE, pending), lambda seen: seen == 0, what="every proposal to be handed over"
    )


def test_r45_a_seal_by_an_officer_is_delivered_before_those_of_an_import(servers: SealServers) -> None:
    minors = [record(Someone(name="李四光", born=MINOR), "police") for _ in range(300)]
    _, young, grown = young_and_grown()
    grown_receipt = servers.enter("procuratorate", grown)
    young.offences[0].penalty.months = young.combined_penalty.months = 72
    receipt = servers.enter("police", young)
    servers.slowed.to_nodes.add(HOLDER)
    try:
        assert all(
            o.HasField("receipt") for o in servers.of("police").register.enter_many("police-1", minors)
        )
        wait_for(
            lambda: servers.waiting(HOLDER), lambda seen: seen >= 300, what="the backlog", seconds=MINUTES
        )
        young.offences[0].penalty.months = young.combined_penalty.months = 36
        servers.of("police").register.amend("police-1", amendment(receipt.record_id, young))
        urgent = (
            "SELECT count(*) FROM sealing_proposal WHERE node = :node AND acknowledged = 0 AND urgent = 1"
        )
        wait_for(
            lambda: servers.read(GATEWAY, urgent, node=HOLDER),
            lambda seen: seen == 1,
            what="the urgent proposal",
            seconds=MINUTES,
        )
    finally:
        servers.slowed.to_nodes.clear()
    wait_for(
        lambda: servers.read(GATEWAY, urgent, node=HOLDER),
        lambda seen: seen == 0,
        what="the urgent proposal to be taken",
        seconds=MINUTES,
    )
    assert servers.hidden("procuratorate", grown_receipt.record_id)
    wait_for(
        lambda: servers.waiting(HOLDER),
        lambda seen: seen == 0,
        what="the backlog to be taken",
        seconds=MINUTES,
    )


def amendment(record_id: str, made: record_pb2.Record) -> registry_pb2.Amendment:
    return registry_pb2.Amendment(record_id=record_id, expected_version=1, record=made, reason="再审改判")
