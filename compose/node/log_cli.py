"""`hutong node log`: whether a node's log goes on from what gateways have seen, and its agency's acceptance if not."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from compose.shared.at import At, at
from compose.shared.moments import beijing
from compose.shared.printing import Table, listing
from federation.v1 import heads_pb2
from federation.values.heads import Head

_NODE = "Node of the own agency, e.g. police-1."
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%fZ"]
_STEPS = """It answers no question until its agency accepts the loss:
  1. If the newest database still exists, stop the node and put it back: nothing is lost then.
  2. Else have every agency propose its seals again: hutong node reseal --propose-again
  3. Enter again what came after the copy.
  4. Accept: hutong node log accept --node {node} --reason WHY --entered-again WHAT"""


@click.group()
def log() -> None:
    """The node's log: whether it lacks entries that gateways have seen, and the agency's acceptance of that."""


@log.command()
@at(node=_NODE)
def status(at: At) -> None:
    """Show whether the log went back, who knows more of it, what to do, and which acceptance each gateway has taken."""
    with at.client() as client:
        state = client.logs.status(at.node)
    at.present(state, table=_status_of)


@log.command()
@at(node=_NODE)
@click.option("--reason", required=True, help="Why the log went back.")
@click.option("--entered-again", required=True, help="What was entered again, or why nothing has to be.")
@click.option(
    "--lost-since",
    type=click.DateTime(_MOMENTS),
    help="When the lost entries begin, in UTC: gateways deliver notices since then again. "
    "[default: after the last entry before the start that found the loss]",
)
def accept(at: At, reason: str, entered_again: str, lost_since: datetime | None) -> None:
    """Accept, signed for an officer of the agency, that the node's log goes on as it is now."""
    since = lost_since.replace(tzinfo=UTC) if lost_since else None
    with at.client() as client:
        accepted = client.logs.accept_log(
            at.node, reason=reason, entered_again=entered_again, lost_since=since
        )
    at.present(accepted, table=_accepted)


def _status_of(state: heads_pb2.GetStandingResponse) -> list[str | Table]:
    """Return the state in sentences, and a table of the gateways."""
    found: list[str | Table] = [f"The log of {state.node} has {_head(state.now)}."]
    if state.HasField("went_back"):
        lost = state.went_back
        found += [
            f"It went back: {lost.known_by} knows of {_head(lost.known)} (found at {beijing(lost.found_at)}; "
            f"the last entry before that start is of {beijing(lost.last_entry_at)}, Beijing time).",
            *_STEPS.format(node=state.node).split("\n"),
        ]
    elif state.HasField("doubted"):
        doubted = state.doubted
        found.append(
            f"{doubted.known_by} states {_head(doubted.known)}, which this log does not contain, with no proof that "
            "holds; only that gateway is refused. Find out why; hutong node log accept ends it."
        )
    else:
        found.append("It goes on from everything that gateways have stated since this start.")
    table = listing("gateways", "gateway", "has stated its head", "acceptance", whole=("gateway",))
    for each in state.gateways:
        waits = "waits to be handed over" if each.acceptance_waits else "nothing waits"
        waits = "is refused: another installation signs again" if each.acceptance_refused else waits
        table.add_row(each.gateway, "yes" if each.asked else "not since this start", waits)
    return [*found, table]


def _accepted(accepted: heads_pb2.LogAcceptance) -> str:
    return (
        f"{accepted.node} answers again: it gives up {_head(accepted.lost)}, and goes on from "
        f"{_head(accepted.accepted)}. Gateways deliver notices since {accepted.lost_since} again."
    )


def _head(head: heads_pb2.Head) -> str:
    return str(Head(head.size, head.root))
