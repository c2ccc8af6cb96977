"""`hutong report runs`: how the records of all nodes stand while rules change, with sums that add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from compose.node.runs_showing import register_json
from compose.shared.at import At, Optional, at
from compose.shared.clients import nodes_in_order, of_member, of_own_members
from compose.shared.printing import Console, listing, marked
from federation.errors import Unavailable

_COUNTS = ("records", "open", "sealed", "undecided", "to_move")


@click.command()
@at(officer=Optional("Who looks.", default="report"))
def runs(at: At) -> None:
    """Each node's records: open, sealed, undecided, and how many the rules of the day would still move."""
    at.present(collect_runs(at.home, officer=at.officer), table=_table)


def collect_runs(home: Path, *, officer: str = "report") -> dict[str, Any]:
    """Return the figures of every node of a member that `home` has, and their sums; what is in no sum is named."""
    asking, own = of_own_members(home, officer)
    with asking:
        registries = nodes_in_order(asking.charter)
    rows, missing = [], []
    for registry in registries:
        if registry.agency not in own:
            missing.append(str(registry.name))
            continue
        with of_member(home, registry.agency, officer) as client:
            try:
                document = register_json(client.seals.runs(str(registry.name)))
            except Unavailable:
                missing.append(str(registry.name))
                continue
        today = next(iter(document.pop("runs")), None)
        left = max(0, today["to_move"] - today["moved"]) if today else 0
        state = today["state"] if today else "dry_run"
        rows.append({"node": str(registry.name), **document, "to_move": left, "run": state})
    total = {name: sum(row[name] for row in rows) for name in _COUNTS}
    return {"nodes": rows, "total": total, "missing": missing}


def _table(report: dict[str, Any]) -> None:
    console = Console()
    made = listing("records of all nodes", "node", *(name.replace("_", " ") for name in _COUNTS), "run")
    for row in [*report["nodes"], {"node": "together", **report["total"], "run": ""}]:
        made.add_row(row["node"], *(str(row[name]) for name in _COUNTS), row["run"].replace("_", " "))
    console.print(made)
    for node in report["missing"]:
        console.print(
            marked("[yellow]{} cannot be reached, or is another agency's: it is in no sum[/]", node)
        )
