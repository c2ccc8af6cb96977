"""The safeguard finds what others changed, and nothing that the node's own transactions did."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from federation.errors import Corrupt
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.statements.reasons import STORE_TAMPERED
from federation.values.clock import stamp
from node.register.entering import Registrar
from node.store.counted import COLUMNS, count_all
from node.store.reading import open_reader
from node.store.safeguard import Safeguard
from server.journal.tally import BUCKETS
from tests.support.records import Someone, open_record, record, sealed_record
from tests.support.register import NEW, RegisterUnderTest, act


@pytest.fixture
def register(tmp_path: Path) -> Iterator[RegisterUnderTest]:
    made = RegisterUnderTest(tmp_path)
    made.journal.run(lambda work: count_all(work.view, work.counted))
    yield made
    made.close()


def safeguard_of(register: RegisterUnderTest) -> Safeguard:
    assert register.journal.tally is not None
    return Safeguard(register.journal, register.journal.tally)


def compare(safeguard: Safeguard) -> list[str]:
    for table in COLUMNS:
        safeguard.compare(table, 0, BUCKETS - 1)
    return safeguard.findings


def change(register: RegisterUnderTest, statement: str, *values: object) -> None:
    """Change the file as another process would that has no keys."""
    with closing(sqlite3.connect(register.home / "store.db", timeout=60)) as store, store:
        assert store.execute(statement, values).rowcount == 1


def test_a_transaction_that_only_defers_an_event_is_no_difference_after_a_kill(
    register: RegisterUnderTest,
) -> None:
    """The tally's MAC covers the newest event that waits for the log, so each such event renews it."""
    register.journal.run(lambda work: work.log.defer(EntryKind.ACKNOWLEDGED, at=stamp(register.at), node="x"))
    register.restarted()
    assert compare(safeguard_of(register)) == []


def test_what_the_node_writes_is_no_difference_also_after_a_restart(register: RegisterUnderTest) -> None:
    for made in (open_record("police")[1], sealed_record("police")[1]):
        register.enter(made)
    register.profile = NEW
    register.judge_anew()
    assert compare(safeguard_of(register)) == []
    register.restarted()
    assert compare(safeguard_of(register)) == []


def test_rows_that_are_written_while_they_are_compared_are_no_difference(register: RegisterUnderTest) -> None:
    entering, over = Registrar(register=register.shared()), threading.Event()

    def enter() -> None:
        for _ in range(30):
            entering.enter([record(Someone(), "police") for _ in range(10)], act())
        over.set()

    writing, safeguard = threading.Thread(target=enter), safeguard_of(register)
    writing.start()
    while not over.is_set():
        assert compare(safeguard) == []
    writing.join()
    assert compare(safeguard) == []


def test_a_change_while_the_node_runs_is_found_by_the_next_recount_and_stays_found(
    register: RegisterUnderTest,
) -> None:
    record_id = bytes.fromhex(register.enter(open_record("police")[1]).record_id)
    safeguard = safeguard_of(register)
    assert compare(safeguard) == []
    safeguard.completed()
    assert safeguard.refusal() is None
    change(register, _ONE_TOKEN, record_id)
    [found] = compare(safeguard)
    assert "open_token" in found
    refusal = safeguard.refusal()
    assert refusal is not None
    assert refusal.reason == STORE_TAMPERED
    register.enter(open_record("police")[1])
    register.restarted()
    assert safeguard_of(register).findings, "a later transaction makes it no better"


_ONE_TOKEN = "DELETE FROM open_token WHERE token = (SELECT min(token) FROM open_token WHERE record_id = ?)"


def test_a_token_that_leads_to_nothing_any_more_is_missed_before_the_answer(
    register: RegisterUnderTest,
) -> None:
    desk = register.shared()
    someone, made = open_record("police")
    record_id = bytes.fromhex(register.enter(made).record_id)
    tokens = desk.sealer.found_by(made, Status.OPEN)
    reader = open_reader(register.journal.engine, desk.sealer.open_vault, safeguard_of(register))
    assert {stored.record_id for stored in reader.find(tokens)} == {record_id}
    change(register, _ONE_TOKEN, record_id)
    reader = open_reader(register.journal.engine, desk.sealer.open_vault, safeguard_of(register))
    with pytest.raises(Corrupt) as raised:
        list(reader.find(tokens))
    assert raised.value.reason == STORE_TAMPERED
    assert someone.number not in raised.value.message


@pytest.mark.parametrize("table", COLUMNS)
def test_rows_of_a_bucket_are_found_without_reading_the_others(
    register: RegisterUnderTest, table: str
) -> None:
    key = COLUMNS[table][0]
    with closing(sqlite3.connect(register.home / "store.db")) as store:
        for of_it in (f"{key} >= ? AND {key} < ?", f"{key} IN (?, ?)"):
            plan = store.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {of_it}", (b"", b""))
            assert [row[3].partition(" ")[0] for row in plan] == ["SEARCH"]
