"""What the ideas of a gateway are built on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import grpc

from federation.charter.envelope import GATEWAY
from federation.charter.model import Charter, Node
from federation.law.disclosure import Disclosure
from federation.transport.tls import Caller
from gateway.strongbox import Strongbox
from server.hosting import Host
from server.line import Connect
from server.opening import RequestOpener
from server.settings import GatewaySettings

#: `journal` encrypts the bodies of the log, `held` the answers kept for auditors, `relay` the notices,
#: disclosures, recalls and correction requests.
KEYS = ("journal", "held", "relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayHost(Host):
    """The common parts of a server, and those of a gateway."""

    settings: GatewaySettings
    opening: RequestOpener
    disclosure: Disclosure
    #: Encrypts answers kept for auditors, and seals on their way.
    held_key: bytes
    #: Encrypts what is relayed and followed.
    box: Strongbox
    #: Opens a channel to a node.
    connect: Connect

    @classmethod
    def of(cls, host: Host, settings: GatewaySettings, keys: Mapping[str, bytes]) -> Self:
        """Return the host of a gateway with these `KEYS`; raises `PolicyRefused`."""
        caller = Caller(settings.certificate, settings.key)

        def connect(node: Node, charter: Charter) -> grpc.Channel:
            return caller.channel(node.endpoint, server=node.installation, charter=charter)

        return cls.over(
            host,
            settings,
            keys,
            disclosure=Disclosure(extra_forbid_dir=settings.policy_folder),
            connect=connect,
        )

    @classmethod
    def over(
        cls,
        host: Host,
        settings: GatewaySettings,
        keys: Mapping[str, bytes],
        *,
        disclosure: Disclosure,
        connect: Connect,
    ) -> Self:
        """Return the host of a gateway that decides by `disclosure` and reaches nodes by `connect`."""
        return cls(
            settings=settings,
            installation=host.installation,
            trust=host.trust,
            signer=host.signer,
            journal=host.journal,
            charter=host.charter,
            head_file=host.head_file,
            lost=host.lost,
            now=host.now,
            opening=RequestOpener(charter=host.charter, destination=GATEWAY, now=host.now),
            disclosure=disclosure,
            held_key=keys["held"],
            box=Strongbox(key=keys["relay"]),
            connect=connect,
        )
