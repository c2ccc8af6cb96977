"""Clients that commands open: that of a member, or of the agency whose node is named."""

from __future__ import annotations

from pathlib import Path

from compose.local.layout import NODES, Layout
from federation.client import Client
from federation.errors import NotFound


def of_node(home: Path, name: str, officer: str) -> Client:
    """Return a client of the agency that runs the node `name`; raises `NotFound` naming the nodes there are."""
    agency = next((a for a, n in NODES.items() if n == name), None)
    if agency is None:
        raise NotFound(f"no node {name!r}; there are {', '.join(NODES.values())}")
    return of_member(home, agency, officer)


def of_member(home: Path, member: str, officer: str) -> Client:
    """Return a client of `member`; raises `NotFound`."""
    return Client.open(Layout(home.resolve()).description, member, officer=officer)
