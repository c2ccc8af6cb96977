"""Every record can be found at every door, in every spelling (R34)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.answers.wording import WITHOUT_NUMBER_NOT_SEARCHED
from federation.errors import InvalidRequest
from federation.v1 import document_pb2
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2 as rec
from tests.support import applying, asking
from tests.support.applying import ACCEPTOR, applications
from tests.support.names_alone import CLEAN, CONFIRM, Fed, faults, finding, name_only, numbered
from tests.support.notices import judgment, refused
from tests.support.records import HELD_ELSEWHERE, MINOR, Someone, record, without


@pytest.mark.parametrize(
    ("entered", "asked"), [("洪七翁", "洪七翁"), ("洪七翁", "洪 七 翁"), ("洪一翁", "洪\u2f00翁")]
)
def test_r34_a_record_with_a_name_alone_stops_whoever_bears_the_name(
    running_federation: Fed, entered: str, asked: str
) -> None:
    someone = Someone(name=asked)
    running_federation.enter("police", name_only(Someone(name=entered)))
    for ask in (asking.case, asking.public, asking.own):
        assert finding(running_federation, ask(someone.subject())) == CONFIRM


def test_r34_sex_and_age_and_a_verified_number_rule_a_candidate_out(running_federation: Fed) -> None:
    made = name_only(Someone(name="黄药师"))
    made.person.sex = rec.SEX_FEMALE
    running_federation.enter("police", made)
    adult, child = Someone(name="黄药师").born, MINOR.replace(year=2010)
    asked = [numbered("黄药师", adult, 1), numbered("黄药师", adult, 2), numbered("黄药师", child, 2)]
    found = [finding(running_federation, asking.case(each)) for each in asked]
    assert found == [pb.FINDING_NO_RECORD, CONFIRM, pb.FINDING_NO_RECORD], "a man, a woman, a girl"


def test_r34_a_sealed_record_with_a_name_alone_stops_nobody(running_federation: Fed) -> None:
    made = name_only(Someone(name="杨过之子"))
    made.adulthood_proven, made.court_age_finding = False, rec.COURT_AGE_FINDING_UNDER_18
    running_federation.enter("police", made)
    for ask in (asking.case, asking.own):
        query = ask(Someone(name="杨过之子").subject())
        assert finding(running_federation, query) in CLEAN


@pytest.mark.parametrize("kept", ["number", "nothing"])
def test_r34_spellings_at_every_door(running_federation: Fed, kept: str) -> None:
    someone = Someone(name=f"吾買爾·馬木提{kept}")
    made = record(someone, "police")
    if kept == "nothing":
        made = without(made, ["person.identifiers"], HELD_ELSEWHERE)
    else:
        made.person.identifiers[0].verification = rec.VERIFICATION_DECLARED
        made.person.birth_date = "1971-02-03"
    running_federation.enter("police", made)
    other = Someone(name=f"吾买尔马木提{kept}", serial=someone.serial)
    for ask in (asking.case, asking.public, asking.own):
        assert finding(running_federation, ask(other.subject())) == CONFIRM
    submission = applying.roster(other, Someone(name="郭静之"), basis="TCH-14")
    [letter] = applying.answered(running_federation, "police", submission).documents
    assert [line.result for line in letter.roster] == [
        document_pb2.DOCUMENT_RESULT_UNSETTLED,
        document_pb2.DOCUMENT_RESULT_NONE,
    ]


@pytest.mark.parametrize("typed", [rec.IDENTIFIER_TYPE_RESIDENCE_PERMIT, rec.IDENTIFIER_TYPE_OTHER])
def test_r34_a_number_is_found_under_every_kind_of_document(
    running_federation: Fed, typed: rec.IdentifierType.ValueType
) -> None:
    someone = Someone(name="周伯彤")
    made = record(someone, "police")
    made.person.identifiers[0].type = typed
    running_federation.enter("police", made)
    answer = running_federation.client("police").ask(asking.case(someone.subject())).answer
    assert answer.finding == pb.FINDING_RECORD
    back = someone.subject()
    back.identifiers[0].type = typed
    running_federation.enter("justice", record(someone, "justice"))
    answer = running_federation.client("police").ask(asking.case(back)).answer
    assert {f.node for c in answer.convictions for f in c.facets} == {"police-1", "justice-1"}


def test_r34_what_is_not_searched_is_said(running_federation: Fed) -> None:
    subject = Someone().subject()
    client = running_federation.client("police")
    assert WITHOUT_NUMBER_NOT_SEARCHED not in client.ask(asking.case(subject)).answer.terms
    subject.ClearField("name")
    assert WITHOUT_NUMBER_NOT_SEARCHED in client.ask(asking.case(subject)).answer.terms
    subject = pb.Subject(name="马可波罗")
    subject.identifiers.add(type=rec.IDENTIFIER_TYPE_PASSPORT, number="YA1234567")
    assert WITHOUT_NUMBER_NOT_SEARCHED in client.ask(asking.case(subject)).answer.terms


def test_r34_an_application_by_passport_gives_the_birth_date(running_federation: Fed) -> None:
    submission = applying.own(Someone())
    passport = rec.Identifier(type=rec.IDENTIFIER_TYPE_PASSPORT, number="YA1234567")
    submission.subject.identifiers[0].CopyFrom(passport)
    submission.applicant.identifier.CopyFrom(passport)
    submission.subject.ClearField("birth_date")
    with pytest.raises(InvalidRequest) as refused:
        applications(running_federation, "police", ACCEPTOR).submit(submission)
    assert faults(refused.value) == {("subject.birth_date", "R34")}


def test_r14_a_new_entry_with_neither_number_nor_birth_date_says_why(running_federation: Fed) -> None:
    made = name_only(Someone(name="佚名之人"))
    made.person.names[0].kind = rec.NAME_KIND_REGISTERED
    [outcome] = running_federation.client("police").register.enter_many("police-1", [made])
    assert {(v.field, v.rule) for v in outcome.quarantined.violations} == {("person.identifiers", "R14")}
    made.instrument.kind = rec.INSTRUMENT_KIND_PAPER
    running_federation.enter("police", made)


@pytest.mark.parametrize("asked", ["1980-06-05", "1980-05-07", "1981-05-06"])
def test_r34_a_birth_date_off_by_a_day_or_a_year_or_with_day_and_month_exchanged_is_a_candidate_never_a_match(
    running_federation: Fed, asked: str
) -> None:
    someone = Someone(name=f"谢烟客{asked}")
    running_federation.enter(
        "police", without(record(someone, "police"), ["person.identifiers"], HELD_ELSEWHERE)
    )
    numbered = Someone(name=f"石中玉{asked}")
    running_federation.enter("police", record(numbered, "police"))
    for name, expected in ((someone.name, CONFIRM), (numbered.name, CONFIRM)):
        subject = pb.Subject(name=name, birth_date=asked)
        assert finding(running_federation, asking.case(subject)) == expected
    day = [int(part) for part in asked.split("-")]
    other = Someone(name=numbered.name, born=date(*day))
    assert finding(running_federation, asking.case(other.subject())) in CLEAN, "its number is another's"


FOREIGN = [
    ("OKONKWO CHIDI", "Chidi Okonkwo", "B1234567", "B1234567"),
    ("李嘉盛", "李嘉盛", "K765432(1)", "K7654321"),
]


@pytest.mark.parametrize(("written", "asked", "kept", "shown"), FOREIGN)
@pytest.mark.parametrize("by", ["name", "number"])
def test_r34_names_in_another_order_and_numbers_without_brackets_at_every_door(
    running_federation: Fed, written: str, asked: str, kept: str, shown: str, by: str
) -> None:
    """No question is clean where an officer has only to compare: by name and birth date, or by the number."""
    made = record(Someone(name=written), "police")
    made.person.identifiers[0].CopyFrom(
        rec.Identifier(type=rec.IDENTIFIER_TYPE_OTHER, number=kept, verification=rec.VERIFICATION_VERIFIED)
    )
    if by == "number":
        made.person.birth_date = ""
        made = without(made, ["person.birth_date"], HELD_ELSEWHERE)
    running_federation.enter("police", made)
    subject = Someone(name=asked).subject()
    del subject.identifiers[:]
    if by == "number" and kept != shown:
        subject.name = "另外一人"
        subject.identifiers.add(type=rec.IDENTIFIER_TYPE_PASSPORT, number=shown)
    elif by == "number":
        subject.identifiers.add(type=rec.IDENTIFIER_TYPE_PASSPORT, number=kept)
    assert finding(running_federation, asking.case(subject)) == CONFIRM
    assert finding(running_federation, asking.public(subject)) == CONFIRM


@pytest.mark.parametrize("name", ["张某某", "王*", "姓名不详", "赵六（曾用名赵七）"])
def test_r34_a_name_that_no_question_could_find_is_refused_at_every_door(
    running_federation: Fed, name: str
) -> None:
    client = running_federation.client("police")
    wrong = name_only(Someone(name=name))
    with pytest.raises(InvalidRequest) as refused_entry:
        client.register.enter("police-1", wrong)
    assert ("person.names[0].text", "R14") in faults(refused_entry.value)
    [kept] = client.register.enter_many("police-1", [wrong])
    assert {v.field for v in kept.quarantined.violations} == {"person.names[0].text"}
    receipt = running_federation.enter("police", right := record(Someone(), "police"))
    right.person.names[0].text = name
    with pytest.raises(InvalidRequest):
        running_federation.amend("police", receipt.record_id, receipt.version, right)
    notice = judgment(Someone())
    notice.record.person.names[0].text = name
    assert ("R14", "record.person.names[0].text") in refused(running_federation.client("court"), notice)
    with pytest.raises(InvalidRequest) as refused_question:
        client.ask(asking.case(Someone(name=name).subject()))
    assert ("subject.name", "R14") in faults(refused_question.value)
    with pytest.raises(InvalidRequest):
        applications(running_federation, "police", ACCEPTOR).submit(applying.own(Someone(name=name)))
