"""`hutong recalls`: superseded answers, for their recipients and for the owners of the records (R45, R47)."""

from __future__ import annotations

import click

from compose.correct.corrections_shown import caused_table, disclosures_table, messages_json, recalls_table
from compose.shared.at import At, at
from compose.shared.digests import whole
from federation.client import Client
from federation.errors import InvalidRequest
from federation.v1 import recall_pb2


@click.group()
def recalls() -> None:
    """Answers that hold no more: destroy them and ask again. The cause is never disclosed."""


@recalls.command("list")
@at(member="Member whose answers were recalled, e.g. court.")
@click.option("--all", "acknowledged_too", is_flag=True, help="Those acknowledged already as well.")
def list_(at: At, acknowledged_too: bool) -> None:
    """List a member's recalls; fetching them acknowledges them."""
    with at.client() as client:
        found = _all(client, acknowledged_too=acknowledged_too)
    at.present(found, document=messages_json, table=recalls_table)


@recalls.command()
@at(member="Member whose answers were recalled.")
@click.argument("recall_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that wait, instead of naming them.")
@click.option("--note", default="", help="What was done with copies that had been passed on.")
def acknowledge(at: At, recall_ids: tuple[str, ...], every: bool, note: str) -> None:
    """Say, signed, that the answers are destroyed."""
    if every == bool(recall_ids):
        raise InvalidRequest.of("recall_ids", "OPTION", "name recalls, or give --all")
    with at.client() as client:
        known = [recall.recall_id for recall in _all(client, acknowledged_too=not every)]
        wanted = known if every else [whole(digits, known, "recall_ids") for digits in recall_ids]
        done: list[recall_pb2.Recall] = []
        for start in range(0, len(wanted), 200):
            done += client.recalls.acknowledge(wanted[start : start + 200], note)
    at.present(done, document=messages_json, table=recalls_table)


@recalls.command()
@at(member="Agency whose records were disclosed, e.g. police.")
@click.option("--all", "every", is_flag=True, help="Not only what is overdue: every recall with its receipt.")
def overdue(at: At, every: bool) -> None:
    """List to whom an agency's records were disclosed, and who has not acknowledged the recall by its day."""
    tracks: list[recall_pb2.RecallTrack] = []
    with at.client() as client:
        while page := client.recalls.caused(
            acknowledged_too=every, overdue_only=not every, after=tracks[-1].number if tracks else 0
        ):
            tracks += page
    at.present(tracks, document=messages_json, table=caused_table)


@recalls.command("told")
@at(node="Node that holds the record, e.g. police-1.")
@click.argument("record_id")
def disclosed(at: At, record_id: str) -> None:
    """Show to whom a record of this node was disclosed, and which of those answers are recalled."""
    with at.client() as client:
        found = client.recalls.disclosures(at.node, record_id)
    at.present(found, document=messages_json, table=disclosures_table)


def _all(client: Client, *, acknowledged_too: bool = False) -> list[recall_pb2.Recall]:
    found: list[recall_pb2.Recall] = []
    while page := client.recalls.received(
        acknowledged_too=acknowledged_too, after=found[-1].number if found else 0
    ):
        found += page
    return found
