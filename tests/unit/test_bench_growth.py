"""The bench counts the bytes that a database uses, and those of its write-ahead log too."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bench.growth import used


def test_what_is_written_counts_before_it_is_in_the_file(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE row (body BLOB)")
        before = used(store)
        connection.execute("INSERT INTO row VALUES (zeroblob(1000000))")
        full = used(store)
        assert 900_000 <= full - before < 1_100_000
        connection.execute("DELETE FROM row")
        assert used(store) < before + 100_000, "pages that are free again do not count"
