"""Many records under one name and birth date, or one number, are counted and not read: nobody waits for them (R33).

What is counted here cannot be decrypted any more, so that reading one of them would be an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from federation.law.disclosure import Reach
from federation.law.sealing import Status
from federation.statements.reasons import UNIDENTIFIED
from federation.v1 import query_pb2, registry_pb2
from federation.v1 import record_pb2 as pb
from federation.values.terms import RecordClass, SealRule
from node.asking.lookup import MOST_READ
from node.intake import matching
from node.store.reading import open_reader
from server.journal.work import Work
from tests.support.notices import judgment, release
from tests.support.records import HELD_ELSEWHERE, Someone, record, without
from tests.support.register import NEW, RegisterUnderTest

LEAF = bytes(32)
NONE, SEVERAL, MATCH, MORE = (
    query_pb2.OUTCOME_NONE,
    query_pb2.OUTCOME_SEVERAL,
    query_pb2.OUTCOME_MATCH,
    query_pb2.OUTCOME_MORE_DATA_NEEDED,
)
OPEN_ONLY = Reach()
SEALED_TOO = Reach((RecordClass.CRIMINAL,), (RecordClass.CRIMINAL,), frozenset({SealRule.S1}))


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    made = RegisterUnderTest(tmp_path)
    made.profile = NEW
    return made


def nameless(someone: Someone) -> pb.Record:
    """Return a record of the same name and birth date, without a number."""
    return without(record(someone, "police"), ["person.identifiers"], HELD_ELSEWHERE)


def stored(
    register: RegisterUnderTest,
    made: Iterable[pb.Record],
    status: Status = Status.OPEN,
    *,
    readable: bool = False,
) -> None:
    """Put records into the register as an import would, unreadable unless said otherwise."""
    shared, rows = register.shared(), []
    for each in made:
        each.judgment_number.canonical = each.judgment_number.original
        event = registry_pb2.RecordEvent(version=1, record=each)
        event.provenance.digest, event.provenance.entered_at = os.urandom(32), "2026-01-01T00:00:00.000000Z"
        # Under another key than the one wrapped with it nothing can be decrypted.
        row = shared.sealer.row(event, record_id=os.urandom(16), status=status)
        spoilt = shared.sealer.row(event, record_id=row.record_id, status=status)
        rows.append((row if readable else replace(row, event=spoilt.event), LEAF))

    def command(work: Work) -> None:
        shared.records.put(work, rows)

    register.journal.run(command)


look_up = RegisterUnderTest.look_up


def namesake() -> Someone:
    """Return one more person of the same name and birth date."""
    return Someone(name="张三丰")


def by_name(someone: Someone) -> query_pb2.Subject:
    subject = someone.subject()
    subject.ClearField("identifiers")
    return subject


def test_r33_a_crowd_of_namesakes_is_counted_and_not_read(register: RegisterUnderTest) -> None:
    stored(register, (nameless(namesake()) for _ in range(3000)))
    for subject in (by_name(namesake()), namesake().subject()):
        found = look_up(register, subject)
        assert (found.outcome, found.reason, found.facets) == (MORE, "TOO_MANY_CANDIDATES", ())


def test_r33_who_is_asked_by_number_is_found_in_the_crowd(register: RegisterUnderTest) -> None:
    someone = namesake()
    stored(register, (nameless(someone) for _ in range(MOST_READ + 1)))
    stored(register, [record(someone, "police")], readable=True)
    found = look_up(register, someone.subject())
    assert (found.outcome, found.reason, len(found.facets)) == (MATCH, UNIDENTIFIED, 1)


def test_r33_a_crowd_under_one_number_is_not_read_either(register: RegisterUnderTest) -> None:
    someone = namesake()
    stored(register, (record(someone, "police") for _ in range(MOST_READ + 1)))
    found = look_up(register, someone.subject())
    assert (found.outcome, found.reason) == (MORE, "TOO_MANY_CANDIDATES")


def test_r33_so_many_as_are_read_keep_nobody_with_a_number_of_his_own_waiting(
    register: RegisterUnderTest,
) -> None:
    stored(register, (record(namesake(), "police") for _ in range(MOST_READ)), readable=True)
    assert look_up(register, namesake().subject()).outcome == NONE
    assert look_up(register, by_name(namesake())).outcome == MORE


def test_r41_sealed_namesakes_are_as_if_absent_from_the_count(register: RegisterUnderTest) -> None:
    someone = namesake()
    stored(register, (nameless(someone) for _ in range(MOST_READ + 1)), Status.SEALED)
    assert look_up(register, by_name(someone)).outcome == NONE
    assert look_up(register, by_name(someone), SEALED_TOO).outcome == MORE
    stored(register, [nameless(someone)], readable=True)
    assert look_up(register, by_name(someone)).outcome == SEVERAL


@pytest.mark.parametrize("numbered", [True, False])
def test_r31_a_notice_about_one_of_a_crowd_is_certain_by_number_alone(
    register: RegisterUnderTest, numbered: bool
) -> None:
    someone = namesake()
    stored(register, (nameless(someone) for _ in range(MOST_READ + 1)))
    judged = judgment(someone)
    stored(register, [judged.record], readable=True)
    notice = release(judged)
    notice.judgment.number.canonical = notice.judgment.number.original
    if not numbered:
        notice.person.ClearField("identifiers")
    with register.journal.reading() as connection:
        match = matching.find(connection, register.shared(), notice)
    assert (match is not None) == numbered
    reader = open_reader(register.journal.engine, register.shared().sealer.open_vault)
    listed = matching.candidates(reader, register.shared(), notice)
    assert len(listed) == int(numbered)
