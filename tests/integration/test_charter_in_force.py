"""One charter in force: it changes by its entry in the log, while commands wait and between them, and stops nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from operator import lt
from pathlib import Path
from threading import Event
from typing import TypeVar

import pytest

import node.app
from certs import charter_files
from federation.client import Client
from federation.errors import BadEnvelope
from federation.evidence.entry import read_body
from federation.transport import access
from federation.v1 import notice_pb2, record_pb2, registry_pb2
from federation.values.identity import Installation
from node.host import NodeHost
from node.sealing.part import SealingPart
from node.sealing.resealing import Resealer
from node.store.key_kinds import NODE_KEYS
from node.store.keys import NodeKeys
from server.hosting import Host, hosting
from server.journal.work import Work
from server.part import Part
from server.served import served
from server.stores.key_checks import KeyRing
from tests.support import applying
from tests.support.federation import PROFILES, SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.notices import judgment, stages
from tests.support.records import Someone, open_record, record
from tests.support.waiting import wait_for

T = TypeVar("T")
OLD, NEW = PROFILES


class World:
    """The police's node, served here, with its inner parts at hand; a gateway beside it."""

    def __init__(self, inside: InsideFederation, host: Host, resealing: Resealer) -> None:
        self.inside, self.host, self.resealing = inside, host, resealing
        self.client: Client = inside.client("police")
        self.court: Client = inside.client("court")

    def while_the_charter_changes(self, act: Callable[[], T]) -> T:
        """Return what `act` returns, whose command waits for the writer when the next charter comes."""
        version = self.host.trust.current().version
        with ThreadPoolExecutor(2) as pool:
            with self._writer_held(pool):
                before = self.host.journal.waiting()  # a checkpoint may wait, too
                acted = pool.submit(act)
                queued = wait_for(
                    self.host.journal.waiting, lambda seen: seen > before, what="the act in the queue"
                )
                self._another_charter()
                wait_for(
                    lambda: (self.host.trust.current().version, self.host.journal.waiting()),
                    lambda seen: seen[0] > version or seen[1] > queued,
                    what="the charter taken up, or waiting to be entered",
                )
            result = acted.result(timeout=120)
        wait_for(
            lambda: self.host.trust.current().version, lambda seen: seen > version, what="the next charter"
        )
        return result

    @contextmanager
    def _writer_held(self, pool: ThreadPoolExecutor) -> Iterator[None]:
        held, let_go = Event(), Event()

        def hold(_: Work) -> None:
            held.set()
            assert let_go.wait(120)

        holding: Future[object] = pool.submit(self.host.journal.run, hold)
        assert held.wait(60)
        try:
            yield
        finally:
            let_go.set()
            holding.result(timeout=60)

    def _another_charter(self) -> None:
        self.inside.federation.revoke("education/client/desk")

    def stage(self, notice: bytes) -> str:
        """Return what the police's node made of a notice of the court."""
        try:
            [tracked] = self.court.notices.track([notice])
        except BadEnvelope:  # signed under a charter that the gateway does not have yet
            return ""
        return stages(tracked).get("police-1", "")

    def kinds(self) -> list[str]:
        """Return what the node's log holds, in order."""
        return [str(read_body(entry.body)["kind"]) for entry in self.host.journal.entries(0, 1000)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    small = SmallFederation(tmp_path, profiles=(OLD,))
    with inside_federation(small) as inside:
        settings = inside.node_settings("police")
        keys = NodeKeys.load(settings.home / "keys")
        ring = KeyRing(settings.home / "keys", asdict(keys), NODE_KEYS)
        with hosting(settings, ring=ring, schemas=node.app.SCHEMAS, tally_key=keys.tally) as host:
            at = NodeHost.of(host, keys)
            at.guarded.begin()
            parts = node.app.parts(at)
            [sealing] = [each for each in parts if isinstance(each, SealingPart)]
            # Nothing runs in the background: records are judged anew when the test says so.
            with served(host, [Part(services=each.services) for each in parts], rules=access.NODE) as port:
                small.set_endpoint(settings.installation, f"localhost:{port}")
                inside.start_gateway()
                # A test counts versions from here on: none may still be on its way.
                newest = small.charter().version
                wait_for(
                    lambda: host.trust.current().version,
                    lambda seen: seen == newest,
                    what="the charter that names node and gateway where they are",
                )
                yield World(inside, host, sealing.resealing)


def test_the_charter_changes_while_a_page_of_notices_is_applied(world: World) -> None:
    first = judgment(Someone())
    [sent] = world.court.notices.submit([first])
    assert sent.stage == notice_pb2.NOTICE_STAGE_ACCEPTED, sent
    wait_for(
        lambda: world.stage(sent.notice),
        lambda seen: seen == "registered",
        what="the notice to be registered",
    )

    changed = notice_pb2.Notice(
        kind=notice_pb2.NOTICE_KIND_JUDGMENT_INFORMATION,
        matter=notice_pb2.MATTER_ORDINARY,
        occurred_on="2019-08-01",
        person=first.record.person,
        judgment=notice_pb2.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        changed=record_pb2.Record(final_on="2019-06-18"),
        changed_fields=["final_on"],
        reason="生效日期更正",
    )

    def informed() -> bool:
        [receipt] = world.court.notices.submit([changed])
        wait_for(
            lambda: world.stage(receipt.notice),
            lambda seen: seen == "registered",
            what="the second notice to be registered",
        )
        return True

    assert world.while_the_charter_changes(informed)
    kinds = world.kinds()
    assert kinds.count("amended") == 1
    assert "charter_changed" in kinds


def test_the_charter_changes_while_an_application_is_stepped(world: World) -> None:
    window = world.client.applications("police-1")
    done = world.while_the_charter_changes(lambda: window.submit(applying.public(Someone())))
    accepted = world.while_the_charter_changes(lambda: window.accept(done.application, applying.ACCEPT))
    assert accepted.application.version == 2


def test_the_charter_changes_while_a_record_is_superseded(world: World) -> None:
    _, made = open_record("police")
    entered = world.client.register.enter("police-1", made)
    made.final_on = "2019-06-18"
    amendment = registry_pb2.Amendment(
        record_id=entered.record_id, expected_version=1, record=made, reason="更正生效日期"
    )
    receipt = world.while_the_charter_changes(lambda: world.client.register.amend("police-1", amendment))
    assert receipt.version == 2


def test_the_charter_changes_while_records_are_judged_anew(world: World) -> None:
    made = record(Someone(), "police")
    made.offences[0].conduct_from, made.offences[0].conduct_to = "2018-12-01", "2019-02-01"
    world.client.register.enter("police-1", made)
    while world.resealing.run_due():
        pass
    policy = world.inside.federation
    policy.amend_policy(lambda text: charter_files.with_profile(text, NEW))
    wait_for(
        lambda: len(world.host.charter().profiles),
        lambda seen: seen == 2,
        what="the charter with the new profile",
    )
    world.while_the_charter_changes(world.resealing.run_due)
    while world.resealing.run_due():
        pass
    assert world.kinds().count("retroactive_run") == 2


def test_d30_a_charter_is_in_the_log_before_any_door_acts_under_it(world: World) -> None:
    """Intake and the relay too: whatever is logged by one who saw the new charter comes after its entry."""
    host = world.host
    seen: list[int] = []
    for _ in range(5):
        before = host.trust.current().version
        world._another_charter()
        wait_for(lambda: host.trust.current().version, partial(lt, before), what="the next charter")
        version = host.trust.current().version
        entries = [read_body(entry.body) for entry in host.journal.entries(0, 1000)]
        entered = [e["charter_version"] for e in entries if e["kind"] == "charter_changed"]
        assert entered[-1] == version, "who sees the new charter finds it in the log"
        seen.append(version)
    assert seen == sorted(seen)


def test_a_command_gets_the_charter_that_the_log_names(world: World) -> None:
    before = world.host.trust.current().version
    seen = world.while_the_charter_changes(
        lambda: world.host.journal.run(lambda work: work.charter.version).value
    )
    assert seen == before, "it waited before the new charter did"
    assert world.host.journal.run(lambda work: work.charter.version).value == before + 1


def test_a_command_that_looks_outside_its_work_is_told_so_at_once(world: World) -> None:
    def nested(_: Work) -> object:
        return world.host.journal.run(lambda work: work.charter)

    def outside(_: Work) -> object:
        return world.host.charter()

    for command in (nested, outside):
        with pytest.raises(RuntimeError, match="a command must not"):
            world.host.journal.run(command)
    assert Installation.parse("police/node/police-1") in world.host.charter().installations
