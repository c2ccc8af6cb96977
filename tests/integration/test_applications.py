"""Applications on four nodes: accepted, reviewed, handled, objected to (R34-R39)."""

from __future__ import annotations

import threading

import pytest

from compose.local.layout import NODES, node_installation
from federation.documents.rendering import text_of
from federation.errors import (
    BadEnvelope,
    NotPermitted,
    OutOfOrder,
    PermissionDenied,
    Stale,
)
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from tests.support import applying, asking
from tests.support.applying import ACCEPTOR, HANDLER, HEAD, REVIEWER, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone

CERTIFICATE = document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
NONE = document_pb2.DOCUMENT_RESULT_NONE


@pytest.fixture(scope="module")
def convicted(running_federation: LocalFederation) -> Someone:
    return applying.convicted(running_federation)


def last_refusals(federation: LocalFederation, agency: str, number: str) -> list[tuple[object, object]]:
    return [
        (e["reason"], e.get("officer"))
        for e in federation.node_entries(agency)
        if e["kind"] == "refused" and e.get("application") == number
    ]


def test_r34_an_application_is_accepted_reviewed_and_handled_by_named_officers(
    running_federation: LocalFederation,
) -> None:
    done = applying.answered(running_federation, "police", applying.own(Someone()))
    assert [(e.step, e.officer) for e in done.application.events] == [
        (pb.APPLICATION_STEP_SUBMIT, ACCEPTOR),
        (pb.APPLICATION_STEP_ACCEPT, ACCEPTOR),
        (pb.APPLICATION_STEP_APPROVE, REVIEWER),
        (pb.APPLICATION_STEP_ANSWER, HANDLER),
    ]
    assert all(e.at and e.installation == "police/client/window-1" for e in done.application.events)
    entries = [
        e
        for e in running_federation.node_entries("police")
        if e.get("application") == done.application.number and e["kind"] == "application"
    ]
    assert [(e["step"], e["state"], e["officer"]) for e in entries] == [
        ("submit", "submitted", ACCEPTOR),
        ("accept", "accepted", ACCEPTOR),
        ("approve", "approved", REVIEWER),
        ("answer", "answered", HANDLER),
    ]
    [certificate] = done.documents
    assert (certificate.kind, certificate.result) == (CERTIFICATE, NONE)
    assert "未发现" in text_of(certificate)


@pytest.mark.date_dependent
def test_r34_the_receipt_has_the_number_and_the_day_by_which_the_result_is_due(
    running_federation: LocalFederation,
) -> None:
    first = applying.accepted(running_federation, "justice", applying.own(Someone()))
    second = applying.accepted(running_federation, "justice", applying.own(Someone()))
    [receipt] = first.documents
    assert receipt.kind == document_pb2.DOCUMENT_KIND_RECEIPT
    assert receipt.due_on == first.application.due_on > receipt.issued_on
    year = receipt.issued_on[:4]
    assert first.application.number.rpartition("-")[0] == f"{NODES['justice']}-{year}"
    serials = [int(d.application.number.rpartition("-")[2]) for d in (first, second)]
    assert serials[1] == serials[0] + 1
    assert first.application.number in text_of(receipt)


def test_r34_nobody_handles_what_he_reviewed(running_federation: LocalFederation) -> None:
    reviewed = applying.approved(running_federation, "police", applying.own(Someone()))
    with pytest.raises(PermissionDenied) as refused:
        applications(running_federation, "police", REVIEWER).answer(reviewed.application)
    assert refused.value.reason == "SAME_OFFICER"
    number = reviewed.application.number
    assert ("SAME_OFFICER", REVIEWER) in last_refusals(running_federation, "police", number)


@pytest.mark.parametrize("spelling", ["审核员 乙", "审核员\u2f04", "审核员\u3000乙", "审核员-乙"])
def test_r34_another_spelling_of_the_reviewer_is_nobody_else(
    running_federation: LocalFederation, spelling: str
) -> None:
    reviewed = applying.approved(running_federation, "police", applying.own(Someone()))
    with pytest.raises((PermissionDenied, BadEnvelope)) as refused:
        applications(running_federation, "police", spelling).answer(reviewed.application)
    assert refused.value.reason in ("SAME_OFFICER", "OFFICER_MALFORMED")


def test_r34_an_invisible_character_makes_no_other_officer(running_federation: LocalFederation) -> None:
    reviewed = applying.approved(running_federation, "police", applying.own(Someone()))
    with pytest.raises(BadEnvelope, match="U\\+200B"):
        applications(running_federation, "police", f"{REVIEWER}\u200b").answer(reviewed.application)


def test_r34_a_step_out_of_order_or_twice_is_refused_and_logged(running_federation: LocalFederation) -> None:
    window = applications(running_federation, "police", ACCEPTOR)
    submitted = window.submit(applying.own(Someone())).application
    with pytest.raises(OutOfOrder, match="waits to be accepted"):
        applications(running_federation, "police", REVIEWER).review(submitted, applying.APPROVE)
    with pytest.raises(OutOfOrder, match="waits to be accepted"):
        window.object(submitted, "不服")
    with pytest.raises(OutOfOrder, match="waits to be accepted"):
        window.handle(submitted, applying.DECLINE, [applying.GROUND])
    accepted = window.accept(submitted, applying.ACCEPT).application
    with pytest.raises(Stale, match="look at it again"):
        window.accept(submitted, applying.ACCEPT)
    with pytest.raises(OutOfOrder):
        window.accept(accepted, applying.ACCEPT)
    reasons = [reason for reason, _ in last_refusals(running_federation, "police", submitted.number)]
    assert reasons == ["OUT_OF_ORDER"] * 3 + ["STALE", "OUT_OF_ORDER"]


def test_r34_of_two_officers_at_once_one_wins(running_federation: LocalFederation) -> None:
    accepted = applying.accepted(running_federation, "police", applying.own(Someone())).application
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def review(officer: str, decision: pb.ApplicationStep.ValueType) -> None:
        reviewer = applications(running_federation, "police", officer)
        gate.wait()
        try:
            reviewer.review(accepted, decision, [applying.GROUND])
        except Stale as stale:
            outcomes.append(f"stale: {stale.metadata['current']}")
        else:
            outcomes.append("done")

    for officer in ("审核员一", "审核员二"):
        applications(running_federation, "police", officer).show(accepted.number)
    threads = [
        threading.Thread(target=review, args=arguments)
        for arguments in (("审核员一", applying.APPROVE), ("审核员二", applying.REJECT))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", f"stale: {accepted.version + 1}"]


def test_r34_only_the_agencys_own_clients_work_on_its_applications(
    running_federation: LocalFederation,
) -> None:
    done = applying.accepted(running_federation, "police", applying.own(Someone()))
    stranger = running_federation.client("procuratorate").applications(NODES["police"])
    with pytest.raises(PermissionDenied) as shown:
        stranger.show(done.application.number)
    with pytest.raises(PermissionDenied) as reviewed:
        stranger.review(done.application, applying.APPROVE)
    assert shown.value.reason == reviewed.value.reason == "NOT_OWN_MEMBER"


def test_r34_papers_that_are_missing_are_named_and_may_be_brought(
    running_federation: LocalFederation,
) -> None:
    window = applications(running_federation, "police", ACCEPTOR)
    submission = applying.own(Someone())
    form = submission.papers.pop()
    submitted = window.submit(submission).application
    assert "申请表" in applying.rules(submitted.obstacles)
    with pytest.raises(NotPermitted, match="申请表"):
        window.accept(submitted, applying.ACCEPT)
    wanted = window.accept(submitted, applying.WANT).application
    assert wanted.state == pb.APPLICATION_STATE_PAPERS_WANTED
    more = pb.Submission(supplement_to=wanted.number, expected_version=wanted.version, papers=[form])
    complete = window.submit(more).application
    assert (complete.state, list(complete.obstacles)) == (pb.APPLICATION_STATE_SUBMITTED, [])
    assert window.accept(complete, applying.ACCEPT).application.state == pb.APPLICATION_STATE_ACCEPTED


def test_r34_an_agent_needs_a_power_of_attorney_and_full_capacity(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    submission = applying.own(someone)
    submission.agent.name, submission.agent.birth_date = "代理人", "2015-01-01"
    window = applications(running_federation, "police", ACCEPTOR)
    found = applying.rules(window.submit(submission).application.obstacles)
    assert all(phrase in found for phrase in ("授权委托书", "代理人身份证件", "民事行为能力"))
    submission.agent.birth_date = "1990-01-01"
    submission.papers.append(applying.paper(pb.PAPER_KIND_POWER_OF_ATTORNEY, names="别人"))
    submission.papers.append(applying.paper(pb.PAPER_KIND_AGENT_IDENTITY))
    assert "授权委托书" in applying.rules(window.submit(submission).application.obstacles)
    submission.papers.append(applying.paper(pb.PAPER_KIND_POWER_OF_ATTORNEY, names=someone.name))
    done = applying.answered(running_federation, "police", submission)
    assert done.documents[0].issued_to.name == someone.name


def test_r34_more_than_three_applications_a_year_want_proof_of_use(
    running_federation: LocalFederation,
) -> None:
    someone = Someone()
    window = applications(running_federation, "procuratorate", ACCEPTOR)
    for _ in range(3):
        assert not window.submit(applying.own(someone)).application.obstacles
    fourth = window.submit(applying.own(someone)).application
    assert "超过三次" in applying.rules(fourth.obstacles)
    submission = applying.own(someone)
    submission.papers.append(applying.paper(pb.PAPER_KIND_PROOF_OF_USE))
    assert not window.submit(submission).application.obstacles
    elsewhere = (
        applications(running_federation, "justice", ACCEPTOR).submit(applying.own(someone)).application
    )
    assert not elsewhere.obstacles, "each agency counts its own"


def test_r34_a_verification_stops_the_clock_and_needs_the_heads_approval(
    running_federation: LocalFederation,
) -> None:
    accepted = applying.accepted(running_federation, "police", applying.own(Someone())).application
    reviewer = applications(running_federation, "police", REVIEWER)
    with pytest.raises(PermissionDenied) as refused:
        reviewer.review(accepted, applying.VERIFY, note="身份信息冲突", approved_by=REVIEWER)
    assert refused.value.reason == "HEAD_NEEDED"
    stopped = reviewer.review(accepted, applying.VERIFY, note="身份信息冲突", approved_by=HEAD).application
    assert (stopped.verifying, stopped.due_on, stopped.days_left) == (True, "", 3)
    with pytest.raises(OutOfOrder) as stands:
        reviewer.review(stopped, applying.APPROVE)
    assert stands.value.reason == "VERIFYING"
    running = reviewer.review(stopped, applying.RESUME).application
    assert (running.verifying, running.due_on) == (False, accepted.due_on)


def test_an_application_file_is_ciphertext_on_the_disk(running_federation: LocalFederation) -> None:
    someone = Someone(name="黄药师岛主")
    done = applying.answered(running_federation, "police", applying.own(someone))
    folder = running_federation.layout.server(node_installation("police"))
    stored = b"".join(path.read_bytes() for path in folder.glob("store.db*"))
    assert done.application.number.encode() in stored
    assert someone.name.encode() not in stored
    assert someone.number.encode() not in stored


def test_the_list_tells_where_each_application_stands_and_nobodys_name(
    running_federation: LocalFederation,
) -> None:
    done = applying.accepted(running_federation, "state_security", applying.own(Someone()))
    lines = applications(running_federation, "state_security", ACCEPTOR).list([pb.APPLICATION_STATE_ACCEPTED])
    [line] = [line for line in lines if line.number == done.application.number]
    assert (line.version, line.due_on, line.late) == (2, done.application.due_on, False)


def test_a_refused_certificate_may_not_be_read_from_the_file_later(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    files = [
        applying.answered(running_federation, "police", applying.own(someone)).application
        for someone in (convicted, Someone(name="华筝"))
    ]
    headers = [next(d for d in file.documents if d.result) for file in files]
    for header in headers:
        header.ClearField("digest")
        header.ClearField("number")
    assert headers[0] == headers[1], "the file keeps no trace of which result it was"
    assert asking.PERSON.organ_class == files[0].submission.applicant.organ_class
