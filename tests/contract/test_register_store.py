"""What the store of a register promises, whichever database keeps it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.exc import DatabaseError

from federation.charter.model import Charter
from federation.errors import Corrupt
from federation.law import sealing
from federation.v1 import record_pb2, registry_pb2
from federation.values.tokens import person_tokens
from node.app import init
from node.store import records, schema
from node.store.keys import NodeKeys
from node.store.reading import Reader, open_reader, sealed_reader
from node.store.rows import Row, Sealer
from node.store.version import StoreVersion
from server.journal.cipher import Cipher
from server.journal.engine import open_sqlite
from server.journal.log import Pending
from server.journal.migrating import bring_up_to_date
from server.journal.work import Work
from tests.support.records import Someone, record

LEAF = bytes(32)
OPEN, SEALED, WITHHELD = sealing.Status.OPEN, sealing.Status.SEALED, sealing.Status.WITHHELD


@contextmanager
def sqlite(folder: Path) -> Iterator[Engine]:
    """Open a fresh register on SQLite."""
    engine = open_sqlite(folder / "store.db")
    with engine.begin() as connection:
        bring_up_to_date(connection, schema.SCHEMA)
    yield engine
    engine.dispose()


def working(connection: Connection) -> Work:
    """Return what a command gets; nothing here looks at the log or the charter."""
    return Work(connection, Pending(Cipher(bytes(32))), cast("Charter", None))


class Store:
    """A register's store with the keys of its node."""

    def __init__(self, engine: Engine, keys: NodeKeys) -> None:
        self.engine, self.keys, self.sealer = engine, keys, Sealer(keys=keys)
        self.open: Reader = open_reader(engine, self.sealer.open_vault)
        self.sealed: Reader = sealed_reader(engine, self.sealer.sealed_vault)

    def enter(self, made: record_pb2.Record, status: sealing.Status = OPEN) -> Row:
        row = self.sealer.row(event(made), record_id=os.urandom(16), status=status)
        with self.engine.begin() as connection:
            records.put(working(connection), [(row, LEAF)])
        return row

    def supersede(self, row: Row, made: record_pb2.Record, status: sealing.Status) -> Row:
        with self.engine.begin() as connection:
            standing = self._standing(connection, row)
            key = self.sealer.vault_for(standing.status).unwrap(standing.wrapped_key, row.record_id)
            newer = self.sealer.row(
                event(made, standing.version + 1), record_id=row.record_id, status=status, data_key=key
            )
            work = working(connection)
            records.remove(work, standing)
            records.put(work, [(newer, LEAF)])
        return newer

    def withdraw(self, row: Row) -> None:
        with self.engine.begin() as connection:
            standing = self._standing(connection, row)
            key = self.sealer.vault_for(standing.status).unwrap(standing.wrapped_key, row.record_id)
            work = working(connection)
            records.remove(work, standing)
            records.put_withdrawn(
                work,
                record_id=row.record_id,
                version=standing.version + 1,
                wrapped_key=self.sealer.withdrawn_vault.wrap(key, row.record_id),
                event=b"sealed body",
            )

    def find(self, reader: Reader, someone: record_pb2.Record) -> set[bytes]:
        return {s.record_id for s in reader.find(list(person_tokens(self.keys.lookup, someone.person)))}

    def count(self, table: str) -> int:
        with self.engine.connect() as connection:
            return connection.execute(
                select(func.count()).select_from(schema.metadata.tables[table])
            ).scalar_one()

    def _standing(self, connection: Connection, row: Row) -> records.Standing:
        standing = records.by_id(connection, row.record_id)
        assert standing is not None
        return standing


def event(made: record_pb2.Record, version: int = 1) -> registry_pb2.RecordEvent:
    return registry_pb2.RecordEvent(
        version=version,
        record=made,
        provenance=record_pb2.Provenance(digest=os.urandom(32), entered_at="2026-01-15T00:00:00.000000Z"),
    )


@pytest.fixture(params=[sqlite], ids=["sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    init(tmp_path)
    opened: Callable[[Path], object] = request.param
    with opened(tmp_path) as engine:  # type: ignore[attr-defined]
        yield Store(engine, NodeKeys.load(tmp_path / "keys"))


@pytest.fixture
def made() -> record_pb2.Record:
    return record(Someone())


def test_what_was_entered_is_found_by_number_and_by_name_with_birth_date(
    store: Store, made: record_pb2.Record
) -> None:
    row = store.enter(made)
    assert len(row.tokens) == 2
    for token in row.tokens:
        [stored] = store.open.find([token])
        assert (stored.record_id, stored.status, stored.event.record) == (row.record_id, OPEN, made)
    assert store.find(store.open, record(Someone(name="另一人"))) == set()


@pytest.mark.parametrize("status", [SEALED, WITHHELD])
def test_r41_the_ordinary_reader_cannot_reach_a_sealed_row(
    store: Store, made: record_pb2.Record, status: sealing.Status
) -> None:
    row = store.enter(made, status)
    assert store.find(store.open, made) == set()
    assert store.open.show(row.record_id) is None
    assert store.open.history(row.record_id) == []
    assert store.find(store.sealed, made) == {row.record_id}
    shown = store.sealed.show(row.record_id)
    assert shown is not None
    assert shown.status is status
    assert (store.count("open_record"), store.count("open_token")) == (0, 0)
    with pytest.raises(Corrupt):
        store.sealer.open_vault.unwrap(row.wrapped_key, row.record_id)


def test_r45_sealing_moves_tokens_and_key_and_leaves_no_open_wrap(
    store: Store, made: record_pb2.Record
) -> None:
    row = store.enter(made)
    newer = store.supersede(row, made, SEALED)
    assert newer.version == 2
    assert store.find(store.open, made) == set()
    assert store.open.history(row.record_id) == []
    assert [e.version for e in store.sealed.history(row.record_id)] == [1, 2]
    assert (store.count("open_record"), store.count("open_token")) == (0, 0)
    back = store.supersede(newer, made, OPEN)
    assert back.version == 3
    assert [e.version for e in store.open.history(row.record_id)] == [1, 2, 3]
    assert (store.count("sealed_record"), store.count("sealed_token")) == (0, 0)


def test_r2_a_correction_supersedes_and_every_version_stays(store: Store, made: record_pb2.Record) -> None:
    row = store.enter(made)
    corrected = record_pb2.Record()
    corrected.CopyFrom(made)
    corrected.person.names[0].text = "张三峰"
    store.supersede(row, corrected, OPEN)
    assert [e.record.person.names[0].text for e in store.open.history(row.record_id)] == ["张三丰", "张三峰"]
    shown = store.open.show(row.record_id)
    assert shown is not None
    assert (shown.event.version, shown.event.record) == (2, corrected)
    assert StoreVersion(store.engine).current() == 2


def test_a16_a_withdrawn_record_is_in_no_reader_and_its_events_stay(
    store: Store, made: record_pb2.Record
) -> None:
    row = store.enter(made)
    store.withdraw(row)
    for reader in (store.open, store.sealed):
        assert store.find(reader, made) == set()
        assert reader.show(row.record_id) is None
        assert reader.history(row.record_id) == []
    with store.engine.connect() as connection:
        assert records.by_id(connection, row.record_id) is None
        assert records.by_conviction(connection, [row.conviction]) == {}
    assert (store.count("record_event"), store.count("withdrawn_record")) == (2, 1)


@pytest.mark.parametrize("status", [OPEN, SEALED])
def test_one_person_and_judgment_stand_in_one_row(
    store: Store, made: record_pb2.Record, status: sealing.Status
) -> None:
    row = store.enter(made, status)
    with store.engine.connect() as connection:
        assert set(records.by_conviction(connection, [row.conviction])) == {row.conviction}
    with pytest.raises(DatabaseError):
        store.enter(made, status)
    assert store.count("record_event") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record_event SET body = x'00'",
        "DELETE FROM record_event",
        "INSERT OR REPLACE INTO record_event SELECT record_id, version, x'00' FROM record_event",
        "REPLACE INTO record_event SELECT record_id, version, x'00' FROM record_event",
        "INSERT INTO record_event SELECT record_id, version, x'00' FROM record_event WHERE true "
        "ON CONFLICT DO UPDATE SET body = x'00'",
    ],
)
def test_events_are_insert_only(store: Store, made: record_pb2.Record, statement: str) -> None:
    row = store.enter(made)
    with pytest.raises(DatabaseError, match="insert-only"), store.engine.begin() as connection:
        connection.execute(text(statement))
    assert [e.record for e in store.open.history(row.record_id)] == [made]


@pytest.mark.parametrize("column", ["wrapped_key", "body"])
def test_an_altered_value_is_never_read(store: Store, made: record_pb2.Record, column: str) -> None:
    row = store.enter(made)
    with store.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER record_event_no_update"))  # as a thief with the file would
        table = schema.open_record if column == "wrapped_key" else schema.record_event
        before = connection.execute(select(table.c[column])).scalar_one()
        connection.execute(update(table).values({column: before[:-1] + bytes([before[-1] ^ 1])}))
    for read in (
        lambda: store.open.show(row.record_id),
        lambda: store.open.history(row.record_id),
        lambda: store.find(store.open, made),
    ):
        with pytest.raises(Corrupt):
            read()


@pytest.mark.parametrize("columns", [("wrapped_key",), ("body",), ("wrapped_key", "body")])
def test_a_value_moved_to_another_row_is_never_read(
    store: Store, made: record_pb2.Record, columns: tuple[str, ...]
) -> None:
    row, other = store.enter(made), store.enter(record(Someone(name="李四")))
    values = {"wrapped_key": other.wrapped_key, "body": other.event}
    with store.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER record_event_no_update"))
        for column in columns:
            table = schema.open_record if column == "wrapped_key" else schema.record_event
            connection.execute(
                update(table).where(table.c.record_id == row.record_id).values({column: values[column]})
            )
    with pytest.raises(Corrupt):
        store.open.show(row.record_id)


def test_a_sealed_row_copied_among_the_open_ones_is_never_read(store: Store, made: record_pb2.Record) -> None:
    row = store.enter(made, SEALED)
    with store.engine.begin() as connection:
        columns = "record_id, version, conviction, content, wrapped_key, entered_at, entry"
        connection.execute(text(f"INSERT INTO open_record ({columns}) SELECT {columns} FROM sealed_record"))
    with pytest.raises(Corrupt):
        store.open.show(row.record_id)


def test_an_older_version_put_in_place_of_the_newer_is_never_read(
    store: Store, made: record_pb2.Record
) -> None:
    row = store.enter(made)
    newer = store.supersede(row, made, OPEN)
    with store.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER record_event_no_update"))
        connection.execute(
            update(schema.record_event)
            .where(schema.record_event.c.version == newer.version)
            .values(body=row.event)
        )
    with pytest.raises(Corrupt):
        store.open.show(row.record_id)


def test_the_same_person_has_other_tokens_in_another_node(
    store: Store, made: record_pb2.Record, tmp_path: Path
) -> None:
    init(tmp_path / "other")
    other = Sealer(keys=NodeKeys.load(tmp_path / "other" / "keys"))
    row = other.row(event(made), record_id=os.urandom(16), status=OPEN)
    assert not set(row.tokens) & set(store.enter(made).tokens)
