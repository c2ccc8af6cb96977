"""What the store of a register promises, whichever database keeps it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from federation.errors import Corrupt
from federation.law import sealing
from federation.v1 import record_pb2
from node.app import init
from node.store.keys import NodeKeys
from node.store.rows import Sealer
from tests.support.fresh_stores import working
from tests.support.records import Someone, record
from tests.support.register_stores import (
    IMPLEMENTATIONS,
    LEAF,
    OPEN,
    SEALED,
    WITHHELD,
    Store,
    event,
    opened_store,
)


@pytest.fixture(params=IMPLEMENTATIONS.values(), ids=list(IMPLEMENTATIONS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


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


def test_the_same_person_has_other_tokens_in_another_node(
    store: Store, made: record_pb2.Record, tmp_path: Path
) -> None:
    init(tmp_path / "other")
    other = Sealer(keys=NodeKeys.load(tmp_path / "other" / "keys"))
    row = other.row(event(made), record_id=os.urandom(16), status=OPEN)
    assert not set(row.tokens) & set(store.enter(made).tokens)
