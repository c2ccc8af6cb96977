"""Looking for its listening sockets must not cost a server the locks on its database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from federation.transport.port import reserved
from server.journal.engine import open_sqlite

_VISIT = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM t').fetchall(); c.close()"


def test_a_visitor_does_not_take_the_write_ahead_log_from_a_server_that_changed_its_certificate(
    tmp_path: Path,
) -> None:
    """A visitor (a backup, an operator's query) that finds no lock closes as the last one and removes the log."""
    path = tmp_path / "store.db"
    engine = open_sqlite(path)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    try:
        with reserved("127.0.0.1:0") as port:
            port.listening()
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO t VALUES (1)"))
            subprocess.run([sys.executable, "-c", _VISIT, str(path)], check=True)
            assert path.with_name("store.db-wal").exists()
    finally:
        engine.dispose()
