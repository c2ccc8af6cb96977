"""Enter a file of records, one JSON object a line; what cannot be entered is kept with the reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from compose.local.layout import NODES, Layout
from federation.client import Client
from federation.errors import NotFound
from federation.v1 import record_pb2

#: A line longer than this is no record.
MOST_BYTES = 256 * 1024


def import_file(home: Path, node: str, *, officer: str, file: Path, quiet: bool) -> dict[str, Any]:
    """Enter every line of `file` at `node`; return the counts. Raises as `Client` does."""
    agency = next((a for a, n in NODES.items() if n == node), None)
    if agency is None:
        raise NotFound(f"no node {node!r}; there are {', '.join(NODES.values())}")
    counts = {"entered": 0, "repeated": 0, "quarantined": 0}
    quarantine = file.with_name(file.name + ".quarantine.jsonl")
    sent: list[str] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} records"),
        TimeElapsedColumn(),
    )
    with (
        Client.open(Layout(home.resolve()).description, agency, officer=officer) as client,
        quarantine.open("w", encoding="utf-8") as kept,
        Progress(*columns, disable=quiet) as progress,
    ):
        task = progress.add_task(f"entering at {node}", total=None)

        def keep(line: str, reasons: list[dict[str, str]]) -> None:
            counts["quarantined"] += 1
            kept.write(json.dumps({"line": line, "reasons": reasons}, ensure_ascii=False) + "\n")

        def records() -> Iterator[record_pb2.Record]:
            for line in _lines(file):
                try:
                    record = ParseDict(_object(line), record_pb2.Record())
                except (ParseError, ValueError, RecursionError) as error:
                    keep(line, [{"field": "line", "rule": "FORMAT", "message": str(error)[:300]}])
                    continue
                sent.append(line)
                yield record

        for number, outcome in enumerate(client.enter_many(node, records())):
            if outcome.HasField("receipt"):
                counts["repeated" if outcome.receipt.repeated else "entered"] += 1
            else:
                told = [
                    {"field": v.field, "rule": v.rule, "message": v.message}
                    for v in outcome.quarantined.violations
                ]
                keep(sent[number], told)
            sent[number] = ""
            progress.advance(task)
    if not counts["quarantined"]:
        quarantine.unlink()
    return {**counts, "quarantine_file": str(quarantine) if counts["quarantined"] else ""}


def _lines(file: Path) -> Iterator[str]:
    with file.open("rb") as lines:
        for raw in lines:
            text = raw.decode("utf-8-sig", errors="replace").strip()
            if text:
                yield text


def _object(line: str) -> dict[str, Any]:
    if len(line) > MOST_BYTES:
        raise ValueError(f"longer than {MOST_BYTES} bytes")
    value = json.loads(line)
    if isinstance(value, dict) and value.keys() == {"line", "reasons"}:  # a quarantined line, mended or not
        value = json.loads(value["line"])
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
