"""One person of whom nobody can say who it is stops nobody else: in a roster, a page of entries, a page of notices."""

from __future__ import annotations

from datetime import date

import pytest

from federation.v1 import document_pb2, query_pb2, record_pb2
from federation.v1 import notice_pb2 as pb
from tests.support import applying, asking
from tests.support.local import LocalFederation
from tests.support.notices import judgment, release, sent, stages
from tests.support.records import Someone, record

NONE, FOUND, UNSETTLED = (
    document_pb2.DOCUMENT_RESULT_NONE,
    document_pb2.DOCUMENT_RESULT_FOUND,
    document_pb2.DOCUMENT_RESULT_UNSETTLED,
)
BORN = date(1984, 3, 6)


@pytest.fixture(scope="module")
def crowd(running_federation: LocalFederation) -> Someone:
    """Somebody of whose name and birth date there are more persons than can be told apart."""
    namesakes = []
    for _ in range(25):
        made = record(Someone("王伟", BORN), "police")
        made.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
        namesakes.append(made)
    for _ in running_federation.client("police").register.enter_many("police-1", namesakes):
        pass
    return Someone("王伟", BORN)


def test_r37_one_ambiguous_person_of_a_roster_is_unsettled_and_everybody_else_is_answered(
    running_federation: LocalFederation, crowd: Someone
) -> None:
    barred, clean = Someone(name="欧阳克"), [Someone(name=f"郭{c}") for c in "靖芙襄破虏"]
    running_federation.enter("procuratorate", record(barred))
    [letter] = applying.answered(
        running_federation, "police", applying.roster(*clean[:2], crowd, barred, *clean[2:], basis="TCH-14")
    ).documents
    found = [line.result for line in letter.roster]
    assert found == [NONE, NONE, UNSETTLED, FOUND, NONE, NONE, NONE]


def test_r31_one_ambiguous_person_of_a_page_of_notices_waits_and_the_others_are_registered(
    running_federation: LocalFederation, crowd: Someone
) -> None:
    court, prison = running_federation.client("court"), running_federation.client("prison")
    judged = [judgment(Someone()) for _ in range(3)]
    sent(court, *judged)
    page = [release(each) for each in judged]
    page[1].person.ClearField("identifiers")
    page[1].person.names[0].text, page[1].person.birth_date = crowd.name, crowd.born.isoformat()
    page[1].ClearField("judgment")
    tracked = sent(prison, *page)
    assert [stages(each)["police-1"] for each in tracked] == ["registered", "received", "registered"]
    [waits] = [
        waiting
        for waiting in running_federation.client("police").notices.waiting("police-1")
        if waiting.digest == tracked[1].notice
    ]
    assert waits.notice.kind == pb.NOTICE_KIND_RELEASE


BIRTHDAYS = {
    "a day off": date(1984, 3, 7),
    "a year off": date(1985, 3, 6),
    "day and month swapped": date(1984, 6, 3),
}


def namesake(running_federation: LocalFederation, name: str) -> None:
    """Have a record of somebody of that name, that birthplace and `BORN`, who has no number."""
    made = record(Someone(name, BORN), "police")
    made.person.ClearField("identifiers")
    made.unknowns.add(field="person.identifiers", reason=record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
    running_federation.enter("police", made)


def asked(running_federation: LocalFederation, name: str, born: date) -> list[query_pb2.Answer]:
    """Return the answers about a bearer of the name who says to be born on that day, with and without a number."""
    subject = Someone(name, born).subject()
    by_name = query_pb2.Subject()
    by_name.CopyFrom(subject)
    by_name.ClearField("identifiers")
    return [
        running_federation.client("police").ask(query(each)).answer
        for query in (asking.case, asking.public)
        for each in (subject, by_name)
    ]


@pytest.mark.parametrize("slip", BIRTHDAYS)
def test_r14_name_and_birthplace_with_another_birth_date_are_never_a_match(
    running_federation: LocalFederation, slip: str
) -> None:
    name = "赵" + chr(0x4E00 + 300 + len(slip))
    namesake(running_federation, name)
    for answer in asked(running_federation, name, BIRTHDAYS[slip]):
        assert not answer.convictions
        assert answer.finding not in (query_pb2.FINDING_RECORD, query_pb2.FINDING_YES)


@pytest.mark.parametrize("slip", BIRTHDAYS)
def test_r14_name_and_birthplace_with_another_birth_date_are_a_candidate(
    running_federation: LocalFederation, slip: str
) -> None:
    name = "钱" + chr(0x4E00 + 300 + len(slip))
    namesake(running_federation, name)
    for answer in asked(running_federation, name, BIRTHDAYS[slip]):
        assert answer.finding == query_pb2.FINDING_CONFIRM_IDENTITY
