"""Enter a file at a node, or resume an interrupted import; rows that cannot be entered are kept with the reasons."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from compose.bulk.judging import faults_of
from compose.bulk.map_file import load_map
from compose.bulk.resuming import ImportState as State
from compose.bulk.source import SourceFile, SourceRow, open_source
from compose.shared.clients import of_node
from compose.shared.printing import (
    BarColumn,
    ProgressBar,
    TaskProgressColumn,
    TimeElapsedColumn,
    progress_text,
)
from federation.client import Client
from federation.errors import FieldViolation, HutongError, Unavailable
from federation.v1 import record_pb2, registry_pb2

#: Records under one signature.
PAGE = 500


def import_file(
    home: Path,
    node: str,
    *,
    officer: str,
    file: Path,
    quiet: bool,
    map_file: Path | None = None,
    beside: Path | None = None,
) -> dict[str, Any]:
    """Enter every row of `file` at `node`; return the counts. Raises as `Client` and `load_map` do.

    State and quarantine are kept in the folder `beside`, else in that of the file.
    """
    source = open_source(file, load_map(map_file) if map_file else None)
    mapped = hashlib.sha256(map_file.read_bytes()).hexdigest() if map_file else ""
    identity = {"file": source.scanned.sha256, "map": mapped, "node": node, "home": str(home.resolve())}
    with (
        of_node(home, node, officer) as client,
        State(file, identity, folder=beside) as state,
        _bar(quiet) as bar,
    ):
        resumed = state.counts.done
        task = bar.add_task(f"entering at {node}", total=source.scanned.lines or None, completed=resumed)
        try:
            for done in enter_rows(client, node, source, state):
                bar.update(task, completed=done)
        except Unavailable as error:
            says = (
                f"{error.message}; {state.counts.done} rows are settled: run the same command again to go on"
            )
            raise Unavailable(says, reason=error.reason) from None
        bar.update(task, total=state.counts.done)
    counts = state.counts
    return {
        "entered": counts.entered,
        "repeated": counts.repeated,
        "quarantined": counts.quarantined,
        "resumed_after": resumed,
        "quarantine_file": str(state.quarantine or ""),
    }


def enter_rows(client: Client, node: str, source: SourceFile, state: State) -> Generator[int, None, None]:
    """Settle every row that is not settled yet; yield the number of settled rows after each page.

    Rows are read by the thread that sends them. Rows that are no records are settled in their turn, by either thread.
    """
    waiting: deque[SourceRow] = deque()
    turn = threading.Lock()
    broken: list[HutongError] = []

    def settle_refused() -> None:
        while waiting and waiting[0].record is None:
            item = waiting.popleft()
            state.keep(item, faults_of(item))

    def records() -> Iterator[record_pb2.Record]:
        try:
            for item in islice(source.items(), state.counts.done, None):
                with turn:
                    waiting.append(item)
                    settle_refused()
                if item.record is not None:
                    yield item.record
        except HutongError as error:  # the rows before it are entered all the same
            broken.append(error)

    for number, outcome in enumerate(client.register.enter_many(node, records(), page=PAGE), start=1):
        with turn:
            _settle(state, waiting.popleft(), outcome)
            settle_refused()
            if number % PAGE == 0:
                state.save()
        yield state.counts.done
    if broken:
        raise broken[0]


def _settle(state: State, item: SourceRow, outcome: registry_pb2.EntryOutcome) -> None:
    if outcome.HasField("quarantined"):
        state.keep(item, [FieldViolation(v.field, v.rule, v.message) for v in outcome.quarantined.violations])
    elif outcome.receipt.repeated:
        state.counts.repeated += 1
    else:
        state.counts.entered += 1


def _bar(quiet: bool) -> ProgressBar:
    columns = (
        progress_text("{task.description}"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        progress_text("{task.completed} rows"),
        TimeElapsedColumn(),
    )
    return ProgressBar(*columns, disable=quiet)
