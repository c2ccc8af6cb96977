"""Four nodes and one or two gateways in this process that can be stopped, slowed down and asked by name.

Everything is real: servers, certificates, stores. `slow` keeps a server's background thread from its next step, as a
machine would that has no time for it; what a question needs itself is done all the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import gateway.app
import gateway.sealing.workers
import node.app
import node.sealing.spreading
from federation.charter.envelope import ANSWER, verify_payload
from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.charter.model import InstallationState
from federation.client import Client
from federation.errors import NotFound
from federation.evidence.entry import Value, read_body
from federation.statements.methods import ASK
from federation.transport.status import understood
from federation.v1 import query_pb2, query_pb2_grpc, record_pb2, registry_pb2
from federation.values import clock
from federation.values.identity import Installation, Role
from server.journal.log import Log
from server.keyfiles import load_keys
from server.settings import GatewaySettings, NodeSettings
from tests.support import asking
from tests.support.federation import AGENCIES, GATEWAY, SmallFederation
from tests.support.inside import InsideFederation
from tests.support.records import Someone
from tests.support.waiting import wait_for

SECOND = "interconnect/gateway/gateway-2"
SECONDS = 60.0
NODES = [f"{agency}/node/{agency.replace('_', '-')}-1" for agency in AGENCIES]
#: What waits while a notice, a seal, or a recall that it causes, is on its way.
_AT_NODES = (
    "SELECT count(*) FROM sealing_spread",
    "SELECT count(*) FROM sealing_awaited",
    "SELECT count(*) FROM sealing_pending",
    "SELECT count(*) FROM disclosure WHERE state = 1",
)
_AT_GATEWAY = (
    "SELECT count(*) FROM sealing_proposal WHERE acknowledged = 0",
    "SELECT count(*) FROM sealing_word WHERE told = 0",
    "SELECT count(*) FROM delivery WHERE state = 1",
)


class Slowed:
    """Which background threads have no time at present."""

    def __init__(self) -> None:
        #: Names of nodes to which no gateway delivers, and installations of gateways to which no node hands over.
        self.to_nodes: set[str] = set()
        self.to_gateways: set[str] = set()

    def end(self) -> None:
        """Give every thread time again."""
        self.to_nodes.clear()
        self.to_gateways.clear()

    def apply(self, patch: pytest.MonkeyPatch) -> None:
        """Let the threads of gateways and nodes look here before each step."""
        step, hand = gateway.sealing.workers.SealWorker._step, node.sealing.spreading.GatewayLine._hand_page
        patch.setattr(
            gateway.sealing.workers.SealWorker,
            "_step",
            lambda worker: False if worker._name in self.to_nodes else step(worker),
        )
        patch.setattr(
            node.sealing.spreading.GatewayLine,
            "_hand_page",
            lambda line: False if str(line._gateway) in self.to_gateways else hand(line),
        )


class SealServers(InsideFederation):
    """Servers by name, such as "police/node/police-1"."""

    def __init__(
        self, federation: SmallFederation, stack: ExitStack, slowed: Slowed, settings: Mapping[str, object]
    ) -> None:
        super().__init__(federation, stack)
        self._more = settings
        self.slowed = slowed
        self._up: dict[str, ExitStack] = {}
        self._clients: dict[str, Client] = {}
        self._ports: dict[str, int] = {}
        stack.callback(self._stop_all)

    def start(self, name: str) -> None:
        """Start a server on its store, where it listened before, and have the charter say so."""
        stack = self._up[name] = ExitStack()
        settings = self._settings(name, gateway.app.init if "/gateway/" in name else node.app.init)
        settings |= self._more
        settings["listen"] = f"127.0.0.1:{self._ports.get(name, 0)}"
        if "/gateway/" in name:
            # All servers share this process: what is late on a busy machine is no matter of these tests.
            settings |= {"node_deadline_s": 30.0, "page_deadline_s": 30.0}
            port = stack.enter_context(gateway.app.running(GatewaySettings(**settings)))
        else:
            port = stack.enter_context(node.app.running(NodeSettings(**settings)))
        if name not in self._ports:
            self.federation.set_endpoint(name, f"localhost:{port}")
        self._ports[name] = port

    def stop(self, name: str) -> None:
        """Stop a server in order."""
        self._up.pop(name).close()

    def home(self, name: str) -> Path:
        """Return a server's folder."""
        return self.federation.home / "servers" / name.replace("/", "-")

    def copy_store(self, name: str, to: Path) -> None:
        """Copy the store of a server that is stopped."""
        to.mkdir(exist_ok=True)
        for file in self.home(name).glob("store.db*"):
            shutil.copy(file, to / file.name)

    def restore_store(self, name: str, of: Path) -> None:
        """Put an old copy back in the place of a stopped server's store."""
        for file in self.home(name).glob("store.db*"):
            file.unlink()
        for file in of.glob("store.db*"):
            shutil.copy(file, self.home(name) / file.name)

    def set_state(self, name: str, state: InstallationState) -> None:
        """Change an installation's state in the charter, and wait until it is in force everywhere."""
        self.await_charter(self.federation.set_state(name, state))

    def of(self, member: str) -> Client:
        """Return a client of `member`, the same each time."""
        if member not in self._clients:
            self._clients[member] = self.client(member)
        return self._clients[member]

    def enter(self, agency: str, made: record_pb2.Record) -> registry_pb2.Receipt:
        """Enter a record at the agency's node."""
        return self.of(agency).register.enter(_node(agency), made)

    def hidden(self, agency: str, record_id: str) -> bool:
        """Say whether the agency itself finds the record no more."""
        try:
            self.of(agency).register.show(_node(agency), record_id)
        except NotFound:
            return True
        return False

    def ask(self, subject: query_pb2.Subject, *, at: str = GATEWAY) -> query_pb2.Answer:
        """Return what a court is told by one gateway."""
        client = self.of("court")
        envelope = client.connection.statement(
            asking.case(subject).SerializeToString(deterministic=True), method=ASK, destination=ANY_GATEWAY
        )
        [replica] = [g for g in client.charter.gateways if str(g.installation) == at]
        stub = query_pb2_grpc.QueryServiceStub(client.connection.channel_to(replica))
        with understood():
            response = stub.Ask(query_pb2.AskRequest(envelope=envelope), timeout=SECONDS)
        verified = verify_payload(
            response.answer, ANSWER, client.charter, role=Role.INTERCONNECTS, now=clock.now()
        )
        return query_pb2.Answer.FromString(verified.payload)

    def waiting(self, node_name: str, *, at: str = GATEWAY) -> int:
        """Return how many proposals wait for a node at a gateway."""
        query = "SELECT count(*) FROM sealing_proposal WHERE node = :node AND acknowledged = 0"
        return int(self.read(at, query, node=node_name))

    def marks(self, *, at: str = GATEWAY) -> int:
        """Return how many marks a gateway keeps."""
        return int(self.read(at, "SELECT count(*) FROM sealing_mark"))

    def read(self, server: str, query: str, **values: object) -> int:
        """Return the one number that a query of a server's store gives."""
        path = self.home(server) / "store.db"
        engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
        try:
            with engine.connect() as connection:
                return int(connection.execute(text(query), values).scalar_one())
        finally:
            engine.dispose()

    def entries(self, server: str) -> list[dict[str, Value]]:
        """Return a server's log in clear, read from its store."""
        home = self.home(server)
        log = Log(body_key=load_keys(home / "keys", ["journal"])["journal"])
        engine = create_engine(f"sqlite:///file:{home / 'store.db'}?mode=ro&uri=true")
        try:
            with engine.connect() as connection:
                return [read_body(entry.body) for entry in log.read(connection, 0, 1_000_000)]
        finally:
            engine.dispose()

    def _running(self) -> list[Installation]:
        return [Installation.parse(name) for name in self._up]

    def _stop_all(self) -> None:
        for name in [*self._up]:
            self.stop(name)


def at_rest(servers: SealServers) -> None:
    """Wait until no notice, no seal and no recall is on its way."""
    queries = [(node, query) for node in NODES for query in _AT_NODES] + [(GATEWAY, q) for q in _AT_GATEWAY]
    wait_for(
        lambda: [(server, query) for server, query in queries if servers.read(server, query)],
        lambda waiting: not waiting,
        what="the end of what is on its way",
    )


def finding(answer: query_pb2.Answer) -> tuple[str, str]:
    """Return finding and completeness in short."""
    return (
        query_pb2.Finding.Name(answer.finding).removeprefix("FINDING_"),
        query_pb2.Completeness.Name(answer.completeness).removeprefix("COMPLETENESS_"),
    )


def by_name(someone: Someone) -> query_pb2.Subject:
    """Return a person as one asks about who knows no number."""
    return query_pb2.Subject(name=someone.name, birth_date=someone.born.isoformat())


@contextmanager
def seal_servers(
    home: Path,
    *,
    gateways: tuple[str, ...] = (GATEWAY,),
    federation: SmallFederation | None = None,
    **settings: object,
) -> Iterator[SealServers]:
    """Yield a federation, a usual one if none is given, whose servers all run with these settings."""
    slowed = Slowed()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        slowed.apply(patch)
        servers = SealServers(federation or SmallFederation(home, gateways=gateways), stack, slowed, settings)
        for agency in AGENCIES:
            servers.start(f"{agency}/node/{_node(agency)}")
        for name in gateways:
            servers.start(name)
        for name in gateways:
            await_complete_answer(servers, at=name)
        yield servers


def await_complete_answer(servers: SealServers, *, at: str = GATEWAY) -> None:
    """Wait until a gateway answers completely about somebody unknown."""
    wait_for(
        lambda: finding(servers.ask(Someone().subject(), at=at)),
        lambda found: found == ("NO_RECORD", "COMPLETE"),
        what=f"a complete answer of {at}",
        passing=Exception,  # the charter may not say yet where it listens
    )


def _node(agency: str) -> str:
    return f"{agency.replace('_', '-')}-1"
