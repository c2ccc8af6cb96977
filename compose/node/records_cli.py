"""`hutong node show`, `history` and `withheld`: the content of a node's register."""

from __future__ import annotations

import click

from compose.node.records_shown import facet_table, history_table, worklist_table
from compose.shared.at import At, at


@click.command()
@at(node="Node that holds the record.")
@click.argument("record_id")
def show(at: At, record_id: str) -> None:
    """Show a record as it is now. Sealed records are not found here."""
    with at.client() as client:
        facet = client.register.show(at.node, record_id)
    at.present(facet, table=facet_table)


@click.command()
@at(node="Node that holds the record.")
@click.argument("record_id")
def history(at: At, record_id: str) -> None:
    """Show every version of a record: who entered it, by which instrument, when, and why it changed."""
    with at.client() as client:
        events = client.register.history(at.node, record_id)
    at.present(events, table=history_table)


@click.command()
@at(node="Node whose work list to show.")
def withheld(at: At) -> None:
    """List what waits for a person about sealing: why, by when, whether late, and who decides."""
    with at.client() as client:
        tasks = client.seals.withheld(at.node)
    at.present(tasks, table=worklist_table)
