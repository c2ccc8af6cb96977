"""An existing system that is followed: a view of synthetic persons in a database of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tests.support.tables import HEADER, MAP

CURSOR = "变更号"


def map_with_cursor(folder: Path) -> Path:
    """Return a copy of the map of the documentation that leaves the cursor's column out."""
    made = folder / "view.toml"
    text = MAP.read_text("utf-8")
    assert "ignore = [" in text
    made.write_text(text.replace("ignore = [", f'ignore = ["{CURSOR}", ', 1), "utf-8")
    return made


class Registry:
    """The database of a system that is followed; its view is called `判决`."""

    def __init__(self, file: Path) -> None:
        self.file, self.url = file, f"sqlite:///{file}"
        columns = ", ".join(f'"{name}" TEXT' for name in HEADER)
        self._run(f'CREATE TABLE "台账" ("{CURSOR}" INTEGER, {columns})')
        self._run('CREATE VIEW "判决" AS SELECT * FROM "台账"')

    def add(self, rows: Iterable[dict[str, str]], *, change: int | None) -> None:
        """Add rows that all have the same value of the cursor."""
        marks = ", ".join("?" for _ in range(len(HEADER) + 1))
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.executemany(
                f'INSERT INTO "台账" VALUES ({marks})',
                [(change, *(each[name] for name in HEADER)) for each in rows],
            )

    def _run(self, sql: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(sql)
