"""What the store of a register promises, whichever database keeps it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
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
from node.register.records import Records
from node.store import schema
from node.store.key_chain import spans
from node.store.keys import NodeKeys
from node.store.reading import Reader, open_reader, sealed_reader
from node.store.records import SqliteRecords
from node.store.rows import CurrentRecord, RecordRow, Sealer
from node.store.vault import event_place
from node.store.withdrawn import WithdrawnRecords
from server.journal.cipher import Cipher
from server.journal.engine import open_sqlite
from server.journal.log import PendingEntries
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


@dataclass(frozen=True)
class Implementation:
    """One way to keep a register: its database, and what keeps records there."""

    opened: Callable[[Path], AbstractContextManager[Engine]]
    records: Callable[[Sealer], Records]


def working(connection: Connection) -> Work:
    """Return what a command gets; nothing here looks at the log or the charter."""
    return Work(connection, PendingEntries(Cipher(bytes(32))), cast("Charter", None))


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


@pytest.fixture(params=IMPLEMENTATIONS.values(), ids=list(IMPLEMENTATIONS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    init(tmp_path)
    implementation: Implementation = request.param
    with implementation.opened(tmp_path) as engine:
        yield Store(engine, NodeKeys.load(tmp_path / "keys"), implementation.records)


@pytest.fixture
def made() -> record_pb2.Record:
    return record(Someone(name="张三丰"))


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
        store.sealer.open_vault.unwrap_bound(row.wrapped_key, row.record_id, 1, "OPEN")


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


def data_key(store: Store, row: RecordRow) -> bytes:
    vault = store.sealer.vault_for(row.status)
    return vault.unwrap_bound(row.wrapped_key, row.record_id, row.version, str(row.status))


def test_r45_who_has_the_key_of_a_records_open_time_reads_no_later_version(
    store: Store, made: record_pb2.Record
) -> None:
    first = store.enter(made)
    sealed = store.supersede(first, made, SEALED)
    corrected = store.supersede(sealed, made, WITHHELD)
    leaked = Cipher(data_key(store, first))
    assert leaked.unlock(first.event, event_place(first.record_id, 1))
    for later in (sealed, corrected):
        with pytest.raises(Corrupt):
            leaked.unlock(later.event, event_place(first.record_id, later.version))
    opened = store.supersede(corrected, made, OPEN)
    again = store.supersede(opened, made, SEALED)
    assert data_key(store, again) != data_key(store, opened)
    assert [e.version for e in store.sealed.history(first.record_id)] == [1, 2, 3, 4, 5]
    keys = store.sealed.data_keys(first.record_id)
    assert keys == [data_key(store, row) for row in (again, opened, sealed, first)]
    assert data_key(store, opened) == data_key(store, corrected)


def test_a_withdrawn_record_keeps_its_last_event_under_a_key_of_its_own(
    store: Store, made: record_pb2.Record
) -> None:
    row = store.enter(made)
    store.withdraw(row)
    withdrawn = WithdrawnRecords(vault=store.sealer.withdrawn_vault)
    with store.engine.connect() as connection:
        last = withdrawn.newest(connection, row.record_id)
        key = withdrawn.data_key(connection, row.record_id)
        assert key is not None
        assert [span.key for span in spans(connection, row.record_id, key)] == [key, data_key(store, row)]
    assert last is not None
    assert last.version == 2
    assert key != data_key(store, row)


@pytest.mark.parametrize(("version", "status"), [(2, "SEALED"), (1, "WITHHELD"), (1, "OPEN")])
def test_a_wrapped_key_opens_in_its_own_version_and_status_alone(
    store: Store, made: record_pb2.Record, version: int, status: str
) -> None:
    row = store.enter(made, SEALED)
    vault = store.sealer.sealed_vault
    assert vault.unwrap_bound(row.wrapped_key, row.record_id, 1, "SEALED")
    with pytest.raises(Corrupt):
        vault.unwrap_bound(row.wrapped_key, row.record_id, version, status)


def test_a_key_of_an_earlier_program_is_read_until_every_key_is_bound(
    store: Store, made: record_pb2.Record
) -> None:
    row, vault = store.enter(made), store.sealer.open_vault
    former = vault.wrap(data_key(store, row), row.record_id)
    assert vault.unwrap_bound(former, row.record_id, 1, "OPEN") == data_key(store, row)
    vault.all_bound = True
    with pytest.raises(Corrupt, match="no longer in use"):
        vault.unwrap_bound(former, row.record_id, 1, "OPEN")


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
    assert store.count("record_event") == 2


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
        assert store.records.by_id(connection, row.record_id) is None
        assert store.records.by_conviction(connection, [row.conviction]) == {}
    assert (store.count("record_event"), store.count("withdrawn_record")) == (2, 1)


@pytest.mark.parametrize("status", [OPEN, SEALED])
def test_tokens_lead_to_the_newest_version_and_crowded_ones_to_none(
    store: Store, made: record_pb2.Record, status: sealing.Status
) -> None:
    row = store.supersede(store.enter(made), made, status)
    with store.engine.connect() as connection:
        [(current, newest)] = store.records.of_tokens(connection, row.tokens, most=1)
        assert (current, newest.version, newest.record) == (row.current(LEAF), 2, made)
        assert store.records.newest(connection, current) == newest
        assert not list(store.records.of_tokens(connection, row.tokens, most=0))


def test_what_is_stored_is_counted_and_what_is_moved_away_is_noted(
    store: Store, made: record_pb2.Record
) -> None:
    row = store.sealer.row(event(made), record_id=os.urandom(16), status=OPEN)
    with store.engine.begin() as connection:
        entered, kept, moved = working(connection), working(connection), working(connection)
        store.records.put(entered, [(row, LEAF)])
        second = store.sealer.row(event(made, 2), record_id=row.record_id, status=OPEN)
        store.records.replace(kept, row.current(LEAF), second, LEAF)
        third = store.sealer.row(event(made, 3), record_id=row.record_id, status=SEALED)
        store.records.replace(moved, second.current(LEAF), third, LEAF)
    assert [(w.changed, w.erased) for w in (entered, kept, moved)] == [(1, False), (1, False), (1, True)]


@pytest.mark.parametrize("status", [OPEN, SEALED])
def test_one_person_and_judgment_stand_in_one_row(
    store: Store, made: record_pb2.Record, status: sealing.Status
) -> None:
    row = store.enter(made, status)
    with store.engine.connect() as connection:
        assert set(store.records.by_conviction(connection, [row.conviction])) == {row.conviction}
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
