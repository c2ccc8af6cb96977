"""Real servers, the folder that the conformance kit reads, and runs of the kit against them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from compose.conformance.feeding import feed
from compose.conformance.kit import Kit
from compose.conformance.outcomes import TargetRole
from compose.conformance.parties import FILE, read_parties
from compose.conformance.running import CaseResult, Played, run
from compose.conformance.wire import Wire
from federation.charter.model import Gateway, Node
from federation.values.identity import Installation
from tests.support.federation import SmallFederation
from tests.support.seal_servers import SealServers, seal_servers
from tests.support.stage import described

POLICE, JUSTICE = "police/node/police-1", "justice/node/justice-1"
GATEWAY = "interconnect/gateway/gateway-1"
CALL_S, WITHIN_S = 20.0, 240.0
PARTIES = {
    "gateway": GATEWAY,
    "asker": "procuratorate/client/desk",
    "registrar": "police/client/desk",
    "stranger": "court/client/desk",
    "unentitled": JUSTICE,
}


@dataclass(frozen=True)
class Bench:
    """Servers that run, and the folder of the parties that the kit plays."""

    servers: SealServers
    folder: Path

    def endpoint(self, role: str) -> str:
        """Return where the target listens: the police's node, or the gateway."""
        charter, wanted = self.servers.federation.charter(), POLICE if role == "node" else GATEWAY
        places: list[Node | Gateway] = [*charter.nodes, *charter.gateways]
        return next(place.endpoint for place in places if str(place.installation) == wanted)

    def played(
        self,
        role: str,
        *only: str,
        call_s: float = CALL_S,
        within_s: float = WITHIN_S,
        fed: bool = False,
        at: tuple[str, str] | None = None,
    ) -> list[Played]:
        """Run the kit, or some of its cases; `fed` enters its records first.

        `at` names address and installation of another target than ours.
        """
        kind = TargetRole(role)
        parties = read_parties(self.folder, "police")
        ours = (self.endpoint(role), POLICE if kind is TargetRole.NODE else GATEWAY)
        address, installation = at or ours
        target = Installation.parse(installation)
        with Wire(address, target, parties.charter, call_s=call_s) as wire:
            kit = Kit(kind, parties, wire, without_records="")
            if fed:
                feed(kit, call_s=call_s)
                assert kit.without_records == ""
            return run(kit, within_s=within_s, only=only)


@contextmanager
def bench(home: Path) -> Iterator[Bench]:
    """Run four nodes and a gateway, and yield them with the kit's folder."""
    federation = SmallFederation(home)
    with seal_servers(home, federation=federation) as servers:
        described(federation)
        rows = {
            name: {
                "installation": str(party.installation),
                "certificate": str(party.certificate),
                "key": str(party.key),
                "signing_key": str(party.signing_key),
            }
            for name, installation in PARTIES.items()
            for party in [federation.party(installation)]
        }
        (federation.home / FILE).write_text(tomlkit.dumps(rows), "utf-8")
        yield Bench(servers, federation.home)


def results(played: Sequence[Played]) -> dict[str, tuple[CaseResult, str]]:
    """Return what became of each case."""
    return {each.case.name: (each.result, each.says) for each in played}
