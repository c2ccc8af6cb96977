"""Two police nodes with divisions of their own: a copy to the place of trial, and forwarding (R28, R30, A15)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import gateway.app
import node.app
from certs.charter_drafts import InstallationDraft, KeyDraft
from certs.charter_files import with_installation
from certs.charter_office import Lifetimes
from certs.signing import charter_signer
from compose.local.founding import free_ports
from federation.charter.model import InstallationState
from federation.client import Client, Connection, Credentials
from federation.errors import BadEnvelope, InvalidRequest, NotFound, PermissionDenied
from federation.evidence.entry import read_body
from federation.notices.receipts import Tracked
from federation.v1 import notice_pb2 as pb
from federation.v1.parked_pb2 import ParkedItem
from federation.values.identity import Installation, MemberId
from gateway.relay import courier
from server.settings import GatewaySettings, NodeSettings
from tests.support.federation import GATEWAY, NODE_ROLES, SmallFederation
from tests.support.notices import information, judgment, refused, settled, stages
from tests.support.records import Someone
from tests.support.waiting import wait_for

OPERATOR = "interconnect/client/desk"
BEIJING, SHANGHAI = "police/node/police-1", "police/node/police-2"
DIVISIONS = {BEIJING: ("11",), SHANGHAI: ("31",)}


class Two:
    """A court, two police nodes and a gateway, all in this process."""

    def __init__(self, small: SmallFederation, stack: ExitStack) -> None:
        self._small, self._stack = small, stack

    def client(self, installation: str, officer: str = "王警官") -> Client:
        party = self._small.party(installation)
        credentials = Credentials(party.installation, party.certificate, party.key, party.signing_key)
        trust = self._small.trust(installation.replace("/", "-"))
        return self._stack.enter_context(
            Client(Connection(trust=trust, credentials=credentials, officer=officer))
        )


SERVERS = (BEIJING, SHANGHAI, GATEWAY)


def founded(home: Path) -> tuple[SmallFederation, dict[str, str]]:
    """Return a federation whose police have a node in Beijing and one in Shanghai, and the endpoints."""
    endpoints = {name: f"localhost:{port}" for name, port in zip(SERVERS, free_ports(3), strict=True)}
    small = SmallFederation(home, agencies=["police"], endpoints=endpoints, lifetimes=Lifetimes())
    small.parties[SHANGHAI] = small._party(SHANGHAI)
    signer = charter_signer(small.charter_keys[MemberId("police")])
    for name, divisions in DIVISIONS.items():
        draft = drafted(small, name, endpoints[name], divisions)
        edit = partial(with_installation, draft=draft)
        small.office.republish(MemberId("police"), edit, signer)
    small.parties[OPERATOR] = small._party(OPERATOR)
    edit = partial(with_installation, draft=small._draft(small.party(OPERATOR)))
    small.office.republish(MemberId("police"), edit, signer)
    return small, endpoints


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    home = tmp_path_factory.mktemp("two")
    small, endpoints = founded(home)
    with ExitStack() as stack:
        for name in SERVERS:
            stack.enter_context(server(small, home, name, endpoints[name]))
        yield Two(small, stack)


def drafted(
    small: SmallFederation, name: str, endpoint: str, divisions: tuple[str, ...]
) -> InstallationDraft:
    """Return the node with divisions of its own."""
    drawn = small._draft(small.party(name))
    key = KeyDraft(drawn.keys[0].public, NODE_ROLES, drawn.keys[0].not_before, drawn.keys[0].not_after)
    return InstallationDraft(Installation.parse(name), (key,), endpoint, divisions)


def server(small: SmallFederation, home: Path, name: str, endpoint: str) -> AbstractContextManager[int]:
    """Return the running server as a context manager."""
    party, folder = small.party(name), home / "servers" / name.rpartition("/")[2]
    settings: dict[str, Any] = {
        "home": folder,
        "listen": endpoint.replace("localhost", "127.0.0.1"),
        "charter": small.published,
        "charter_root": small.root,
        "installation": name,
        "certificate": party.certificate,
        "key": party.key,
        "signing_key": party.signing_key,
        "unsafe_allow_synthetic": True,
        "charter_every_s": 0.5,
    }
    if name == GATEWAY:
        gateway.app.init(folder)
        return gateway.app.running(GatewaySettings(**settings))
    node.app.init(folder)
    return node.app.running(NodeSettings(**settings))


def judged(someone: Someone, household: str, trial: str) -> pb.Notice:
    notice = judgment(someone)
    notice.record.person.household_division, notice.trial_division = household, trial
    return notice


def send(client: Client, notice: pb.Notice) -> Tracked:
    (receipt,) = client.notices.submit([notice])
    assert receipt.stage == pb.NOTICE_STAGE_ACCEPTED, receipt
    return settled(client, [receipt.notice])[0]


def test_r28_each_division_has_its_registrar_and_the_place_of_trial_a_copy(two: Two) -> None:
    court = two.client("court/client/desk", officer="书记员甲")
    assert set(stages(send(court, judged(Someone(), "110105", "110105")))) == {"gateway-1", "police-1"}
    both = send(court, judged(Someone(), "310101", "110105"))
    addressees = {a.node: a.addressing for a in both.stages[0][1].addressees}
    assert addressees == {"police-2": pb.ADDRESSING_REGISTRATION, "police-1": pb.ADDRESSING_COPY}
    assert stages(both) == {"gateway-1": "accepted", "police-1": "registered", "police-2": "registered"}


def test_r28_a_division_that_no_node_registers_is_refused(two: Two) -> None:
    court = two.client("court/client/desk", officer="书记员甲")
    assert refused(court, judged(Someone(), "450101", "450101")) == {("R28", "person.household_division")}


def test_r30_a_node_that_no_longer_has_the_person_forwards_and_the_notice_arrives(two: Two) -> None:
    """The sender is shown where number and person fit, not that an officer sent the notice on (R45)."""
    court, officer = two.client("court/client/desk", officer="书记员甲"), two.client("police/client/desk")
    mover = Someone(name="迁移者")
    moved = judged(mover, "310101", "310101")
    send(court, moved)  # registered in Shanghai
    stale = information(moved)
    stale.person.household_division = "110105"  # the court still believes in Beijing
    tracked = send(court, stale)
    assert stages(tracked) == {"gateway-1": "accepted", "police-1": "received"}
    with pytest.raises(Exception, match="no other node"):
        officer.notices.decide(
            "police-1",
            pb.Decision(
                notice=tracked.notice, kind=pb.DECISION_KIND_FORWARD, division="110101", reason="本地"
            ),
        )
    officer.notices.decide(
        "police-1",
        pb.Decision(
            notice=tracked.notice, kind=pb.DECISION_KIND_FORWARD, division="310101", reason="户籍已迁出"
        ),
    )
    done = signed_by_shanghai(court, tracked.notice)
    assert stages(done) == {"gateway-1": "accepted", "police-1": "received", "police-2": "registered"}
    assert [d.node for d in done.deliveries] == ["police-1"]
    # What the officer learned holds for what follows: no second question.
    later = information(moved)
    later.person.household_division, later.reason = "110105", "再更正"
    later.changed.final_on = "2019-06-19"
    (receipt,) = court.notices.submit([later])
    signed_by_shanghai(court, receipt.notice)
    assert stages(court.notices.track([receipt.notice])[0])["police-1"] == "received"
    assert stages(court.notices.track([receipt.notice])[0])["police-2"] == "registered"
    # A judgment says itself who has the record: its sender is told.
    again = judged(mover, "110105", "110105")
    tracked = signed_by_shanghai(court, court.notices.submit([again])[0].notice)
    assert stages(tracked) == {"gateway-1": "accepted", "police-1": "forwarded", "police-2": "registered"}


def signed_by_shanghai(court: Client, digest: bytes) -> Tracked:
    """Wait until the second police node has signed for a notice; return its stages."""
    return wait_for(
        lambda: court.notices.track([digest])[0],
        lambda tracked: "police-2" in stages(tracked),
        what="police-2's receipt",
    )


def delivered_again(operator: Client, court: Client, item: ParkedItem) -> Tracked:
    """Have it delivered again until all servers have seen the charter that lets the court speak."""

    def again() -> Tracked:
        operator.notices.deliver_again([item], "法院窗口已恢复")
        return settled(court, [item.notice])[0]

    return wait_for(
        again,
        lambda tracked: [d.state for d in tracked.deliveries] == [pb.DELIVERY_STATE_DELIVERED],
        what="the delivery of what was parked",
        passing=PermissionDenied,
    )


def test_a_notice_that_a_node_turns_away_is_parked_and_goes_on_when_an_officer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accepted, and then its sender is suspended while the node is down: nobody drops it, nothing waits on it."""
    monkeypatch.setattr(courier, "MOST_ATTEMPTS", 2)
    small, endpoints = founded(tmp_path)
    with ExitStack() as stack:
        stack.enter_context(server(small, tmp_path, GATEWAY, endpoints[GATEWAY]))
        court = Two(small, stack).client("court/client/desk", officer="书记员甲")
        (receipt,) = court.notices.submit([judged(Someone(), "310101", "310101")])
        assert receipt.stage == pb.NOTICE_STAGE_ACCEPTED
        small.set_state("court/client/desk", InstallationState.SUSPENDED)
        stack.enter_context(server(small, tmp_path, SHANGHAI, endpoints[SHANGHAI]))
        store = tmp_path / "servers" / "gateway-1" / "store.db"

        def delivery() -> tuple[int, str]:
            with closing(sqlite3.connect(store)) as connection:
                state, reason = connection.execute("SELECT state, reason FROM delivery").fetchone()
                return state, reason

        row = wait_for(delivery, lambda row: row[0] == pb.DELIVERY_STATE_PARKED, what="a parked delivery")
        assert "INSTALLATION_NOT_ACTIVE" in row[1]
        small.set_state("court/client/desk", InstallationState.ACTIVE)
        two = Two(small, stack)
        operator, stranger = two.client(OPERATOR, officer="值班员"), two.client("police/client/desk")
        with pytest.raises(PermissionDenied):
            stranger.notices.parked()
        (item,), more = wait_for(
            lambda: operator.notices.parked("police-2"),
            what="the gateway to take up the operator's charter",
            passing=BadEnvelope,
        )
        assert (item.notice, item.sender, more) == (receipt.notice, "court", False)
        assert "INSTALLATION_NOT_ACTIVE" in item.reason
        assert operator.notices.parked("police-1") == ([], False)
        with pytest.raises(InvalidRequest, match="mended"):
            operator.notices.deliver_again([item], "")
        with pytest.raises(NotFound):
            operator.notices.deliver_again([ParkedItem(node="police-1", notice=item.notice)], "误")
        with pytest.raises(PermissionDenied):
            stranger.notices.deliver_again([item], "非本单位")
        done = delivered_again(operator, court, item)
        assert stages(done) == {"gateway-1": "accepted", "police-2": "registered"}
        assert operator.notices.deliver_again([item], "再试") == []
        kinds = [read_body(e.body) for e in operator.evidence.entries(Installation.parse(GATEWAY))]
        logged = [(e["officer"], e["reason"]) for e in kinds if e["kind"] == "parked_again"]
        assert logged[0] == ("值班员", "法院窗口已恢复")
