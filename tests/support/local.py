"""A local federation of separate processes, founded for a test run, and clients of its members."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
import psutil
import pytest

from compose.local import local, processes
from compose.local.layout import GATEWAY, NODES, Layout, node_installation
from federation.charter.model import Charter
from federation.client import Client
from federation.evidence.entry import Value, events_of, read_body
from federation.v1 import charter_pb2, charter_pb2_grpc, record_pb2, registry_pb2
from federation.values.identity import Installation
from tests.support.waiting import PATIENCE_S

OFFICER = "王警官"


class LocalFederation:
    """The servers at one home folder, each a process that can be stopped, killed or held."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.layout, self._stack = Layout(home), stack
        self._clients: dict[tuple[str, str], Client] = {}

    def client(self, member: str, officer: str = OFFICER) -> Client:
        """Return a client of `member`, open until the federation goes down."""
        if (member, officer) not in self._clients:
            self._clients[member, officer] = self._stack.enter_context(self.fresh_client(member, officer))
        return self._clients[member, officer]

    def fresh_client(self, member: str, officer: str = OFFICER) -> Client:
        """Return a client that nobody else uses; the caller opens and closes it."""
        return Client.open(self.layout.description, member, officer=officer)

    def charter(self) -> Charter:
        """Return the charter in force."""
        return self.client("police").charter

    def serves_everywhere(self, version: int) -> bool:
        """Say whether this charter is in force at every node, at the gateway, and at each agency's client."""
        clients = [self.client(agency) for agency in NODES]
        if any(client.charter.version < version for client in clients):
            return False
        servers = [*map(node_installation, NODES), GATEWAY]
        return all(in_force(clients[0].connection.to_server(server), version) for server in servers)

    def enter(self, agency: str, made: record_pb2.Record) -> registry_pb2.Receipt:
        """Enter a record at the agency's node."""
        return self.client(agency).register.enter(NODES[agency], made)

    def amend(
        self, agency: str, record_id: str, version: int, made: record_pb2.Record
    ) -> registry_pb2.Receipt:
        """Correct a record at the agency's node."""
        amendment = registry_pb2.Amendment(
            record_id=record_id, expected_version=version, record=made, reason="更正"
        )
        return self.client(agency).register.amend(NODES[agency], amendment)

    def entries(self, server: Installation) -> list[dict[str, Value]]:
        """Return the events of a server's log in clear, as its own member reads them."""
        entries = self.client(server.member).evidence.entries(server)
        return [event for entry in entries for event in events_of(read_body(entry.body))]

    def gateway_entries(self) -> list[dict[str, Value]]:
        """Return the gateway's log."""
        return self.entries(GATEWAY)

    def node_entries(self, agency: str) -> list[dict[str, Value]]:
        """Return the log of an agency's node."""
        return self.entries(node_installation(agency))

    def pid(self, server: Installation) -> int:
        """Return the process of a server that is up."""
        up = processes.running(self.layout, server)
        assert up is not None, f"{server} is not running"
        return up.pid

    def signal(self, server: Installation, sign: signal.Signals) -> None:
        """Send a signal to a server's process; after SIGKILL, wait until it is gone."""
        process = psutil.Process(self.pid(server))
        process.send_signal(sign)
        if sign is signal.SIGKILL:
            process.wait(PATIENCE_S)

    def down(self, *servers: Installation) -> None:
        """Stop servers in order."""
        local.down(self.layout.home, tuple(s.name for s in servers))

    def up(self, *servers: Installation) -> None:
        """Start servers again."""
        local.up(self.layout.home, tuple(s.name for s in servers))


def in_force(line: grpc.Channel, version: int) -> bool:
    """Say whether the server at the end of a line answers, and has this charter or a later one in force."""
    stub = charter_pb2_grpc.CharterServiceStub(line)
    try:
        answered = stub.GetCharter(charter_pb2.GetCharterRequest(), timeout=PATIENCE_S)
    except grpc.RpcError:
        return False
    return bool(answered.version >= version)


@contextmanager
def local_federation(home: Path, environment: Mapping[str, str] | None = None) -> Iterator[LocalFederation]:
    """Found a federation at `home` and run it until the context ends."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        for name in [name for name in os.environ if name.startswith("HUTONG_")]:
            patch.delenv(name)
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        stack.callback(local.down, home)
        local.up(home)
        yield LocalFederation(home, stack)
