"""Every record can be found: by a name alone, in every spelling, under every kind of document (R34)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from federation.errors import Corrupt
from federation.law.sealing import Status
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.tokens import class_token, digest_token, name_digest
from node.intake import matching
from node.register.distinctions import Distinctions
from node.register.entering import Registrar
from node.sealing import judging
from node.store import by_token, schema
from node.store.counted import COLUMNS, count_all, count_out
from node.store.reading import open_reader
from node.store.safeguard import Safeguard
from server.journal.tally import BUCKETS
from server.journal.work import Work
from tests.support.notices import judgment, release
from tests.support.records import HELD_ELSEWHERE, Someone, record, without
from tests.support.register import NEW, RegisterUnderTest, act

NONE, SEVERAL, MATCH = query_pb2.OUTCOME_NONE, query_pb2.OUTCOME_SEVERAL, query_pb2.OUTCOME_MATCH
NOBODY_KNOWN = ("person.identifiers", "person.birth_date")


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    made = RegisterUnderTest(tmp_path)
    made.profile = NEW
    return made


def nameless(someone: Someone, **fields: object) -> pb.Record:
    """Return a record of which nothing but the name is known (自报姓名), open because adulthood is proven."""
    made = without(record(someone, "police"), NOBODY_KNOWN, HELD_ELSEWHERE)
    made.person.names[0].kind = pb.NAME_KIND_DECLARED
    made.person.sex, made.adulthood_proven = pb.SEX_UNKNOWN, True
    return made


def outcome(register: RegisterUnderTest, someone: Someone) -> query_pb2.Outcome.ValueType:
    return register.look_up(someone.subject()).outcome


def test_r34_a_record_with_neither_number_nor_birth_date_is_found_by_its_name(
    register: RegisterUnderTest,
) -> None:
    register.enter(nameless(Someone(name="欧阳锋")))
    found = register.look_up(Someone(name="欧阳锋").subject())
    assert (found.outcome, len(found.facets)) == (SEVERAL, 0)
    assert outcome(register, Someone(name="歐陽鋒")) == SEVERAL
    assert outcome(register, Someone(name="欧阳克")) == NONE


def test_r34_a_question_by_passport_finds_it_by_its_name_too(register: RegisterUnderTest) -> None:
    register.enter(nameless(Someone(name="霍都")))
    asked = query_pb2.Subject(name="霍都")
    asked.identifiers.add(type=pb.IDENTIFIER_TYPE_PASSPORT, number="E12345678")
    assert register.look_up(asked).outcome == SEVERAL
    asked.ClearField("name")
    assert register.look_up(asked).outcome == NONE


@pytest.mark.parametrize("asked", ["买买提吐尔逊", "買買提•吐爾遜", "买买提—吐尔逊", "买买提 · 吐尔逊"])
@pytest.mark.parametrize("number", ["kept", "unknown"])
def test_r34_every_spelling_of_a_name_finds_it(register: RegisterUnderTest, asked: str, number: str) -> None:
    someone = Someone(name="买买提·吐尔逊")
    made = record(someone, "police")
    if number == "unknown":
        made = without(made, ["person.identifiers"], HELD_ELSEWHERE)
    register.enter(made)
    found = register.look_up(query_pb2.Subject(name=asked, birth_date=someone.born.isoformat()))
    assert (found.outcome, len(found.facets)) == (SEVERAL, 0)


@pytest.mark.parametrize("name", ["马超", "馬超", "⻢超"])
@pytest.mark.parametrize("typed", [pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT, pb.IDENTIFIER_TYPE_OTHER])
def test_r34_a_number_typed_under_another_document_is_the_same_number(
    register: RegisterUnderTest, typed: pb.IdentifierType.ValueType, name: str
) -> None:
    someone = Someone(name="马超")
    made = record(someone, "police")
    made.person.identifiers[0].type = typed
    register.enter(made)
    subject = someone.subject()
    subject.name = name
    assert register.look_up(subject).outcome == MATCH
    subject.ClearField("birth_date")
    # The other spelling supports nothing, but the birth date stands in the number.
    assert register.look_up(subject).outcome == MATCH
    other = Someone(name="曹操", serial=someone.serial)
    assert register.look_up(replace(other, born=someone.born).subject()).outcome == MATCH, (
        "the birth date fits"
    )


def test_r34_the_same_characters_under_another_document_make_a_candidate(register: RegisterUnderTest) -> None:
    someone = Someone(name="李莫愁")
    made = record(someone, "police")
    made.person.identifiers[0].type, made.person.identifiers[0].number = pb.IDENTIFIER_TYPE_OTHER, "E12345678"
    register.enter(made)
    asked = query_pb2.Subject(name="陆无双", birth_date="1990-01-01")
    asked.identifiers.add(type=pb.IDENTIFIER_TYPE_PASSPORT, number="E 1234-5678")
    found = register.look_up(asked)
    assert (found.outcome, len(found.facets)) == (SEVERAL, 0)


def test_r41_a_sealed_record_with_a_name_alone_is_as_if_there_were_none(register: RegisterUnderTest) -> None:
    made = nameless(Someone(name="小龙女"))
    made.adulthood_proven = False
    register.enter(made)
    assert register.statuses() == {str(Status.WITHHELD): 1}
    assert outcome(register, Someone(name="小龙女")) == NONE


def test_r34_records_of_an_earlier_program_are_found_by_their_first_tokens_and_then_by_all(
    register: RegisterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is unfindable while tokens are made again, and the run goes on where it stopped."""
    before, added = Someone(name="馬钰"), Someone(name="丘處機")
    for each in (record(before, "police"), nameless(added)):
        register.enter(each)
    resealer = register.resealing(page=1)
    while resealer.run_due():
        pass
    key = register.keys.lookup
    as_then = [
        class_token(key, "criminal", digest_token(key, digest))
        for digest in (name_digest(before.name, before.born.isoformat()),)
    ]

    def forget(work: Work) -> None:
        """Take out the tokens that the earlier program did not make."""
        rows = work.view.execute(select(schema.open_token)).mappings().all()
        number = [
            class_token(key, "criminal", each)
            for each in (
                register.shared().sealer.tokens(pb.Person(identifiers=record(before).person.identifiers))
            )
        ]
        for row in rows:
            if row["token"] in as_then or row["token"] not in number:
                count_out(work, "open_token", dict(row))
                work.view.execute(
                    delete(schema.open_token).where(
                        schema.open_token.c.token == row["token"],
                        schema.open_token.c.record_id == row["record_id"],
                    )
                )

    register.journal.run(forget)
    assert outcome(register, before) == MATCH, "by its number"
    assert outcome(register, added) == NONE, "as before the upgrade"
    monkeypatch.setattr(judging, "FINDING", "found-next")
    again = register.resealing(page=1)
    assert again.run_due()
    register.restarted()
    resumed = register.resealing(page=1)
    while resumed.run_due():
        pass
    assert outcome(register, added) == SEVERAL
    simplified = query_pb2.Subject(name="马钰", birth_date=before.born.isoformat())
    assert register.look_up(simplified).outcome == SEVERAL


def test_r34_a_decision_that_the_node_did_not_write_ends_all_answers(register: RegisterUnderTest) -> None:
    """Planted in the file, it would hide a record from its owner's questions."""
    register.journal.run(lambda work: count_all(work.view, work.counted))
    someone = Someone(name="慕容复")
    receipt = register.enter(nameless(someone))
    assert register.journal.tally is not None
    safeguard = Safeguard(register.journal, register.journal.tally)
    distinctions = Distinctions(
        lookup_key=register.keys.lookup, journal=register.journal, safeguard=safeguard
    )
    [identifier] = someone.subject().identifiers
    reader = open_reader(register.journal.engine, register.shared().sealer.open_vault)
    [candidate] = reader.all()
    assert distinctions.of([identifier], [candidate]) == set()
    pair = (
        distinctions.person(identifier),
        distinctions.record(bytes.fromhex(receipt.record_id), candidate.event.record.person),
    )
    register.restarted()
    with closing(sqlite3.connect(register.home / "store.db", timeout=60)) as store, store:
        store.execute("INSERT INTO distinction VALUES (?, ?, randomblob(16))", pair)
    assert register.journal.tally is not None
    safeguard = Safeguard(register.journal, register.journal.tally)
    again = Distinctions(lookup_key=register.keys.lookup, journal=register.journal, safeguard=safeguard)
    with pytest.raises(Corrupt):
        again.of([identifier], [candidate])
    assert safeguard.refusal() is not None


@pytest.mark.parametrize("how", ["name alone", "another spelling", "alike"])
def test_r31_a_notice_fits_by_a_name_written_alike_with_the_birth_date_alone(
    register: RegisterUnderTest, how: str
) -> None:
    """The rest is for an officer, who sees the candidate."""
    someone = Someone(name="鳩摩智" if how == "another spelling" else "鸠摩智")
    judged = judgment(someone)
    judged.record.person.ClearField("identifiers")
    if how == "name alone":
        judged.record.person.ClearField("birth_date")
        judged.record.person.names[0].kind, judged.record.adulthood_proven = pb.NAME_KIND_DECLARED, True
        judged.record.unknowns.add(field="person.birth_date", reason=HELD_ELSEWHERE)
    judged.record.unknowns.add(field="person.identifiers", reason=HELD_ELSEWHERE)
    register.enter(judged.record)
    notice = release(judgment(Someone(name="鸠摩智", serial=someone.serial)))
    notice.judgment.number.original = judged.record.judgment_number.original
    notice.judgment.number.canonical = judged.record.judgment_number.original
    notice.person.ClearField("identifiers")
    with register.journal.reading() as view:
        assert (matching.find(view, register.shared(), notice) is not None) == (how == "alike")
    reader = open_reader(register.journal.engine, register.shared().sealer.open_vault)
    [candidate] = matching.candidates(reader, register.shared(), notice)
    said = "same name in another spelling" if how == "another spelling" else "same name"
    assert said in candidate.reasons


@pytest.mark.parametrize("again", ["買買提·吐爾遜", "买买提吐尔逊", "买买提•吐尔逊", "买买提 — 吐尔逊"])
@pytest.mark.parametrize("stored", ["now", "before"])
def test_r34_one_person_and_judgment_in_another_spelling_are_registered_once(
    register: RegisterUnderTest, again: str, stored: str
) -> None:
    """A second copy would stay open when the first is sealed by order; an officer amends instead."""
    register.journal.run(lambda work: count_all(work.view, work.counted))
    someone = Someone(name="买买提·吐尔逊")
    made = without(record(someone, "police"), ["person.identifiers"], HELD_ELSEWHERE)
    made.judgment_number.canonical = made.judgment_number.original
    receipt = register.enter(made)
    if stored == "before":
        record_id = bytes.fromhex(receipt.record_id)
        first = register.shared().sealer.first_conviction(made)

        def as_then(work: Work) -> None:
            current = register.shared().records.by_id(work.view, record_id)
            assert current is not None
            by_token.renew_conviction(work, current, first)

        register.journal.run(as_then)
        same = pb.Record()
        same.CopyFrom(made)
        [outcome] = Registrar(register=register.shared()).enter([same], act())
        assert outcome.receipt.repeated, "found by the token of that time"
        while register.resealing().run_due():
            pass
    other = pb.Record()
    other.CopyFrom(made)
    other.person.names[0].text = again
    [outcome] = Registrar(register=register.shared()).enter([other], act())
    assert {v.rule for v in outcome.quarantined.violations} == {"ALREADY_EXISTS"}
    assert register.journal.tally is not None
    safeguard = Safeguard(register.journal, register.journal.tally)
    for table in COLUMNS:
        safeguard.compare(table, 0, BUCKETS - 1)
    assert safeguard.findings == []


def test_r34_a_number_typed_under_another_document_is_registered_once(register: RegisterUnderTest) -> None:
    made = record(Someone(), "police")
    register.enter(made)
    other = pb.Record()
    other.CopyFrom(made)
    other.person.identifiers[0].type = pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT
    [outcome] = Registrar(register=register.shared()).enter([other], act())
    assert {v.rule for v in outcome.quarantined.violations} == {"ALREADY_EXISTS"}
