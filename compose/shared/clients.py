"""Open clients for commands: of a member, or of the member that runs a server according to the charter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from federation.charter.model import Charter, Gateway, Node
from federation.client import Client
from federation.client.connection import node_named
from federation.client.description import read_description
from federation.errors import CharterUnusable, NotFound
from federation.values.identity import Installation, OrganClass

_CLASSES = list(OrganClass)


def of_member(home: Path, member: str, officer: str) -> Client:
    """Return a client of `member`; raises `NotFound`."""
    return Client.open(_description(home), member, officer=officer)


def of_node(home: Path, name: str, officer: str) -> Client:
    """Return a client of the agency that runs the node `name`; raises `NotFound` naming the existing nodes."""
    return Client.at(_description(home), lambda charter: node_named(charter, name), officer=officer)


def of_gateway(home: Path, officer: str) -> Client:
    """Return a client of the member that runs the first gateway; raises `CharterUnusable` if there is none."""
    return Client.at(_description(home), first_gateway, officer=officer)


def of_server(home: Path, name: str, officer: str) -> tuple[Client, Installation]:
    """Return a client of the member that runs the node or gateway `name`, and which it is; raises `NotFound`."""
    found: list[Installation] = []

    def named(charter: Charter) -> Node | Gateway:
        servers: list[Node | Gateway] = [*nodes_in_order(charter), *charter.gateways]
        for server in servers:
            if server.name == name:
                found.append(server.installation)
                return server
        raise NotFound(f"no server {name}; there are {', '.join(str(s.name) for s in servers)}")

    return Client.at(_description(home), named, officer=officer), found[0]


def of_own_members(home: Path, officer: str) -> tuple[Client, frozenset[str]]:
    """Return a client of the first member that `home` has keys of, and all those members.

    A window of a real federation has those of its own agency alone; raises `NotFound` for a folder without any.
    """
    members = read_description(_description(home)).members
    if not members:
        raise NotFound(f"{home} names no member: set it up with `hutong window init`")
    return of_member(home, next(iter(members)), officer), frozenset(members)


def first_gateway(charter: Charter) -> Gateway:
    """Return the gateway that the charter names first; raises `CharterUnusable` if it names none."""
    if not charter.gateways:
        raise CharterUnusable(
            "the charter names no gateway: have its members enter one", reason="CHARTER_WITHOUT_GATEWAY"
        )
    return charter.gateways[0]


def nodes_in_order(charter: Charter) -> Sequence[Node]:
    """Return the nodes as reports list them: by the class of their agency, then as the charter does."""
    return sorted(charter.nodes, key=lambda node: _CLASSES.index(charter.members[node.agency].organ_class))


def _description(home: Path) -> Path:
    return home.resolve() / "federation.json"
