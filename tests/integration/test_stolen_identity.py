"""冒名: a conviction under another's identity is split off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from compose.local.layout import NODES
from federation.errors import HutongError, InvalidRequest, NotFound, OutOfOrder, PermissionDenied, Stale
from federation.v1 import application_pb2, document_pb2, identity_pb2, record_pb2, registry_pb2
from tests.support import applying, asking, recalls
from tests.support.applying import ACCEPTOR, HANDLER, REEXAMINER
from tests.support.identities import FINDING, NO_RECORD, RECORD, found, identities, merge_of, split_of
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import MINOR, Someone, case_number, record, sealed_record
from tests.support.waiting import wait_for


def test_r47_a_stolen_identity_is_split_off_and_the_victim_gets_a_certificate(
    running_federation: LocalFederation,
) -> None:
    victim, offender = Someone(name="林平之"), Someone(name="田伯光", born=date(1975, 1, 2))
    receipt = running_federation.enter("police", record(victim, "police"))
    first, second = (applying.answered(running_federation, "police", applying.own(victim)) for _ in range(2))
    [wrong], [earlier] = second.documents, first.documents
    assert wrong.kind == earlier.kind == document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED

    window = applying.applications(running_federation, "police", ACCEPTOR)
    number = second.application.number
    with pytest.raises(OutOfOrder, match="victim objects first"):
        identities(running_federation).split(split_of(receipt, offender, application=number))
    objected = window.object(second.application, "身份被冒用").application
    done = identities(running_federation).split(split_of(receipt, offender, application=number))
    assert done.version == 2
    judged = applying.applications(running_federation, "police", REEXAMINER).review(
        objected, applying.CORRECT, [applying.GROUND]
    )
    certificate, opinion = (
        applying.applications(running_federation, "police", HANDLER).answer(judged.application).documents
    )

    assert certificate.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
    assert opinion.result == document_pb2.DOCUMENT_RESULT_CORRECTED
    for old in (wrong, earlier):
        checked = window.check(old.number, old.code)
        assert checked.standing == application_pb2.DOCUMENT_STANDING_SUPERSEDED
        assert checked.superseded_by == certificate.number
    assert (found(running_federation, victim).finding, found(running_federation, offender).finding) == (
        NO_RECORD,
        RECORD,
    )
    history = running_federation.client("police").register.history(NODES["police"], receipt.record_id)
    assert [e.kind for e in history] == [
        registry_pb2.RECORD_EVENT_KIND_ENTERED,
        registry_pb2.RECORD_EVENT_KIND_SPLIT,
    ]
    assert number in history[1].reason
    assert history[1].provenance.instrument.reference == FINDING.reference
    assert [h.record.person.names[0].text for h in history] == [victim.name, offender.name]
    entry = [e for e in running_federation.node_entries("police") if e["kind"] == "identity_split"][-1]
    assert (entry["record"], entry["officer"]) == (receipt.record_id, OFFICER)


def test_r47_an_unknown_offender_keeps_nothing_of_the_victim(running_federation: LocalFederation) -> None:
    victim = Someone(name="令狐冲")
    made = record(victim, "police", months=120)
    made.adulthood_proven, made.court_age_finding = True, record_pb2.COURT_AGE_FINDING_ADULT
    receipt = running_federation.enter("police", made)
    identities(running_federation).split(split_of(receipt))
    shown = running_federation.client("police").register.show(NODES["police"], receipt.record_id).record
    assert (shown.adulthood_proven, shown.court_age_finding) == (False, 0)
    assert victim.number not in str(shown)
    assert victim.name not in str(shown)
    assert shown.offences == made.offences
    assert found(running_federation, victim).finding == NO_RECORD


def test_r47_after_a_split_the_true_offender_is_judged_anew(running_federation: LocalFederation) -> None:
    """The victim was a minor and the offender is not: the victim's minority seals the offender's record no longer."""
    victim, made = sealed_record("police")
    receipt = running_federation.enter("police", made)
    offender = Someone(name="一个成年人")
    identities(running_federation).split(split_of(receipt, offender))
    answers = [found(running_federation, someone) for someone in (victim, offender)]
    assert [a.finding for a in answers] == [NO_RECORD, RECORD]
    tasks = running_federation.client("police").seals.withheld(NODES["police"])
    assert receipt.record_id not in {task.record_id for task in tasks}


def test_r47_an_unknown_offender_of_a_sealed_record_is_withheld_until_a_person_decides(
    running_federation: LocalFederation,
) -> None:
    victim, made = sealed_record("police")
    receipt = running_federation.enter("police", made)
    identities(running_federation).split(split_of(receipt))
    assert found(running_federation, victim).finding == NO_RECORD
    with pytest.raises(NotFound):
        running_federation.client("police").register.show(NODES["police"], receipt.record_id)
    tasks = running_federation.client("police").seals.withheld(NODES["police"])
    assert receipt.record_id in {task.record_id for task in tasks}, "a person decides"


def test_r47_what_another_holder_sealed_of_the_victim_holds_the_offender_no_longer(
    running_federation: LocalFederation,
) -> None:
    """One holder knew the victim's birth date and sealed; the other's copy was held, and is split off."""
    victim, number = Someone(born=MINOR, name="被冒名者"), case_number()
    copy = record(victim, "police", number=number)
    copy.person.birth_date = "1985-03-04"
    copy.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    held = running_federation.enter("police", copy)
    running_federation.enter("justice", record(victim, "justice", number=number))

    def waits() -> bool:
        tasks = running_federation.client("police").seals.withheld(NODES["police"])
        return any(task.record_id == held.record_id and task.rule == "ORDER-HELD" for task in tasks)

    wait_for(waits, what="the copy to be held by the other holder's seal")
    held.version = 2
    offender = Someone(name="真正的犯罪人")
    identities(running_federation).split(split_of(held, offender))
    assert not waits()
    assert found(running_federation, offender).finding == RECORD
    assert found(running_federation, victim).finding == NO_RECORD


def test_a_split_that_does_not_hold_is_refused_by_field(running_federation: LocalFederation) -> None:
    victim = Someone()
    receipt = running_federation.enter("police", record(victim, "police"))
    officer_client = identities(running_federation)
    bad: list[tuple[Callable[[identity_pb2.Split], object], type[HutongError], str]] = [
        (lambda s: s.ClearField("reason"), InvalidRequest, "reason"),
        (lambda s: s.ClearField("instrument"), InvalidRequest, "instrument.reference"),
        (lambda s: s.offender.CopyFrom(record(victim, "police").person), InvalidRequest, "amend it instead"),
        (lambda s: s.offender.Clear(), InvalidRequest, "person.names"),
        (lambda s: setattr(s, "expected_version", 7), Stale, "version 1"),
        (lambda s: setattr(s, "record_id", "00" * 16), NotFound, "no record"),
        (lambda s: setattr(s, "application", "police-1-2026-999999"), NotFound, "no application"),
    ]
    for change, error, says in bad:
        body = split_of(receipt, Someone())
        change(body)
        with pytest.raises(error, match=says):
            officer_client.split(body)
    other = applying.answered(running_federation, "police", applying.own(Someone())).application
    objected = applying.applications(running_federation, "police", ACCEPTOR).object(other, "冒名").application
    with pytest.raises(NotFound, match="not about the person"):
        officer_client.split(split_of(receipt, Someone(), application=objected.number))
    stranger = running_federation.client("procuratorate").identities(NODES["police"])
    with pytest.raises(PermissionDenied):
        stranger.split(split_of(receipt, Someone()))
    assert found(running_federation, victim).finding == RECORD, "nothing was changed"


def test_r45_what_was_told_of_the_wrong_person_is_recalled(running_federation: LocalFederation) -> None:
    victim, one, other = Someone(name="仪琳"), Someone(name="曲非烟"), Someone(name="刘菁")
    receipts = [running_federation.enter("police", record(p, "police")) for p in (victim, one, other)]
    before = [recalls.ask(running_federation, "court", asking.case(p.subject())) for p in (one, other)]
    merge = identities(running_federation).merge(merge_of(*receipts[1:]))
    of_victim = recalls.ask(running_federation, "court", asking.case(victim.subject()))
    of_both = recalls.ask(running_federation, "court", asking.case(one.subject()))
    assert len(of_both.answer.convictions) == 2

    identities(running_federation).split(split_of(receipts[0]))
    identities(running_federation).undo(merge, "并非一人")
    assert recalls.recalled(running_federation, "court", of_victim, of_both)
    kept = recalls.of(running_federation, "court", [answered.request_digest for answered in before])
    assert not kept, "an answer about one of them alone still holds"
