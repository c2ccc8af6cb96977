"""Mandates: whether a window's question needs an approved application, and which node keeps it (R34, R36, R38).

The charter's policy decides (`Charter.needs_mandates`); as founded, it demands them. The gateway finds the node that
keeps the application, and that node compares the question with the one the application leads to; without its
confirmation no answer leaves.
"""

from __future__ import annotations

from federation.charter.model import Charter, Node
from federation.errors import PermissionDenied
from federation.statements.asking import CheckedQuestion
from federation.values.identity import MemberId

NO_MANDATE = "NO_MANDATE"
REMEDY = "hand the application in (`hutong apply submit`); who handles it asks, once it is approved"


def needs_mandate(asked: CheckedQuestion, charter: Charter) -> bool:
    """Say whether this question needs an approved application because it is asked for somebody else."""
    return charter.needs_mandates and asked.query.HasField("on_behalf_of")


def keeper(asked: CheckedQuestion, window: MemberId, charter: Charter) -> Node:
    """Return the node of the window's own agency that keeps the application named by the question's mandate.

    Raises `PermissionDenied` (reason NO_MANDATE) when the question names none.
    """
    number = asked.query.mandate.partition("@")[0]
    for node in charter.nodes:
        if node.agency == window and number.startswith(f"{node.name}-"):
            return node
    raise refusal(f"a window asks for others under an approved application of its own agency only: {REMEDY}")


def refusal(message: str) -> PermissionDenied:
    """Return the error for a question without a valid mandate."""
    return PermissionDenied(message, reason=NO_MANDATE)
