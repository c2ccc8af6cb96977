"""A federation inside the test's own process: real servers, certificates and stores, settings at will."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import gateway.app
import node.app
from federation.charter.model import Charter, Gateway, InstallationState, Node
from federation.client import Client, Connection, Credentials
from federation.transport.tls import channel
from federation.values.identity import Installation, MemberId
from server.settings import GatewaySettings, NodeSettings
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.local import OFFICER, in_force
from tests.support.waiting import wait_for

CHARTER_EVERY_S = 0.05


class InsideFederation:
    """A small federation whose nodes and gateway run here, by its clock."""

    def __init__(self, federation: SmallFederation, stack: ExitStack) -> None:
        self.federation, self._stack = federation, stack
        self._started: list[Installation] = []
        self._opened: list[Client] = []

    def node_settings(self, agency: str, **values: Any) -> NodeSettings:
        """Return the settings of an agency's node, its folder and keys made."""
        name = f"{agency}/node/{self.federation.node_names[MemberId(agency)]}"
        return NodeSettings(**self._settings(name, node.app.init), **values)

    def start_node(self, agency: str, **values: Any) -> None:
        """Run an agency's node until the federation ends."""
        settings = self.node_settings(agency, **values)
        port = self._stack.enter_context(node.app.running(settings, now=self.federation.clock))
        self.federation.set_endpoint(settings.installation, f"localhost:{port}")
        self._started.append(Installation.parse(str(settings.installation)))

    def gateway_settings(self, **values: Any) -> GatewaySettings:
        """Return the settings of the gateway, its folder and keys made."""
        return GatewaySettings(**self._settings(GATEWAY, gateway.app.init), **values)

    def start_gateway(self, **values: Any) -> None:
        """Run the gateway until the federation ends; the nodes come first."""
        settings = self.gateway_settings(**values)
        port = self._stack.enter_context(gateway.app.running(settings, now=self.federation.clock))
        self.federation.set_endpoint(GATEWAY, f"localhost:{port}")
        self._started.append(Installation.parse(GATEWAY))

    def start_all(self) -> None:
        """Run every node and then the gateway."""
        for agency in self.federation.agencies:
            self.start_node(agency)
        self.start_gateway()

    def client(self, member: str, officer: str = OFFICER) -> Client:
        """Return a client of `member`, once the servers have taken up the charter that names them all."""
        party = self.federation.party(f"{member}/client/desk")
        credentials = Credentials(party.installation, party.certificate, party.key, party.signing_key)
        trust = self.federation.trust(f"{member}-client")
        client = self._stack.enter_context(
            Client(Connection(trust=trust, credentials=credentials, officer=officer))
        )
        self._opened.append(client)
        self.await_charter(client.charter)
        return client

    def amend_policy(self, edit: Callable[[bytes], bytes]) -> Charter:
        """Change what all agencies agree on, and wait until it is in force everywhere."""
        return self.await_charter(self.federation.amend_policy(edit))

    def await_charter(self, charter: Charter) -> Charter:
        """Wait until this charter, or a later one, is in force at every server that runs and every client.

        A server that the charter suspends can be asked by nobody, and is not waited for.
        """
        wait_for(
            lambda: [
                *(str(server) for server in self._running() if not self._taken_up(server, charter)),
                *(
                    str(c.connection.installation)
                    for c in self._opened
                    if c.charter.version < charter.version
                ),
            ],
            lambda behind: not behind,
            what=f"charter {charter.version} at every server and client",
        )
        return charter

    def _running(self) -> list[Installation]:
        return self._started

    def _taken_up(self, server: Installation, charter: Charter) -> bool:
        """Say whether a server answers under this charter, if it lets it answer."""
        if charter.installations[server].state is InstallationState.SUSPENDED:
            return True
        places: list[Node | Gateway] = [*charter.nodes, *charter.gateways]
        [place] = [place for place in places if place.installation == server]
        party = next(
            party
            for name, party in self.federation.parties.items()
            if "/client/" in name
            and charter.installations[party.installation].state is InstallationState.ACTIVE
        )
        with channel(
            place.endpoint, server=server, charter=charter, certificate=party.certificate, key=party.key
        ) as line:
            return in_force(line, charter.version)

    def _settings(self, name: str, init: Callable[[Path], None]) -> dict[str, Any]:
        party, home = self.federation.party(name), self.federation.home / "servers" / name.replace("/", "-")
        init(home)
        return {
            "home": home,
            "charter": self.federation.published,
            "charter_root": self.federation.root,
            "charter_every_s": CHARTER_EVERY_S,
            "installation": str(Installation.parse(name)),
            "certificate": party.certificate,
            "key": party.key,
            "signing_key": party.signing_key,
            "unsafe_allow_synthetic": True,
        }


@contextmanager
def inside_federation(federation: SmallFederation) -> Iterator[InsideFederation]:
    """Yield a federation with no server running yet; whatever is started stops when the context ends."""
    with ExitStack() as stack:
        yield InsideFederation(federation, stack)
