"""Show what rows become, and check a whole file by the rules, without any node."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from compose.bulk.judging import faults_of
from compose.bulk.map_file import load_map
from compose.bulk.source import open_source
from compose.node.tallying import FaultTally
from compose.shared.printing import Console, Table, listing, marked
from federation.errors import FieldViolation


def explain(file: Path, map_file: Path | None, *, first: int) -> list[dict[str, Any]]:
    """Return the first rows, each with its cells, its record, and its faults under the rules."""
    source = open_source(file, load_map(map_file) if map_file else None)
    return [
        {
            "row": item.number,
            "read": item.kept.get("cells", item.kept.get("line")),
            "record": MessageToDict(item.record, preserving_proto_field_name=True)
            if item.record is not None
            else None,
            "faults": [_fault(v) for v in faults_of(item)],
        }
        for item in islice(source.items(), first)
    ]


def dry_run(file: Path, map_file: Path | None) -> dict[str, Any]:
    """Check every row by the rules of entry; return counts, and the faults by field and rule.

    Facts that only the node knows (its existing records, whether it accepts synthetic numbers) are not checked.
    """
    source = open_source(file, load_map(map_file) if map_file else None)
    rows, faulty, tally = 0, 0, FaultTally()
    for item in source.items():
        rows += 1
        faults = faults_of(item)
        faulty += bool(faults)
        for violation in faults:
            tally.add(item.number, violation)
    return {"rows": rows, "fit": rows - faulty, "faulty": faulty, **tally.report()}


def _fault(violation: FieldViolation) -> dict[str, str]:
    return {"field": violation.field, "rule": violation.rule, "message": violation.message}


def show_explained(rows: list[dict[str, Any]]) -> None:
    """Print each row as two tables: its cells, and the fields they became."""
    console = Console()
    for row in rows:
        table = Table(title=f"row {row['row']}", title_justify="left", show_header=False)
        for name, cell in row["read"].items() if isinstance(row["read"], dict) else [("line", row["read"])]:
            table.add_row(name, "" if cell is None else str(cell))
        console.print(table)
        if row["record"] is not None:
            made = Table(title="becomes", title_justify="left", show_header=False)
            for path, value in _flat(row["record"], ""):
                made.add_row(path, value)
            console.print(made)
        for fault in row["faults"]:
            console.print(
                marked("  [red]{}[/]: {} \\[{}]", fault["field"], fault["message"], fault["rule"]),
                highlight=False,
            )
        if not row["faults"]:
            console.print(marked("  [green]can be entered[/]"))


def show_dry_run(report: dict[str, Any]) -> None:
    """Print the counts, and each kind of fault with examples and the first row that has it."""
    console = Console()
    console.print(
        f"{report['rows']} rows: {report['fit']} can be entered, {report['faulty']} cannot", highlight=False
    )
    if report["faults"]:
        table = listing("why", "rows", "first in row", "field", "why", "rule")
        for fault in report["faults"]:
            table.add_row(
                str(fault["rows"]), str(fault["first_row"]), fault["field"], fault["message"], fault["rule"]
            )
            for other in fault["others"]:
                table.add_row("", str(other["first_row"]), "", other["message"], "")
            if fault["rows_not_shown"]:
                table.add_row("", "", "", f"and {fault['rows_not_shown']} rows that say otherwise", "")
        console.print(table)
    if report["faults_not_listed"]:
        console.print(
            f"{report['faults_not_listed']} more faults are of further kinds, which are not listed: mend these first",
            highlight=False,
        )


def _flat(value: Any, path: str) -> list[tuple[str, str]]:
    """Return the scalar fields of a message as (path, value), by their names in the contract."""
    if isinstance(value, dict):
        return [pair for key, each in value.items() for pair in _flat(each, f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [pair for n, each in enumerate(value) for pair in _flat(each, f"{path}[{n}]")]
    return [(path, str(value))]
