"""`hutong node reseal`: judge all records by the rules of the day; oversee the runs that move them."""

from __future__ import annotations

from typing import Any

import click

from compose.node.runs_showing import move_json, register_json, register_table
from compose.node.sealing_showing import reseal_table
from compose.shared.at import At, at
from compose.shared.printing import Console, ProgressBar
from federation.client import Client
from federation.statements.seals import moved, summed


@click.command()
@at(node="Node of the own agency, e.g. police-1.")
@click.option("--propose-again", is_flag=True, help="Also propose every seal again: a node was restored.")
@click.option("--dry-run", is_flag=True, help="Move nothing.")
@click.option("--status", is_flag=True, help="Show the runs, what they found, and how the records stand.")
@click.option(
    "--approve", "found", metavar="CODE", help="Approve what a dry run found, by the code in --status."
)
@click.option(
    "--reverse", "run", metavar="RUN", help="Take back what a run moved; the first officer stops it."
)
@click.option("--reason", default="", help="Why it is approved or taken back; the log keeps it.")
def reseal(
    at: At,
    propose_again: bool,
    dry_run: bool,
    status: bool,
    found: str | None,
    run: str | None,
    reason: str,
) -> None:
    """Judge every record by the rules of the day, with a report; safe to repeat.

    A node does this by itself when another profile or rule comes into force, and begins with a dry run. A run that
    would open a record, or change more than one record in a hundred, moves nothing until two officers have approved
    what its dry run found; for 30 days two officers can take it back.
    """
    if sum((bool(dry_run or propose_again), status, found is not None, run is not None)) > 1:
        raise click.UsageError("give one of --status, --approve and --reverse, and no other with it")
    if (found is not None or run is not None) and not reason:
        raise click.UsageError("say why: --reason")
    with at.client() as client:
        if status or found is not None or run is not None:
            if found is not None:
                response = client.seals.approve(at.node, found, reason=reason)
            elif run is not None:
                response = client.seals.reverse(at.node, run, reason=reason)
            else:
                response = client.seals.runs(at.node)
            at.present(register_json(response), table=register_table)
        else:
            at.present(_judged(at, client, propose_again, dry_run), table=reseal_table)


def _judged(at: At, client: Client, propose_again: bool, dry_run: bool) -> dict[str, Any]:
    pages = []
    with ProgressBar(console=Console(stderr=True), disable=at.as_json) as bar:
        task = bar.add_task("judged anew", total=None)
        for report in client.seals.reseal(at.node, propose_again=propose_again, dry_run=dry_run):
            pages.append(report)
            bar.update(task, total=report.records, advance=report.judged)
    whole = summed(pages)
    return {
        "profile": whole.profile,
        "judged": whole.judged,
        "dry_run": any(page.dry_run for page in pages),
        "moved": sum(moved(page) for page in pages if not page.dry_run),
        "stand": [move_json(m) for m in whole.moves],
        "waiting": len(client.seals.withheld(at.node)),
    }
