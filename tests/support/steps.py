"""How much a store has to do, in steps of SQLite's virtual machine: the same on every machine, unlike seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Steps:
    """Steps counted so far."""

    made: int = 0

    def one(self) -> int:
        """Count a step; the statement goes on."""
        self.made += 1
        return 0


@contextmanager
def counting(engine: Engine) -> Iterator[Steps]:
    """Count the steps of every statement that runs on `engine` while the context lasts."""
    steps = Steps()

    def begin(connection: Any, *_: object) -> None:
        connection.set_progress_handler(steps.one, 1)

    def end(connection: Any, *_: object) -> None:
        connection.set_progress_handler(None, 0)

    event.listen(engine.pool, "checkout", begin)
    event.listen(engine.pool, "checkin", end)
    try:
        yield steps
    finally:
        event.remove(engine.pool, "checkout", begin)
        event.remove(engine.pool, "checkin", end)
