"""What a sender is shown of its notices, and an identity number with a wrong digit."""

from __future__ import annotations

from compose.local.layout import NODES
from federation.notices.receipts import Tracked
from federation.v1 import record_pb2
from federation.values.identifiers import check_character
from tests.support.local import LocalFederation

Fed = LocalFederation
REGISTERED = {"gateway-1": "accepted", "police-1": "registered", "justice-1": "registered"}


def shown(fed: Fed, agency: str, entered: Tracked) -> record_pb2.Record:
    """Return the record that a node entered from a judgment, as the node shows it now."""
    name = NODES[agency]
    return fed.client(agency).register.show(name, tracked_id(entered, name)).record


def tracked_id(tracked: Tracked, node: str) -> str:
    """Return the record that a node entered from a judgment."""
    return next(r.record_id for who, r in tracked.stages if who.endswith(node))


def wrong_digit(number: str) -> str:
    """Return a valid number that differs in one digit and that nobody in a test run has."""
    body = number[:2] + "9" + number[3:17]
    return body + check_character(body)
