"""What may name another offender goes to sealed access alone while that offender is sealed, at every door (R41)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from federation.record.fields import CO_OFFENDERS
from federation.record.others import REASON
from federation.v1 import identity_pb2, notice_pb2, query_pb2, record_pb2, registry_pb2
from federation.values.identity import OrganFunction
from tests.support import asking
from tests.support.federation import SmallFederation
from tests.support.free_texts import NAME, NOTES, case, recalled, unsealing
from tests.support.notices import judgment, release, sent
from tests.support.records import MINOR, Someone, case_number, record, withheld_record
from tests.support.seal_servers import SealServers, at_rest, seal_servers
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    home = tmp_path_factory.mktemp("free-texts")
    federation = SmallFederation(home, others={"prison": OrganFunction.PRISON})
    with seal_servers(home, federation=federation) as running:
        yield running


def test_r41_a_free_text_is_shown_until_a_co_offender_is_sealed_here_and_then_under_sealed_access(
    servers: SealServers,
) -> None:
    played = case(servers, "police")
    assert played.tells()
    assert played.shows()
    played.seal("police")
    assert not played.tells()
    assert not played.shows()
    assert played.tells(asking.sealed_case(played.adult.subject()))


def test_r41_nothing_shows_that_something_was_left_out(servers: SealServers) -> None:
    """The same record without free texts, in a judgment without a sealed offender, is shown alike."""
    played, plain = case(servers, "police"), Someone(name="张无忌")
    made = record(plain, "police")
    receipt = servers.enter("police", made)
    played.seal("police")
    register = played.officer.register
    hidden, bare = (register.show("police-1", each.record_id) for each in (played.receipt, receipt))
    assert not hidden.record.extensions
    assert hidden.record.instrument.reference == played.number
    assert hidden.provenance.instrument.reference == played.number
    assert hidden.ByteSize() == bare.ByteSize()


def test_r41_a_withheld_co_offender_closes_the_free_texts_too(servers: SealServers) -> None:
    played = case(servers, "police")
    servers.enter("police", withheld_record("police", number=played.number)[1])
    assert not played.tells()
    assert not played.shows()


def test_r41_reasons_in_a_history_are_closed_with_the_rest(servers: SealServers) -> None:
    played = case(servers, "police")
    facet = played.officer.register.show("police-1", played.receipt.record_id)
    amendment = registry_pb2.Amendment(
        record_id=played.receipt.record_id,
        expected_version=1,
        record=facet.record,
        reason=f"{NAME}的笔录",
    )
    played.officer.register.amend("police-1", amendment)
    assert played.officer.register.history("police-1", played.receipt.record_id)[-1].reason == f"{NAME}的笔录"
    played.seal("police")
    assert played.officer.register.history("police-1", played.receipt.record_id)[-1].reason == REASON
    assert not played.shows()


def test_r41_an_officer_who_was_not_shown_an_addition_does_not_take_it_away(servers: SealServers) -> None:
    played = case(servers, "police")
    played.seal("police")
    facet = played.officer.register.show("police-1", played.receipt.record_id)
    facet.record.person.household_division = "110108"
    amendment = registry_pb2.Amendment(
        record_id=played.receipt.record_id, expected_version=1, record=facet.record, reason="迁移户口"
    )
    played.officer.register.amend("police-1", amendment)
    assert not played.tells()
    assert played.tells(asking.sealed_case(played.adult.subject()))


def test_r41_a_candidate_of_a_waiting_notice_is_shown_without_the_texts(servers: SealServers) -> None:
    played = case(servers, "police")
    played.seal("police")
    notice = release(judgment(played.adult, number=played.number))
    notice.person.identifiers[0].number = Someone(born=played.adult.born).number
    notice.reason = f"与{NAME}同日释放"
    sent(servers.of("prison"), notice)

    def waiting() -> list[notice_pb2.WaitingNotice]:
        listed = played.officer.notices.waiting("police-1")
        return [each for each in listed if each.notice.person == notice.person]

    [found] = wait_for(waiting, bool, what="the notice that waits")
    assert played.receipt.record_id in {each.record_id for each in found.candidates}
    assert NAME.encode() not in found.SerializeToString()


@pytest.mark.parametrize("sealer", ["police", "justice"])
def test_r41_r45_an_answer_that_showed_a_text_is_recalled_when_a_co_offender_is_sealed(
    servers: SealServers, sealer: str
) -> None:
    """Here or at another holder; but not an answer that showed no text, nor one under sealed access."""
    played, court = case(servers, "police"), servers.of("court")
    plain = Someone(name="张无忌")
    servers.enter("police", record(plain, "police", number=played.number))
    told = court.ask(asking.case(played.adult.subject()))
    untold = court.ask(asking.case(plain.subject()))
    briefly = asking.case(played.adult.subject())
    briefly.granularity = query_pb2.GRANULARITY_YES_NO
    yes = court.ask(briefly)
    allowed = court.ask(asking.sealed_case(played.adult.subject()))
    played.seal(sealer)
    at_rest(servers)
    seen = recalled(servers, told)
    assert not seen & {each.request_digest for each in (untold, yes, allowed)}
    again = court.ask(asking.case(played.adult.subject()))
    assert NAME.encode() not in again.envelope.payload
    played.seal(sealer)
    told_next = court.ask(asking.case((other := case(servers, "police")).adult.subject()))
    other.seal(sealer)
    assert again.request_digest not in recalled(servers, told_next), "it showed nothing that closed later"


def test_r41_r45_an_amendment_that_gives_a_sealed_record_another_judgment_recalls_its_texts_too(
    servers: SealServers,
) -> None:
    played, minor = case(servers, "police"), Someone(name=NAME, born=MINOR)
    made = record(minor, "police")
    receipt = servers.enter("police", made)
    told = servers.of("court").ask(asking.case(played.adult.subject()))
    assert NAME.encode() in told.envelope.payload
    made.judgment_number.original = played.number
    amendment = registry_pb2.Amendment(
        record_id=receipt.record_id, expected_version=1, record=made, reason="更正案号"
    )
    played.officer.register.amend("police-1", amendment)
    recalled(servers, told)
    assert not played.tells()


def test_r41_r45_a_co_offender_whom_another_holder_seals_closes_the_texts_from_its_receipt_on(
    servers: SealServers,
) -> None:
    played = case(servers, "police")
    assert played.tells()
    servers.slowed.to_nodes |= {"police-1"}
    try:
        played.seal("justice")
        assert not played.tells(), "the seal is delivered before the question is answered"
    finally:
        servers.slowed.end()
    at_rest(servers)
    assert not played.shows()
    assert played.tells(asking.sealed_case(played.adult.subject()))


def test_r41_r45_unsealing_brings_the_texts_back_at_every_holder(servers: SealServers) -> None:
    here, there = case(servers, "police"), case(servers, "justice")
    sealed = [each.seal("justice") for each in (here, there)]
    at_rest(servers)
    assert not any((here.tells(), here.shows(), there.tells(), there.shows()))
    for receipt in sealed:
        servers.of("justice").seals.unseal("justice-1", unsealing(receipt.record_id))
    at_rest(servers)
    assert all((here.tells(), here.shows(), there.tells(), there.shows()))


def test_r41_a_seal_of_the_same_offender_at_another_holder_is_no_co_offender(servers: SealServers) -> None:
    """Two holders have the record of one person; one unsealed it, and the other's seal closes nothing here."""
    someone, number = Someone(born=MINOR), case_number()
    made = record(someone, "police", number=number)
    made.extensions[NOTES] = f"{NAME}为证人"
    mine = servers.enter("police", made)
    at_rest(servers)
    servers.of("police").seals.unseal("police-1", unsealing(mine.record_id))
    servers.enter("justice", record(someone, "justice", number=number))
    at_rest(servers)
    shown = servers.of("police").register.show("police-1", mine.record_id)
    assert shown.record.extensions[NOTES] == f"{NAME}为证人"


def test_r41_a_merge_is_shown_without_the_reason_that_an_officer_wrote(servers: SealServers) -> None:
    """Its two sides are open, and one is of a judgment with a sealed offender."""
    played, again = case(servers, "police"), record(Someone(name="张无忌"), "police")
    other = servers.enter("police", again)
    reference = record_pb2.Instrument(
        kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference=f"{NAME}笔录", issuer="某区公安局"
    )
    identities = played.officer.identities("police-1")
    merge = identity_pb2.Merge(
        one=identity_pb2.RecordVersion(record_id=played.receipt.record_id, expected_version=1),
        other=identity_pb2.RecordVersion(record_id=other.record_id, expected_version=1),
        reason=f"{NAME}指认",
        instrument=reference,
    )
    merged = identities.merge(merge)
    assert NAME.encode() in identities.merges(merged.merge_id)[0].SerializeToString()
    played.seal("police")
    [shown] = identities.merges(merged.merge_id)
    assert NAME.encode() not in shown.SerializeToString()
    assert [event.reason for event in shown.events] == [REASON]


@pytest.mark.parametrize("sealer", ["police", "justice"])
def test_r41_a_text_that_names_the_judgment_of_an_offender_tried_apart_closes_with_the_seal(
    servers: SealServers, sealer: str
) -> None:
    adult, number, court = Someone(name="张无忌"), case_number(), servers.of("court")
    made = record(adult, "police")
    made.extensions[CO_OFFENDERS] = f"{NAME}另案处理，见{number}"
    servers.enter("police", made)
    told = court.ask(asking.case(adult.subject()))
    assert NAME.encode() in told.envelope.payload
    servers.enter(sealer, record(Someone(name=NAME, born=MINOR), sealer, number=number))
    assert NAME.encode() not in court.ask(asking.case(adult.subject())).envelope.payload
    recalled(servers, told)
    assert NAME.encode() in court.ask(asking.sealed_case(adult.subject())).envelope.payload


def test_r41_a_text_that_speaks_of_another_trial_without_its_number_is_for_sealed_access(
    servers: SealServers,
) -> None:
    adult, court = Someone(name="张无忌"), servers.of("court")
    made = record(adult, "police")
    made.extensions[CO_OFFENDERS] = f"{NAME}（另案处理）"
    servers.enter("police", made)
    assert NAME.encode() not in court.ask(asking.case(adult.subject())).envelope.payload
    assert NAME.encode() in court.ask(asking.sealed_case(adult.subject())).envelope.payload
