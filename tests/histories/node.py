"""One agency's node in a history: its parts on a store of its own, without threads and without a port."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import node.app
from federation.transport import access
from federation.values.identity import Installation
from node.host import NodeHost
from node.sealing.part import SealingPart
from node.sealing.spreading import GatewayLine
from node.sealing.welcoming import Welcome
from node.store.counted import COLUMNS
from node.store.keys import NodeKeys
from server.hosting import Host
from server.journal.journal import open_journal
from server.journal.tally import BUCKETS
from server.settings import NodeSettings
from server.stores.head_file import HeadFile
from tests.histories.wire import Server
from tests.support.federation import GATEWAY

#: Before the day on which `practice-2022` comes into force.

if TYPE_CHECKING:
    from tests.histories.world import World

_GATEWAY = Installation.parse(GATEWAY)


class HistoryNode:
    """One agency's node as it runs now."""

    def __init__(self, world: World, home: Path, agency: str) -> None:
        self._stack = ExitStack()
        template = world.template
        party = template.federation.party(f"{agency}/node/{agency.replace('_', '-')}-1")
        self.installation = party.installation
        self.home = home
        keys = NodeKeys.load(self.home / "keys")
        settings = NodeSettings(
            home=self.home,
            charter=template.federation.published,
            installation=str(party.installation),
            certificate=party.certificate,
            key=party.key,
            signing_key=party.signing_key,
            unsafe_allow_synthetic=True,
        )
        journal = self._stack.enter_context(
            open_journal(
                self.home / "store.db",
                body_key=keys.journal,
                charter=template.charter,
                signer=party.signer,
                now=world.now,
                schemas=node.app.SCHEMAS,
                tally_key=keys.tally,
            )
        )
        host = Host(
            settings=settings,
            installation=party.installation,
            trust=template.trust,
            signer=party.signer,
            journal=journal,
            charter=world.charter,
            head_file=HeadFile(self.home / "head.json"),
            lost=None,
            now=world.now,
        )
        at = NodeHost.over(
            host, keys, disclosure=template.disclosure, connect=world.to_gateway(party.installation)
        )
        self.guarded = at.guarded
        self.guarded.begin()
        parts = node.app.parts(at)
        [sealing] = [each for each in parts if isinstance(each, SealingPart)]
        self.outbox, self.resealing = sealing.outbox, sealing.resealing
        self.welcome = Welcome(journal)
        self.to_gateway = GatewayLine(outbox=self.outbox, gateway=_GATEWAY, sender=at.sender)
        services = [service for each in parts for service in each.services]
        self.server = Server(services, access.NODE, party.installation)

    def close(self) -> None:
        """Stop it; its store stays, every row of it counted."""
        for table in COLUMNS:
            self.guarded.safeguard.compare(table, 0, BUCKETS - 1)
        assert not self.guarded.safeguard.findings
        self.server.up = False
        self._stack.close()
