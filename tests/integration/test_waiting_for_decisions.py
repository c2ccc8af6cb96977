"""Withheld is no licence for a certificate (A27): applications wait for their day, and are verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from federation.errors import NotFound
from federation.v1 import document_pb2, query_pb2, record_pb2, sealing_pb2
from tests.support import applying, related
from tests.support.records import MINOR, Someone, record, sealed_record
from tests.support.verifying import (
    HOLDER,
    UNKNOWN,
    VERIFY,
    Desk,
    applied,
    decide,
    enter,
    entries,
    tasks,
    timeless,
)
from tests.support.waiting import wait_for
from tests.support.winding import Wound, wound


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wound]:
    with wound(tmp_path_factory.mktemp("waiting"), (VERIFY,)) as running:
        yield running


@pytest.fixture(scope="module")
def window(waiting: Wound) -> Desk:
    return Desk(waiting)


def test_a27_a_withheld_adult_is_announced_verified_decided_and_disclosed(
    waiting: Wound, window: Desk
) -> None:
    someone = Someone(name="待定人")
    enter(waiting, timeless(Someone(name="无人问起")))
    record_id = enter(waiting, timeless(someone))
    application = applied(waiting, window, applying.own(someone))
    assert application.release_on == waiting.working_day(1).isoformat()

    [first, *rest] = wait_for(
        lambda: tasks(waiting),
        lambda seen: bool(seen) and bool(seen[0].awaited_on),
        what="the announcement at the holder",
    )
    assert (first.record_id, first.awaited_on) == (record_id, application.release_on)
    assert rest, "what nobody waits for comes after it"
    assert not any(task.awaited_on for task in rest if task.record_id != record_id)

    assert window.refused(application) == "NOT_RELEASED"
    waiting.to(date.fromisoformat(application.release_on))
    assert window.refused(application) == "VERIFYING"
    application = window.verified(application)

    holder = waiting.client("procuratorate")
    facet, task = holder.seals.examine(HOLDER, record_id, reason="作出决定")
    assert facet.record.person.names[0].text == someone.name
    assert (task.rule, task.proposed) == ("S1-AGE-CONDUCT-UNKNOWN", sealing_pb2.PROPOSED_DECISION_OF_AGE)
    assert "刑法 87" in task.proposed_because
    log = entries(waiting, f"procuratorate/node/{HOLDER}")
    looked = [e for e in log if e["kind"] == "sealed_access" and e.get("purpose") == "decide"]
    assert (looked[-1]["record"], looked[-1]["reason"]) == (record_id, "作出决定")
    assert any(e["kind"] == "refused" and e.get("reason") == "VERIFYING" for e in log)

    assert window.refused(application) == "VERIFYING", "to look is not to decide"
    decide(waiting, record_id)
    assert record_id not in {task.record_id for task in tasks(waiting)}
    done = window.handling.answer(application)
    [document] = done.documents
    assert document.kind == document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED
    with pytest.raises(NotFound):
        holder.seals.examine(HOLDER, record_id, reason="再看")


@pytest.mark.parametrize("apart", [related.process, related.non_prosecution])
def test_r64_a_withdrawn_case_in_doubt_is_awaited_by_nobody_and_holds_up_no_certificate(
    waiting: Wound, window: Desk, apart: Callable[[Someone], record_pb2.Record]
) -> None:
    """Nor is a decision not to prosecute, which no application for oneself searches: nobody waits for its sealing."""
    someone, other = Someone(name="撤案人"), Someone(name="待定人")
    made = apart(someone)
    for name in ("conduct_from", "conduct_to"):
        made.offences[0].ClearField(name)
        made.unknowns.add(field=f"offences[0].{name}", reason=UNKNOWN)
    withdrawn, doubtful = enter(waiting, made), enter(waiting, timeless(other))
    application = applied(waiting, window, applying.own(someone))
    later = applied(waiting, window, applying.own(other))
    found = wait_for(
        lambda: {task.record_id: task for task in tasks(waiting)},
        lambda seen: bool(seen[doubtful].awaited_on),
        what="the later announcement at the holder",
    )
    assert found[withdrawn].due_on, "it waits for a decision, as every doubt about age does"
    assert not found[withdrawn].awaited_on
    waiting.to(date.fromisoformat(application.release_on))
    assert window.refused(later) == "VERIFYING"
    [document] = window.handling.answer(application).documents
    assert document.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
    decide(waiting, doubtful)


@pytest.mark.parametrize("kind", ["own", "public", "defence"])
def test_a27_sealed_and_unknown_persons_wait_alike_and_are_answered_alike(
    waiting: Wound, window: Desk, kind: str
) -> None:
    sealed, made = sealed_record("procuratorate")
    enter(waiting, made)
    make = {"own": applying.own, "public": applying.public, "defence": applying.defence}[kind]
    applications = [applied(waiting, window, make(who)) for who in (sealed, Someone(born=MINOR))]
    assert len({application.release_on for application in applications}) == 1
    assert {window.refused(application) for application in applications} == {"NOT_RELEASED"}
    waiting.to(date.fromisoformat(applications[0].release_on))
    results = [window.handling.answer(application).documents[0].result for application in applications]
    assert results == [document_pb2.DOCUMENT_RESULT_NONE] * 2


def test_a27_a_case_question_is_answered_as_ever(waiting: Wound) -> None:
    someone = Someone()
    enter(waiting, timeless(someone))
    query = query_pb2.Query(
        purpose=query_pb2.PURPOSE_CASE, subject=someone.subject(), case_number=applying.CASE
    )
    answer = waiting.client("court").ask(query).answer
    assert answer.finding == query_pb2.FINDING_NO_RECORD


def test_a27_in_a_roster_one_who_is_verified_holds_up_nobody(waiting: Wound, window: Desk) -> None:
    someone, others = Someone(), [Someone(), Someone()]
    enter(waiting, timeless(someone))
    application = window.approved(applying.roster(someone, *others))
    waiting.to(date.fromisoformat(application.release_on))
    [letter] = window.handling.answer(application).documents
    results = [line.result for line in letter.roster]
    assert results[0] == document_pb2.DOCUMENT_RESULT_UNSETTLED
    assert set(results[1:]) <= {document_pb2.DOCUMENT_RESULT_NONE, document_pb2.DOCUMENT_RESULT_UNSETTLED}


def test_a27_a_record_that_another_holder_sealed_is_decided(waiting: Wound, window: Desk) -> None:
    """The copy is withheld because of the seal: to verify it would tell of the seal for ever."""
    someone, made = sealed_record("justice")
    copy = record(someone, "procuratorate", number=made.judgment_number.original)
    copy.person.birth_date = "1985-03-04"
    copy.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    enter(waiting, copy)
    waiting.client("justice").register.enter("justice-1", made)
    wait_for(
        lambda: [task.rule for task in tasks(waiting)],
        lambda rules: "ORDER-HELD" in rules,
        what="the copy to be held",
    )
    application = applied(waiting, window, applying.own(someone))
    waiting.to(date.fromisoformat(application.release_on))
    [certificate] = window.handling.answer(application).documents
    assert certificate.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE


def test_a27_a_late_decision_is_a_breach_of_the_holder(waiting: Wound, window: Desk) -> None:
    someone = Someone()
    record_id = enter(waiting, timeless(someone))
    application = applied(waiting, window, applying.own(someone))
    wait_for(
        lambda: {task.record_id: task for task in tasks(waiting)}[record_id],
        lambda task: bool(task.awaited_on) and not task.breach,
        what="the announcement at the holder",
    )
    waiting.to(waiting.working_day(5))
    task = {task.record_id: task for task in tasks(waiting)}[record_id]
    assert (task.late, task.breach) == (True, "G1")
    assert window.refused(application) == "VERIFYING"
    log = entries(waiting, f"procuratorate/node/{HOLDER}")
    verified = [e for e in log if e["kind"] == "refused" and e.get("reason") == "VERIFYING"]
    assert verified[-1]["breach"] == "G1"
