"""The number of confirmed changes of the register; each answer states it as its version."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

from sqlalchemy import Engine, func, select

from node.store.schema import record_event
from server.journal.journal import Journal


class StoreVersion:
    """The number of record versions stored, which only grows; the journal reports its commits (`Journal.on_change`)."""

    def __init__(self, engine: Engine) -> None:
        with engine.connect() as connection:
            self._value = connection.execute(select(func.count()).select_from(record_event)).scalar_one()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    @classmethod
    def counting(cls, journal: Journal) -> Self:
        """Return the version of a store, which from now on counts the journal's commits."""
        version = cls(journal.engine)
        journal.on_change(version.confirm)
        return version

    def current(self) -> int:
        """Return the number of changes confirmed so far."""
        return self._value

    def confirm(self, changes: int) -> None:
        """Count changes that are durable now, and call the listeners."""
        with self._lock:
            self._value += changes
        for listener in self._listeners:
            listener()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each change; it must only set a flag."""
        self._listeners.append(listener)
