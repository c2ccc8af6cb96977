"""Every record can be found at every door, and officers decide who is not meant (R34)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.answers.wording import WITHOUT_NUMBER_NOT_SEARCHED
from federation.errors import AlreadyExists, InvalidRequest, NotFound, OutOfOrder, Stale
from federation.record.others import REASON
from federation.v1 import document_pb2, identity_pb2, registry_pb2
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2 as rec
from federation.values.identifiers import check_character
from tests.support import applying, asking
from tests.support.applying import ACCEPTOR, applications
from tests.support.local import LocalFederation
from tests.support.notices import judgment, refused
from tests.support.records import HELD_ELSEWHERE, MINOR, Someone, case_number, record, without

Fed = LocalFederation
CONFIRM = pb.FINDING_CONFIRM_IDENTITY
CLEAN = (pb.FINDING_NO_RECORD, pb.FINDING_NO)
RULING = rec.Instrument(
    kind=rec.INSTRUMENT_KIND_RULING, reference="（2026）核字第3号", issuer="北京市公安局朝阳分局"
)


def name_only(someone: Someone, agency: str = "police") -> rec.Record:
    """Return a record of an adult of whom nothing but the own word for the name is known (自报姓名)."""
    made = without(record(someone, agency), ["person.identifiers", "person.birth_date"], HELD_ELSEWHERE)
    made.person.names[0].kind = rec.NAME_KIND_DECLARED
    made.person.sex, made.adulthood_proven = rec.SEX_UNKNOWN, True
    return made


def numbered(name: str, born: date, last: int) -> pb.Subject:
    """Return a person with a number that nobody bears; an odd last digit of the serial number is a man's."""
    body = f"998888{born:%Y%m%d}77{last}"
    subject = pb.Subject(name=name, birth_date=born.isoformat())
    subject.identifiers.add(type=rec.IDENTIFIER_TYPE_CITIZEN_ID, number=body + check_character(body))
    return subject


def faults(error: InvalidRequest) -> set[tuple[str, str]]:
    return {(v.field, v.rule) for v in error.violations}


def finding(federation: Fed, query: pb.Query, by: str = "police") -> pb.Finding.ValueType:
    return federation.client(by).ask(query).answer.finding


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


def test_r34_an_officer_decides_once_that_it_is_not_this_person(running_federation: Fed) -> None:
    receipt = running_federation.enter("police", name_only(Someone(name="独孤求败")))
    applicant, namesake = Someone(name="獨孤求敗"), Someone(name="独孤求败")
    case, own = asking.case(applicant.subject()), asking.own(applicant.subject())
    assert finding(running_federation, own) == CONFIRM
    client = running_federation.client("police")
    officer = client.identities("police-1")
    shown = officer.candidates(applicant.subject(), "申请被拦下")
    assert ([c.record_id for c in shown.candidates], shown.too_many) == ([receipt.record_id], False)
    decision = identity_pb2.Distinction(
        subject=applicant.subject(),
        record_id=receipt.record_id,
        expected_version=1,
        reason="指纹不同",
        instrument=RULING,
    )
    made = officer.distinguish(decision)
    assert (made.stands, made.events[0].officer) == (True, client.connection.officer)
    with pytest.raises(AlreadyExists):
        officer.distinguish(decision)
    assert not officer.candidates(applicant.subject(), "复核").candidates
    for query in (case, own):
        assert finding(running_federation, query) in CLEAN
    assert finding(running_federation, asking.case(namesake.subject())) == CONFIRM, "for one number alone"
    assert [each.distinction_id for each in officer.distinctions(made.distinction_id)] == [
        made.distinction_id
    ]
    # Once the record's person is corrected, nobody has decided about that person.
    [shown_record] = [officer.candidates(namesake.subject(), "复核").candidates[0].record]
    shown_record.person.names.add(kind=rec.NAME_KIND_ALIAS, text="剑魔")
    client.register.amend(
        "police-1",
        registry_pb2.Amendment(
            record_id=receipt.record_id, expected_version=1, record=shown_record, reason="补别名"
        ),
    )
    assert finding(running_federation, own) == CONFIRM
    decision.expected_version = 2
    made = officer.distinguish(decision)
    assert finding(running_federation, own) in CLEAN
    undone = officer.undo_distinction(made, "指纹比对有误")
    assert (undone.stands, [e.step for e in undone.events]) == (
        False,
        [identity_pb2.DISTINCTION_STEP_MADE, identity_pb2.DISTINCTION_STEP_UNDONE],
    )
    assert finding(running_federation, own) == CONFIRM
    with pytest.raises(OutOfOrder):
        officer.undo_distinction(undone, "再撤")


def test_r34_a_certain_or_sealed_or_changed_record_is_not_distinguished(running_federation: Fed) -> None:
    someone = Someone(name="令狐聪")
    receipt = running_federation.enter("police", record(someone, "police"))
    sealed = running_federation.enter("police", record(Someone(born=MINOR), "police"))
    decision = identity_pb2.Distinction(
        subject=someone.subject(),
        record_id=receipt.record_id,
        expected_version=1,
        reason="不是本人",
        instrument=RULING,
    )
    client = running_federation.client("police")
    officer = client.identities("police-1")
    with pytest.raises(OutOfOrder, match="split"):
        officer.distinguish(decision)
    stale = identity_pb2.Distinction()
    stale.CopyFrom(decision)
    stale.subject.CopyFrom(Someone(name="令狐聪").subject())
    stale.expected_version = 2
    with pytest.raises(Stale):
        officer.distinguish(stale)
    errors = []
    for record_id in (sealed.record_id, "00" * 16):
        decision.record_id = record_id
        with pytest.raises(NotFound) as refused:
            officer.distinguish(decision)
        errors.append(str(refused.value))
    assert errors[0] == errors[1], "a sealed record is as unknown"
    decision.subject.ClearField("identifiers")
    with pytest.raises(InvalidRequest) as wrong:
        officer.distinguish(decision)
    assert faults(wrong.value) == {("subject.identifiers", "R34")}


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


def test_r41_candidates_and_decisions_on_them_are_shown_without_texts_that_may_name_a_sealed_accomplice(
    running_federation: Fed,
) -> None:
    number, title = case_number(), "与完颜小王爷共同犯罪一案的通报"
    made = name_only(Someone(name="杨铁心"))
    made.judgment_number.original, made.instrument.reference = number, title
    receipt = running_federation.enter("police", made)
    applicant, other = Someone(name="杨铁心"), Someone(name="杨铁心")
    officer = running_federation.client("police").identities("police-1")
    [before] = officer.candidates(other.subject(), "申请被拦下").candidates
    decided = officer.distinguish(
        identity_pb2.Distinction(
            subject=applicant.subject(),
            record_id=receipt.record_id,
            expected_version=1,
            reason="同案完颜小王爷指认",
            instrument=RULING,
        )
    )
    assert (before.record.instrument.reference, decided.events[0].reason) == (title, "同案完颜小王爷指认")
    running_federation.enter("police", record(Someone(born=MINOR), "police", number=number))
    [after] = officer.candidates(other.subject(), "申请被拦下").candidates
    [listed] = officer.distinctions(decided.distinction_id)
    assert "完颜" not in str(after) + str(listed)
    assert (after.record.instrument.reference, listed.events[0].reason) == (number, REASON)


def test_r41_a_decision_on_a_record_that_is_sealed_since_is_shown_no_more_and_can_be_undone(
    running_federation: Fed,
) -> None:
    made = name_only(Someone(name="梅超凤"))
    receipt = running_federation.enter("police", made)
    officer = running_federation.client("police").identities("police-1")
    decided = officer.distinguish(
        identity_pb2.Distinction(
            subject=Someone(name="梅超凤").subject(),
            record_id=receipt.record_id,
            expected_version=1,
            reason="不是本人",
            instrument=RULING,
        )
    )
    made.adulthood_proven = False  # nothing tells any more that it may be open
    running_federation.amend("police", receipt.record_id, 1, made)
    assert decided.distinction_id not in {each.distinction_id for each in officer.distinctions()}
    with pytest.raises(NotFound):
        officer.distinctions(decided.distinction_id)
    undone = officer.undo_distinction(decided, "复核")
    assert (undone.stands, list(undone.events)) == (False, [])


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
