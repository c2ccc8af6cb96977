"""What was deleted leaves the write-ahead log as soon as nobody reads it any more, and holds nobody up (R45)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from federation.evidence.entry import EntryKind
from federation.v1 import record_pb2, sealing_pb2
from federation.values.clock import now, stamp
from node.sealing.ordering import SealOrders
from tests.support.records import open_record
from tests.support.register import RegisterUnderTest, act
from tests.support.waiting import wait_for


@pytest.fixture
def register(tmp_path: Path) -> Iterator[RegisterUnderTest]:
    made = RegisterUnderTest(tmp_path)
    yield made
    made.close()


@contextmanager
def reading(register: RegisterUnderTest) -> Iterator[None]:
    """Hold the state of the store as it is now, as a long report or a backup does."""
    other = sqlite3.connect(register.home / "store.db", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM log_entry").fetchone()
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def on_disk(register: RegisterUnderTest, what: bytes) -> bool:
    """Say whether the files of the store hold these bytes."""
    return any(what in file.read_bytes() for file in register.home.glob("store.db*"))


def entered(register: RegisterUnderTest) -> tuple[str, bytes]:
    """Enter a record; return its id, and its data key as it lies among the open ones."""
    receipt = register.enter(open_record("police")[1])
    with register.journal.reading() as connection:
        current = register.shared().records.by_id(connection, bytes.fromhex(receipt.record_id))
    assert current is not None
    return receipt.record_id, current.wrapped_key


def seal(register: RegisterUnderTest, record_id: str) -> None:
    instrument = record_pb2.Instrument(
        kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference="封存通知书1号", issuer="某区人民法院"
    )
    body = sealing_pb2.Sealing(
        record_id=record_id, expected_version=1, instrument=instrument, reason="法院通知"
    )
    SealOrders(register=register.shared(), at_exactly_five=lambda: False).seal(body, act())


def test_r45_a_seal_takes_the_old_key_off_the_disk_at_once(register: RegisterUnderTest) -> None:
    record_id, key = entered(register)
    assert on_disk(register, key)
    seal(register, record_id)
    wait_for(lambda: not on_disk(register, key), what="the key gone from every file")


def test_r45_what_a_reader_keeps_in_the_log_goes_when_the_reader_ends(register: RegisterUnderTest) -> None:
    record_id, key = entered(register)
    with reading(register):
        seal(register, record_id)
        register.journal.run(lambda work: work.log.append(EntryKind.SHOWN, at=stamp(now()), record=record_id))
        assert on_disk(register, key), "the reader still needs it, and nobody has waited for the reader"
    wait_for(
        lambda: not on_disk(register, key), what="the key gone from every file, though no command follows"
    )


def test_r45_what_a_killed_process_left_goes_at_the_next_start(register: RegisterUnderTest) -> None:
    record_id, key = entered(register)
    with ExitStack() as stack:
        stack.enter_context(reading(register))
        seal(register, record_id)
        register.close()  # with a reader, the last connection leaves the log as it is
        assert on_disk(register, key)
        register.restarted()
    wait_for(lambda: not on_disk(register, key), what="the key gone from every file")


def test_r45_it_goes_though_others_read_and_write_all_the_time(register: RegisterUnderTest) -> None:
    record_id, key = entered(register)
    stop = Event()

    def busy() -> None:
        with register.journal.reading() as connection:
            while not stop.is_set():
                connection.exec_driver_sql("SELECT count(*) FROM log_entry").fetchall()
                connection.rollback()

    def writes() -> None:
        while not stop.is_set():
            register.journal.run(
                lambda work: work.log.append(EntryKind.SHOWN, at=stamp(now()), record=os.urandom(4).hex())
            )

    threads = [Thread(target=busy), Thread(target=busy), Thread(target=writes)]
    for thread in threads:
        thread.start()
    try:
        seal(register, record_id)
        wait_for(lambda: not on_disk(register, key), what="the key gone from every file")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
