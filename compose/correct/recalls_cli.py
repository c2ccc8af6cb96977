"""`hutong recalls`: answers that hold no more, for who was told and for whose record it was (R45, R47)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from certs.printing import echo_json
from compose.shared.options import home_option, json_option, officer_option
from federation.errors import InvalidRequest

if TYPE_CHECKING:
    from federation.client import Client
    from federation.v1 import recall_pb2


@click.group()
def recalls() -> None:
    """Answers that hold no more: destroy them and ask again. Why is never said."""


@recalls.command("list")
@home_option
@click.option("--as", "member", required=True, help="Member whose answers were recalled, e.g. court.")
@officer_option
@click.option("--all", "acknowledged_too", is_flag=True, help="Those acknowledged already as well.")
@json_option
def list_(home: Path, member: str, officer: str, acknowledged_too: bool, as_json: bool) -> None:
    """List a member's recalls; fetching them is the receipt that it was told."""
    from compose.correct.corrections_shown import messages_json, recalls_table
    from compose.shared.clients import of_member

    with of_member(home, member, officer) as client:
        found = _all(client, acknowledged_too=acknowledged_too)
    echo_json(messages_json(found)) if as_json else recalls_table(found)


@recalls.command()
@home_option
@click.option("--as", "member", required=True, help="Member whose answers were recalled.")
@officer_option
@click.argument("recall_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that wait, instead of naming them.")
@click.option("--note", default="", help="What was done with copies that had been passed on.")
@json_option
def acknowledge(
    home: Path,
    member: str,
    officer: str,
    recall_ids: tuple[str, ...],
    every: bool,
    note: str,
    as_json: bool,
) -> None:
    """Say, signed, that the answers are destroyed."""
    from compose.correct.correct_cli import whole
    from compose.correct.corrections_shown import messages_json, recalls_table
    from compose.shared.clients import of_member

    if every == bool(recall_ids):
        raise InvalidRequest.of("recall_ids", "OPTION", "name recalls, or give --all")
    with of_member(home, member, officer) as client:
        known = [recall.recall_id for recall in _all(client, acknowledged_too=not every)]
        wanted = known if every else [whole(said, known, "recall_ids") for said in recall_ids]
        done: list[recall_pb2.Recall] = []
        for start in range(0, len(wanted), 200):
            done += client.acknowledge(wanted[start : start + 200], note)
    echo_json(messages_json(done)) if as_json else recalls_table(done)


@recalls.command()
@home_option
@click.option("--as", "member", required=True, help="Agency whose records were told, e.g. police.")
@officer_option
@click.option("--all", "every", is_flag=True, help="Not only what is overdue: every recall with its receipt.")
@json_option
def overdue(home: Path, member: str, officer: str, every: bool, as_json: bool) -> None:
    """List who was told of an agency's records and has not acknowledged the recall by its day."""
    from compose.correct.corrections_shown import caused_table, messages_json
    from compose.shared.clients import of_member

    tracks: list[recall_pb2.RecallTrack] = []
    with of_member(home, member, officer) as client:
        while page := client.recalls_caused(
            acknowledged_too=every, overdue_only=not every, after=tracks[-1].number if tracks else 0
        ):
            tracks += page
    echo_json(messages_json(tracks)) if as_json else caused_table(tracks)


@recalls.command()
@home_option
@click.option("--node", required=True, help="Node that holds the record, e.g. police-1.")
@officer_option
@click.argument("record_id")
@json_option
def told(home: Path, node: str, officer: str, record_id: str, as_json: bool) -> None:
    """Show to whom a record of this node was told, and which of those answers are recalled."""
    from compose.correct.corrections_shown import messages_json, told_table
    from compose.shared.clients import of_node

    with of_node(home, node, officer) as client:
        found = client.told(node, record_id)
    echo_json(messages_json(found)) if as_json else told_table(found)


def _all(client: Client, *, acknowledged_too: bool = False) -> list[recall_pb2.Recall]:
    found: list[recall_pb2.Recall] = []
    while page := client.recalls(acknowledged_too=acknowledged_too, after=found[-1].number if found else 0):
        found += page
    return found
