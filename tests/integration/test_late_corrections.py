"""A correction without a reply leaves a yes to a person, until the owner replies; not every claim does (R47, R58)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from federation.law.relevance.late import READ_BY_NO_RULE
from federation.notices.requests import CONTESTABLE
from federation.v1 import notice_pb2 as pb
from federation.v1 import query_pb2
from tests.support import asking
from tests.support.corrections import request, waits
from tests.support.federation import PROFILES
from tests.support.records import Someone, record
from tests.support.winding import Wound, wound

DOUBTFUL = ("offences", "record")
YES, UNDECIDED = query_pb2.FINDING_YES, query_pb2.FINDING_UNDECIDED


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wound]:
    with wound(tmp_path_factory.mktemp("late"), PROFILES, windows_ask_directly=True) as made:
        yield made


def answers(running: Wound, someone: Someone) -> list[query_pb2.Finding.ValueType]:
    police = running.client("police")
    return [police.ask(ask(someone.subject())).answer.finding for ask in (asking.public, asking.own)]


def test_r47_only_a_claim_that_may_change_the_answer_leaves_a_yes_to_a_person_and_a_reply_ends_it(
    running: Wound,
) -> None:
    police, contested = running.client("police"), dict[str, tuple[Someone, pb.WaitingNotice]]()
    for field in (*DOUBTFUL, "person.household_division"):
        someone = Someone()
        receipt = police.register.enter("police-1", record(someone, "police"))
        asked = request(receipt, field=field, believed="110108")
        (accepted,) = running.client("procuratorate").notices.submit([asked])
        contested[field] = someone, waits(police, "police-1", accepted.notice)
    [due] = {waiting.due_on for _, waiting in contested.values()}
    for day in (running.today, date.fromisoformat(due)):
        running.to(day)
        for someone, _ in contested.values():
            assert answers(running, someone) == [YES, YES], "the owner has until the end of that day"
    running.to(date.fromisoformat(due) + timedelta(days=1))
    for field, (someone, waiting) in contested.items():
        assert answers(running, someone) == [UNDECIDED if field in DOUBTFUL else YES] * 2, field
        [conviction] = police.ask(asking.case(someone.subject())).answer.convictions
        assert [change.field for change in conviction.late_changes] == [field], "who sees it sees the mark"
        refusal = pb.Decision(notice=waiting.digest, kind=pb.DECISION_KIND_REFUSE, reason="核对判决，无误")
        police.notices.decide("police-1", refusal)
        assert answers(running, someone) == [YES, YES]


def test_r47_what_no_rule_reads_can_be_contested_and_the_rest_counts() -> None:
    assert READ_BY_NO_RULE < CONTESTABLE
    assert {"record", "person.names", "person.identifiers", "person.birth_date", "court"} <= (
        CONTESTABLE - READ_BY_NO_RULE
    )
