"""What is stored of a record is read under its own key, place and version alone, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from federation.errors import Corrupt
from federation.v1 import record_pb2
from node.store import schema
from node.store.key_chain import spans
from node.store.rows import RecordRow
from node.store.vault import event_place
from node.store.withdrawn import WithdrawnRecords
from server.journal.cipher import Cipher
from tests.support.records import Someone, record
from tests.support.register_stores import (
    IMPLEMENTATIONS,
    OPEN,
    SEALED,
    WITHHELD,
    Store,
    opened_store,
)


@pytest.fixture(params=IMPLEMENTATIONS.values(), ids=list(IMPLEMENTATIONS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def made() -> record_pb2.Record:
    return record(Someone(name="张三丰"))


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
