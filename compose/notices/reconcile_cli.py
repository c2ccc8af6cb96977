"""`hutong notify reconcile`: compare a court's own list of judgments with the notices it sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from compose.bulk.cells import as_date, as_number, as_text, as_words
from compose.bulk.mapping import Format
from compose.bulk.rows import TableRow, repeats
from compose.bulk.text_files import csv_rows, scan
from compose.shared.at import At, Optional, at
from compose.shared.presenting import message_json
from compose.shared.printing import Table, listing, styled
from federation.errors import InvalidRequest
from federation.v1 import timeliness_pb2 as pb
from federation.values.enum_names import enum_name

#: Column of a court's list -> other names that it may have.
_COLUMNS = {"number": ("判决书号", "案号"), "final_on": ("生效日期",), "persons": ("人数",)}


@click.command()
@at(member=Optional("Court whose list it is.", default="court"))
@click.option(
    "--list",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="CSV with 判决书号 (number), 生效日期 (final_on) and, if several, 人数 (persons).",
)
def reconcile(at: At, file: Path) -> None:
    """Hold a court's own list of effective judgments against the notices it sent: received, late, missing."""
    listed = list(read_list(file))
    with at.client() as client:
        found = list(client.timeliness.reconcile(listed))
    at.present(found, document=_reconciled_json, table=_reconciled_table)


def read_list(file: Path) -> Iterator[pb.ListedJudgment]:
    """Yield the judgments of a court's list; raises `InvalidRequest` naming a row that is invalid."""
    names = {name: field for field, others in _COLUMNS.items() for name in (field, *others)}
    rows = 0
    for row in csv_rows(file, Format(), scan(file).encoding):
        if not isinstance(row, TableRow):
            for heading in filter(None, map(repeats, row)):
                if heading in names:
                    raise InvalidRequest.of(
                        str(file), "HEADER", f"names the column {heading} twice: rename one"
                    )
            fields = [names[name] for name in row if name in names]
            for heading in (name for name in row if name in names and fields.count(names[name]) > 1):
                says = f"names {names[heading]} by two columns, {heading} too: keep one"
                raise InvalidRequest.of(str(file), "HEADER", says)
            missing = {"number", "final_on"} - {*fields}
            if missing:
                wants = ", ".join(sorted(missing))
                raise InvalidRequest.of(
                    str(file), "HEADER", f"has no column for {wants}; it has {', '.join(row)}"
                )
            continue
        rows += 1
        cells: dict[str, Any] = {names[name]: cell for name, cell in row.cells.items() if name in names}
        if row.faults:
            raise InvalidRequest(list(row.faults))
        try:
            persons = as_number(cells["persons"]) if as_text(cells.get("persons")) else 1
            if persons < 1:
                raise ValueError(
                    "is a judgment of nobody: write how many persons, or leave the cell empty for one"
                )
            yield pb.ListedJudgment(
                number=as_words(cells["number"]), final_on=as_date(cells["final_on"]), persons=persons
            )
        except ValueError as error:
            raise InvalidRequest.of(f"line {row.number}", "CELL", str(error)) from None
    if not rows:
        raise InvalidRequest.of(str(file), "HEADER", "lists no judgment")


def _reconciled_json(found: list[tuple[pb.ListedJudgment, pb.ReconciledJudgment]]) -> list[dict[str, Any]]:
    return [{**message_json(row), **message_json(stands)} for row, stands in found]


def _reconciled_table(found: list[tuple[pb.ListedJudgment, pb.ReconciledJudgment]]) -> Table:
    table = listing(
        f"{len(found)} judgments",
        "judgment",
        "final on",
        "stands",
        "persons",
        "due on",
        "late",
        "not settled",
    )
    for listed, stands in found:
        state = enum_name(pb.ReconciledState.DESCRIPTOR, stands.state).replace("_", " ")
        table.add_row(
            listed.number,
            listed.final_on,
            styled(state, "" if state in ("received", "not yet due") else "red"),
            f"{stands.received} of {stands.expected}",
            stands.due_on,
            f"{stands.late_days} days" if stands.late_days else "",
            str(stands.unsettled or ""),
        )
    return table
