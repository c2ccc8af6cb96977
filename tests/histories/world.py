"""Four nodes and a gateway in one process: real stores, services and logs; the wire is `tests.histories.wire`.

What the servers do in threads of their own (spreading seals, delivering proposals, judging old records anew) is
done here when `settle` is called, so that a history is the same every time it is played.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import grpc
from google.protobuf.message import Message

import gateway.app
import node.app
from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.charter.envelope import make_statement
from federation.charter.model import Charter, Node
from federation.errors import Unavailable
from federation.law.disclosure import Disclosure
from federation.statements.methods import (
    AMEND,
    ASK,
    ENTER,
    HISTORY,
    OVERSEE,
    SEAL,
    SEALING_SHOW,
    SHOW,
    UNSEAL,
    WITHDRAW,
)
from federation.statements.undertaking import METHOD as UNDERTAKE
from federation.statements.undertaking import undertaken
from federation.v1 import (
    query_pb2,
    query_pb2_grpc,
    record_pb2,
    registry_pb2,
    registry_pb2_grpc,
    sealing_pb2,
    sealing_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation
from tests.histories.gateway import HistoryGateway
from tests.histories.node import HistoryNode
from tests.histories.wire import Channel, Server
from tests.support.federation import AGENCIES, GATEWAY, SmallFederation
from tests.support.local import OFFICER
from tests.support.records import open_record

#: Before the day on which `practice-2022` comes into force.
BEGINNING = datetime(2021, 12, 1, 4, tzinfo=UTC)
_ROUNDS = 20
_GATEWAY = Installation.parse(GATEWAY)


class Template:
    """A founded federation with empty stores, made once; each history works on a copy."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.federation = SmallFederation(home / "federation")
        self.trust = self.federation.trust("histories")
        self.charter = self.trust.refresh()
        self.disclosure = Disclosure()
        for agency in AGENCIES:
            node.app.init(self.node_home(home, agency))
        gateway.app.init(home / "gateway")
        with ExitStack() as stack:
            world = World(self, home, stack)  # the migrations run here, and in no history
            for (
                agency
            ) in AGENCIES:  # no store is empty: an answer of its first version is shorter than others
                world.enter(agency, open_record(agency)[1])

    @staticmethod
    def node_home(home: Path, agency: str) -> Path:
        """Return the folder of an agency's node."""
        return home / "nodes" / agency

    def copy(self, into: Path, stack: ExitStack) -> World:
        """Return a world of its own at `into`."""
        for folder in ("nodes", "gateway"):
            shutil.copytree(self.home / folder, into / folder)
        stack.callback(shutil.rmtree, into)
        return World(self, into, stack)


class World:
    """The federation of one history."""

    def __init__(self, template: Template, home: Path, stack: ExitStack) -> None:
        self.template, self.home, self._stack = template, home, stack
        self.moment = BEGINNING
        self.cut_off: set[str] = set()
        self.nodes: dict[str, HistoryNode] = {}
        for agency in AGENCIES:
            self._start(agency)
        stack.callback(self._stop)
        self._gateway = HistoryGateway(self, stack)

    def now(self) -> datetime:
        """Return the moment of this history."""
        return self.moment

    def charter(self) -> Charter:
        """Return the charter, which lives as long as the history needs."""
        return self.template.charter

    def wind(self, days: int) -> None:
        """Let days pass; a charter or profile that begins meanwhile is in force then."""
        self.moment += timedelta(days=days)

    def node(self, agency: str) -> Installation:
        """Return which installation keeps the register of `agency`."""
        return self.nodes[agency].installation

    def cut(self, agency: str) -> None:
        """Cut the line between a node and the gateway; its own windows still work at it."""
        self.cut_off.add(agency)

    def mend(self, agency: str) -> None:
        """Mend the line."""
        self.cut_off.discard(agency)

    def restart(self, agency: str) -> None:
        """Stop a node and start it again on the same store."""
        self.nodes[agency].close()
        self._start(agency)

    def files(self, agency: str) -> bytes:
        """Return everything that the node has on its disk."""
        home = self.nodes[agency].home
        return b"".join(path.read_bytes() for path in sorted(home.glob("store.db*")))

    def settle(self) -> None:
        """Do what the servers' threads do, until nothing that can be delivered waits."""
        for _ in range(_ROUNDS):
            moved = False
            for agency, one in self.nodes.items():
                while one.resealing.run_due() or self._approve(agency):
                    moved = True
                if agency in self.cut_off:
                    continue
                moved |= one.welcome.greet(self.template.charter)
                while one.outbox.make() or one.to_gateway._hand_page():
                    moved = True
            for listed in self.template.charter.nodes:
                if str(listed.agency) not in self.cut_off:
                    self._deliver(listed)
            if not moved:
                return
        raise AssertionError("the nodes propose to each other for ever")

    def _approve(self, agency: str) -> bool:
        """Approve what the dry run of the day found, as two officers do, if it waits for that."""
        shown = self._oversee(agency, OFFICER, sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_SHOW))
        run = shown.runs[0]
        if run.state != sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL:
            return False
        asked = sealing_pb2.RunOversight(
            step=sealing_pb2.RUN_STEP_APPROVE, found=run.found, reason="核对无误"
        )
        for officer in (OFFICER, "李警官"):
            self._oversee(agency, officer, asked)
        return True

    def _oversee(
        self, agency: str, officer: str, asked: sealing_pb2.RunOversight
    ) -> sealing_pb2.OverseeResponse:
        installation = str(self.nodes[agency].installation)
        body = asked.SerializeToString(deterministic=True)
        envelope = self._signed(agency, OVERSEE, installation, body, officer=officer)
        return self._orders(agency).Oversee(sealing_pb2.OverseeRequest(envelope=envelope))

    def _deliver(self, listed: Node) -> None:
        """Do what the gateway's worker of a node does."""
        if not self._gateway.sealing.syncing.ready(listed):
            self._gateway.sealing.syncing.sync(listed)
        while self._gateway.sealing.delivering.deliver(listed) or self._gateway.sealing.delivering.tell(
            listed
        ):
            pass

    def ask(self, query: query_pb2.Query, member: str) -> tuple[query_pb2.Answer, Envelope]:
        """Put a question as a window of `member` and return the answer."""
        query = undertaken(query, lambda body: self._signed(member, UNDERTAKE, ANY_GATEWAY, body))
        request = query_pb2.AskRequest(envelope=self._said(member, ASK, ANY_GATEWAY, query))
        stub = query_pb2_grpc.QueryServiceStub(self._line(lambda: self._gateway.server, _window(member)))
        envelope = stub.Ask(request).answer
        return query_pb2.Answer.FromString(envelope.payload), envelope

    def enter(self, agency: str, record: record_pb2.Record) -> registry_pb2.Receipt:
        """Enter a record at the agency's node; raises what it is refused with."""
        request = registry_pb2.EnterRequest(
            envelope=self._act(agency, ENTER, registry_pb2.EntryPage(records=[record]))
        )
        return self._registry(agency).Enter(request).receipt

    def amend(self, agency: str, amendment: registry_pb2.Amendment) -> registry_pb2.Receipt:
        """Correct a record."""
        request = registry_pb2.AmendRequest(envelope=self._act(agency, AMEND, amendment))
        return self._registry(agency).Amend(request).receipt

    def withdraw(self, agency: str, withdrawal: registry_pb2.Withdrawal) -> registry_pb2.Receipt:
        """Withdraw a record."""
        request = registry_pb2.WithdrawRequest(envelope=self._act(agency, WITHDRAW, withdrawal))
        return self._registry(agency).Withdraw(request).receipt

    def show(self, agency: str, record_id: str) -> record_pb2.Facet:
        """Show a record to its own agency; raises `NotFound`."""
        reference = registry_pb2.RecordReference(record_id=record_id)
        request = registry_pb2.ShowRequest(envelope=self._act(agency, SHOW, reference))
        return self._registry(agency).Show(request).facet

    def history(self, agency: str, record_id: str) -> list[registry_pb2.RecordEvent]:
        """Show a record's versions to its own agency; raises `NotFound`."""
        reference = registry_pb2.RecordReference(record_id=record_id)
        request = registry_pb2.HistoryRequest(envelope=self._act(agency, HISTORY, reference))
        return list(self._registry(agency).History(request).events)

    def seal(self, agency: str, order: sealing_pb2.Sealing) -> registry_pb2.Receipt:
        """Seal by order."""
        request = sealing_pb2.SealRequest(envelope=self._act(agency, SEAL, order))
        return self._orders(agency).Seal(request).receipt

    def unseal(self, agency: str, order: sealing_pb2.Unsealing) -> registry_pb2.Receipt:
        """Unseal by order."""
        request = sealing_pb2.UnsealRequest(envelope=self._act(agency, UNSEAL, order))
        return self._orders(agency).Unseal(request).receipt

    def tasks(self, agency: str) -> list[sealing_pb2.SealingTask]:
        """Return the work list of an agency."""
        wanted = sealing_pb2.SealingList(status=record_pb2.SEALING_STATUS_WITHHELD)
        request = sealing_pb2.SealingServiceShowRequest(envelope=self._act(agency, SEALING_SHOW, wanted))
        return list(self._orders(agency).Show(request).tasks)

    def to_gateway(self, caller: Installation) -> Callable[..., grpc.Channel]:
        """Return how a node reaches the gateway."""
        return lambda *_: self._line(lambda: self._unless_cut(caller.member, self._gateway.server), caller)

    def to_node(self, listed: Node, _charter: Charter) -> grpc.Channel:
        """Return how the gateway reaches a node."""
        agency = str(listed.agency)
        return self._line(lambda: self._unless_cut(agency, self.nodes[agency].server), _GATEWAY)

    def _start(self, agency: str) -> None:
        self.nodes[agency] = HistoryNode(self, self.template.node_home(self.home, agency), agency)

    def _stop(self) -> None:
        for one in self.nodes.values():
            one.close()

    def _unless_cut(self, agency: str, server: Server) -> Server:
        if agency in self.cut_off:
            raise Unavailable("the line is cut")
        return server

    def _line(self, find: Callable[[], Server], caller: Installation) -> grpc.Channel:
        return cast("grpc.Channel", Channel(find, caller))

    def _to_node(self, agency: str) -> grpc.Channel:
        return self._line(lambda: self.nodes[agency].server, _window(agency))

    def _registry(self, agency: str) -> registry_pb2_grpc.RegistryServiceStub:
        return registry_pb2_grpc.RegistryServiceStub(self._to_node(agency))

    def _orders(self, agency: str) -> sealing_pb2_grpc.SealingServiceStub:
        return sealing_pb2_grpc.SealingServiceStub(self._to_node(agency))

    def _act(self, agency: str, method: str, body: Message) -> Envelope:
        return self._said(agency, method, str(self.nodes[agency].installation), body)

    def _said(self, member: str, method: str, destination: str, body: Message) -> Envelope:
        return self._signed(member, method, destination, body.SerializeToString(deterministic=True))

    def _signed(
        self, member: str, method: str, destination: str, body: bytes, *, officer: str = OFFICER
    ) -> Envelope:
        return make_statement(
            signer=self.template.federation.party(str(_window(member))).signer,
            federation=self.template.charter.federation,
            method=method,
            destination=destination,
            officer=officer,
            body=body,
            charter_version=self.template.charter.version,
            now=self.moment,
        )


def _window(member: str) -> Installation:
    return Installation.parse(f"{member}/client/desk")
