"""Work in the background has one form: threads start in `federation.background`, and elsewhere only for a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Modules of the servers that start a thread which is no loop, each with the reason.
OTHERS = {
    "federation/background/loop.py": "the loop itself",
    "federation/background/together.py": "calls for a limited time",
    "federation/charter/trust.py": "a read from a file system that hangs cannot be interrupted",
    "gateway/asking/looping.py": "asyncio has a loop of its own",
    "server/journal/writer.py": "waits for commands, and must not repeat one that failed",
    "server/stores/admission.py": "reads the old entries once",
}


def _starting() -> Iterator[str]:
    """Yield each module of the servers that names `Thread`."""
    for folder in ("federation", "certs", "server", "node", "gateway"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            names = {
                name
                for each in ast.walk(ast.parse(path.read_text("utf-8")))
                for name in (getattr(each, "attr", ""), getattr(each, "id", ""), getattr(each, "name", ""))
            }
            if "Thread" in names:
                yield path.relative_to(ROOT).as_posix()


def test_threads_start_only_where_named() -> None:
    assert set(_starting()) == set(OTHERS)
