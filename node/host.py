"""What the ideas of a node are built on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import grpc

from federation.charter.model import Charter, Gateway, Node
from federation.errors import CharterUnusable
from federation.evidence.commitment import Commitments
from federation.law.disclosure import Disclosure
from federation.transport.tls import Caller
from node.officers.roll import Roll
from node.officers.store import OFFICERS, OfficerStore
from node.store.guarding import Guarded, guarding
from node.store.keys import NodeKeys
from node.store.reading import Reader
from node.store.rows import Sealer
from server.handing import Sender
from server.hosting import Host
from server.opening import RequestOpener


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHost(Host):
    """The common parts of a server, and those of a node."""

    opening: RequestOpener
    #: The officers who act for the agency.
    roll: Roll
    officers: OfficerStore
    disclosure: Disclosure
    keys: NodeKeys
    sealer: Sealer
    #: Commitments to the state of the log, for members.
    commitments: Commitments
    #: The register as this node wrote it: its readers, the safeguard behind them, and the recounts.
    guarded: Guarded
    #: What this node sends to gateways on its own initiative.
    sender: Sender

    @classmethod
    def of(cls, host: Host, keys: NodeKeys) -> Self:
        """Return the host of a node with these keys; raises `PolicyRefused`."""
        caller = Caller(host.settings.certificate, host.settings.key)

        def connect(gateway: Gateway, charter: Charter) -> grpc.Channel:
            return caller.channel(gateway.endpoint, server=gateway.installation, charter=charter)

        return cls.over(
            host,
            keys,
            disclosure=Disclosure(extra_forbid_dir=host.settings.policy_folder),
            connect=connect,
        )

    @classmethod
    def over(
        cls,
        host: Host,
        keys: NodeKeys,
        *,
        disclosure: Disclosure,
        connect: Callable[[Gateway, Charter], grpc.Channel],
    ) -> Self:
        """Return the host of a node that decides by `disclosure` and reaches gateways by `connect`."""
        sealer = Sealer(keys=keys)
        officers = OfficerStore(key=keys.wrap, lookup_key=keys.lookup)
        guarded = guarding(host, sealer)
        roll = Roll(
            journal=host.journal,
            store=officers,
            own=host.installation.member,
            now=host.now,
            differs=lambda: guarded.safeguard.differs(OFFICERS),
        )
        return cls(
            settings=host.settings,
            installation=host.installation,
            trust=host.trust,
            signer=host.signer,
            journal=host.journal,
            charter=host.charter,
            head_file=host.head_file,
            lost=host.lost,
            now=host.now,
            opening=RequestOpener(
                charter=host.charter,
                destination=str(host.installation),
                now=host.now,
                insist_officer=roll.insist,
            ),
            roll=roll,
            officers=officers,
            disclosure=disclosure,
            keys=keys,
            sealer=sealer,
            commitments=Commitments(key=keys.commitment),
            guarded=guarded,
            sender=Sender(signer=host.signer, charter=host.charter, connect=connect, now=host.now),
        )

    @property
    def node(self) -> Node:
        """This node in the charter in force; raises `CharterUnusable`."""
        return self.node_in(self.charter())

    def node_in(self, charter: Charter) -> Node:
        """Return this node as `charter` describes it; raises `CharterUnusable`."""
        for node in charter.nodes:
            if node.installation == self.installation:
                return node
        raise CharterUnusable(
            f"the charter names no node run by {self.installation}: have its agency enter it",
            reason="NODE_NOT_IN_CHARTER",
        )

    @property
    def open_reader(self) -> Reader:
        """The reader of open records."""
        return self.guarded.readers.open

    @property
    def sealed_reader(self) -> Reader:
        """The reader of sealed and withheld records."""
        return self.guarded.readers.sealed
