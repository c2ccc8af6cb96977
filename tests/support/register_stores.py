"""The store of a register, opened without its node, and the implementations that its contract is held against."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from federation.law import sealing
from federation.v1 import record_pb2, registry_pb2
from federation.values.tokens import person_tokens
from node.app import init
from node.register.records import Records
from node.store import schema
from node.store.keys import NodeKeys
from node.store.reading import Reader, open_reader, sealed_reader
from node.store.records import SqliteRecords
from node.store.rows import CurrentRecord, RecordRow, Sealer
from tests.support.fresh_stores import fresh_engine, working

LEAF = bytes(32)


OPEN, SEALED, WITHHELD = sealing.Status.OPEN, sealing.Status.SEALED, sealing.Status.WITHHELD


def sqlite(folder: Path) -> AbstractContextManager[Engine]:
    """Open a fresh register on SQLite."""
    return fresh_engine(folder, schema.SCHEMA)


@dataclass(frozen=True)
class Implementation:
    """One way to keep a register: its database, and what keeps records there."""

    opened: Callable[[Path], AbstractContextManager[Engine]]
    records: Callable[[Sealer], Records]


class Store:
    """A register's store with the keys of its node."""

    def __init__(self, engine: Engine, keys: NodeKeys, records: Callable[[Sealer], Records]) -> None:
        self.engine, self.keys, self.sealer = engine, keys, Sealer(keys=keys)
        self.records = records(self.sealer)
        self.open: Reader = open_reader(engine, self.sealer.open_vault)
        self.sealed: Reader = sealed_reader(engine, self.sealer.sealed_vault)

    def enter(self, made: record_pb2.Record, status: sealing.Status = OPEN) -> RecordRow:
        row = self.sealer.row(event(made), record_id=os.urandom(16), status=status)
        with self.engine.begin() as connection:
            self.records.put(working(connection), [(row, LEAF)])
        return row

    def supersede(self, row: RecordRow, made: record_pb2.Record, status: sealing.Status) -> RecordRow:
        with self.engine.begin() as connection:
            current = self._current(connection, row)
            key = self.sealer.next_key(current, closes=status is not OPEN)
            newer = self.sealer.row(
                event(made, current.version + 1), record_id=row.record_id, status=status, data_key=key
            )
            self.records.replace(working(connection), current, newer, LEAF)
        return newer

    def withdraw(self, row: RecordRow) -> None:
        with self.engine.begin() as connection:
            current = self._current(connection, row)
            last = self.sealer.withdrawal(current, registry_pb2.RecordEvent(version=current.version + 1))
            self.records.withdraw(working(connection), current, last)

    def find(self, reader: Reader, someone: record_pb2.Record) -> set[bytes]:
        return {s.record_id for s in reader.find(list(person_tokens(self.keys.lookup, someone.person)))}

    def count(self, table: str) -> int:
        with self.engine.connect() as connection:
            return connection.execute(
                select(func.count()).select_from(schema.metadata.tables[table])
            ).scalar_one()

    def _current(self, connection: Connection, row: RecordRow) -> CurrentRecord:
        current = self.records.by_id(connection, row.record_id)
        assert current is not None
        return current


def event(made: record_pb2.Record, version: int = 1) -> registry_pb2.RecordEvent:
    return registry_pb2.RecordEvent(
        version=version,
        record=made,
        provenance=record_pb2.Provenance(digest=os.urandom(32), entered_at="2026-01-15T00:00:00.000000Z"),
    )


IMPLEMENTATIONS = {"sqlite": Implementation(sqlite, lambda sealer: SqliteRecords(sealer=sealer))}


@contextmanager
def opened_store(implementation: Implementation, home: Path) -> Iterator[Store]:
    """Yield the store of a new node in `home`, as `implementation` keeps it."""
    init(home)
    with implementation.opened(home) as engine:
        yield Store(engine, NodeKeys.load(home / "keys"), implementation.records)
