"""Applications on four nodes: accepted, reviewed, handled, objected to (R34-R39)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from compose.local.layout import NODES, node_installation
from federation.applications.question import question_of
from federation.client import Client
from federation.client.applications import VerifiedStep
from federation.documents.rendering import text_of
from federation.errors import (
    BadEnvelope,
    HutongError,
    InvalidRequest,
    NotFound,
    NotPermitted,
    OutOfOrder,
    PermissionDenied,
    Stale,
)
from federation.statements import methods
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2
from tests.support import applying, asking
from tests.support.applying import ACCEPTOR, HANDLER, HEAD, REEXAMINER, REVIEWER, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone, case_number, record, sealed_record

CERTIFICATE = document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
REFUSED_CERTIFICATE = document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED
REFUSAL = document_pb2.DOCUMENT_KIND_REFUSAL
LETTER = document_pb2.DOCUMENT_KIND_RESULT_LETTER
OPINION = document_pb2.DOCUMENT_KIND_REEXAMINATION_OPINION
NONE, FOUND = document_pb2.DOCUMENT_RESULT_NONE, document_pb2.DOCUMENT_RESULT_FOUND
LAWFUL: dict[str, Callable[[Someone], pb.Submission]] = {
    "own": applying.own,
    "public": applying.public,
    "defence": applying.defence,
    "case": applying.case,
}


@pytest.fixture(scope="module")
def convicted(running_federation: LocalFederation) -> Someone:
    """An adult with an open conviction for theft, three years, known to two agencies."""
    someone, number = Someone(name="杨康"), case_number()
    for agency in ("police", "procuratorate"):
        running_federation.enter(agency, record(someone, agency, number=number))
    return someone


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


def test_r35_each_agency_decides_for_itself(running_federation: LocalFederation, convicted: Someone) -> None:
    refusing = applications(running_federation, "procuratorate", ACCEPTOR)
    refused = refusing.accept(
        refusing.submit(applying.public(convicted)).application, applying.REFUSE, [applying.GROUND]
    )
    assert refused.documents[0].issuer == "人民检察院"
    allowed = applying.answered(running_federation, "police", applying.public(convicted))
    assert allowed.documents[0].issuer == "公安机关"
    with pytest.raises(NotFound):
        applications(running_federation, "police", ACCEPTOR).show(refused.application.number)


def test_r35_the_application_is_the_mandate_that_gateway_and_nodes_write_down(
    running_federation: LocalFederation,
) -> None:
    done = applying.answered(running_federation, "police", applying.own(Someone()))
    mandate = done.application.mandate
    assert mandate.startswith(f"{done.application.number}@")
    asked = [e for e in running_federation.gateway_entries() if e.get("mandate") == mandate]
    assert [e["kind"] for e in asked] == ["request"]
    for agency in NODES:
        looked = [e for e in running_federation.node_entries(agency) if e.get("mandate") == mandate]
        assert "lookup" in {e["kind"] for e in looked}


@pytest.mark.parametrize("basis", ["", "NO-SUCH-ROW"])
def test_r36_no_provision_no_acceptance(running_federation: LocalFederation, basis: str) -> None:
    window = applications(running_federation, "police", ACCEPTOR)
    submitted = window.submit(applying.public(Someone(), basis)).application
    assert "R36" in applying.rules(submitted.obstacles)
    with pytest.raises(NotPermitted):
        window.accept(submitted, applying.ACCEPT)
    refused = window.accept(submitted, applying.REFUSE)
    [decision] = refused.documents
    assert (decision.kind, decision.result) == (REFUSAL, document_pb2.DOCUMENT_RESULT_NOT_ACCEPTED)
    assert all(ground.remedy for ground in decision.grounds)
    assert any("复查" in remedy for remedy in decision.remedies)


def test_r36_a_unit_asks_about_its_own_staff_or_recruits_only(running_federation: LocalFederation) -> None:
    submission = applying.public(Someone())
    submission.relation = pb.RELATION_UNSPECIFIED
    del submission.papers[-1]
    window = applications(running_federation, "police", ACCEPTOR)
    submitted = window.submit(submission).application
    found = applying.rules(submitted.obstacles)
    assert "拟招录人员" in found
    refused = window.accept(submitted, applying.REFUSE)
    assert "拟招录人员" in text_of(refused.documents[0])


def test_r36_a_provision_that_opens_no_seal_gives_no_sealed_access(
    running_federation: LocalFederation,
) -> None:
    window = applications(running_federation, "police", ACCEPTOR)
    submitted = window.submit(applying.sealed_provision(Someone())).application
    assert "q5-seal-not-opened" in applying.rules(submitted.obstacles)


def test_r37_the_letter_says_whether_the_provision_applies_and_nothing_else(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    [letter] = applying.answered(running_federation, "police", applying.public(convicted)).documents
    assert (letter.kind, letter.result) == (LETTER, FOUND)
    assert not letter.convictions
    text = text_of(letter)
    assert letter.law in text
    assert "盗窃" not in text
    assert "京0105" not in text
    [clean] = applying.answered(running_federation, "police", applying.public(Someone())).documents
    assert clean.result == NONE


def test_r38_the_lawyer_of_this_case_is_told(running_federation: LocalFederation, convicted: Someone) -> None:
    [letter] = applying.answered(running_federation, "justice", applying.defence(convicted)).documents
    assert (letter.kind, letter.result) == (LETTER, FOUND)
    assert [list(c.offences) for c in letter.convictions] == [["盗窃罪"]]
    assert "有期徒刑3年" in text_of(letter)


def test_r38_legal_aid_papers_do_in_place_of_an_engagement(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    submission = applying.defence(convicted)
    submission.papers[1].kind = pb.PAPER_KIND_LEGAL_AID_LETTER
    [letter] = applying.answered(running_federation, "justice", submission).documents
    assert letter.result == FOUND


def test_r38_a_lawyer_asking_about_another_case_is_not_accepted(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    window = applications(running_federation, "justice", ACCEPTOR)
    for submission in (
        applying.defence(convicted, engaged_in="（2026）京0105刑初99号"),
        applying.defence(Someone(name="郭靖")),
    ):
        if submission.subject.name == "郭靖":
            submission.papers[1].names = "另一人"
        submitted = window.submit(submission).application
        assert "辩护律师只能查询本案" in applying.rules(submitted.obstacles)
        with pytest.raises(NotPermitted):
            window.accept(submitted, applying.ACCEPT)
        [decision] = window.accept(submitted, applying.REFUSE).documents
        assert "R38" in text_of(decision)


def test_r39_a_lawyer_is_told_of_a_sealed_record_as_of_none(running_federation: LocalFederation) -> None:
    sealed, made = sealed_record()
    running_federation.enter("procuratorate", made)
    nobody = Someone(born=sealed.born)
    one, other = (
        applying.answered(running_federation, "justice", applying.defence(someone)).documents[0]
        for someone in (sealed, nobody)
    )
    assert one.result == other.result == NONE
    assert "无可提供的犯罪记录" in text_of(one)


VARIES = ("number", "application", "issued_at", "request_digest", "answer_digest", "code", "subject")


@pytest.mark.parametrize("kind", sorted(LAWFUL))
def test_r41_a_document_about_a_sealed_person_is_that_of_a_person_with_none(
    running_federation: LocalFederation, kind: str
) -> None:
    sealed, made = sealed_record("police")
    running_federation.enter("police", made)
    nobody = Someone(born=sealed.born)
    done = [
        applying.answered(running_federation, "police", LAWFUL[kind](someone)) for someone in (sealed, nobody)
    ]
    sizes = [[len(e.SerializeToString()) for e in each.envelopes] for each in done]
    assert sizes[0] == sizes[1]
    documents = [each.documents[0] for each in done]
    assert len(text_of(documents[0]).encode()) == len(text_of(documents[1]).encode())
    assert done[0].application.ByteSize() == done[1].application.ByteSize()
    for document in documents:
        assert document.result == NONE
        for field in VARIES:
            document.ClearField(field)  # type: ignore[arg-type]
    assert documents[0] == documents[1]


def test_r34_an_objection_is_re_examined_by_another_officer_and_answered(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    done = applying.answered(running_federation, "police", applying.own(convicted))
    assert done.documents[0].kind == REFUSED_CERTIFICATE
    objected = (
        applications(running_federation, "police", ACCEPTOR).object(done.application, "不是本人").application
    )
    for officer in (ACCEPTOR, REVIEWER, HANDLER):
        with pytest.raises(PermissionDenied):
            applications(running_federation, "police", officer).review(
                objected, applying.UPHOLD, [applying.GROUND]
            )
    expert = applications(running_federation, "police", REEXAMINER)
    longer = expert.review(objected, applying.EXTEND, note="需要核查指纹", approved_by=HEAD).application
    assert longer.due_on > objected.due_on
    with pytest.raises(OutOfOrder) as twice:
        expert.review(longer, applying.EXTEND, note="再延长", approved_by=HEAD)
    assert twice.value.reason == "EXTENDED_BEFORE"
    judged = expert.review(longer, applying.UPHOLD, [applying.GROUND]).application
    with pytest.raises(PermissionDenied):
        expert.answer(judged)
    closed = applications(running_federation, "police", HANDLER).answer(judged)
    [opinion] = closed.documents
    assert (opinion.kind, opinion.result) == (OPINION, document_pb2.DOCUMENT_RESULT_UPHELD)
    assert closed.application.state == pb.APPLICATION_STATE_CLOSED
    with pytest.raises(OutOfOrder):
        applications(running_federation, "police", ACCEPTOR).object(closed.application, "还是不服")


def test_r34_a_founded_objection_replaces_the_result(running_federation: LocalFederation) -> None:
    someone = Someone(name="穆念慈")
    receipt = running_federation.enter("police", record(someone, "police"))
    done = applying.answered(running_federation, "police", applying.own(someone))
    [wrong] = done.documents
    assert wrong.kind == REFUSED_CERTIFICATE
    from federation.v1 import registry_pb2

    running_federation.client("police").register.withdraw(
        NODES["police"],
        registry_pb2.Withdrawal(
            record_id=receipt.record_id, expected_version=receipt.version, reason="冒名，非本人"
        ),
    )
    objected = (
        applications(running_federation, "police", ACCEPTOR).object(done.application, "冒名").application
    )
    judged = applications(running_federation, "police", REEXAMINER).review(
        objected, applying.CORRECT, [applying.GROUND]
    )
    closed = applications(running_federation, "police", HANDLER).answer(judged.application)
    certificate, opinion = closed.documents
    assert (certificate.kind, certificate.supersedes) == (CERTIFICATE, wrong.number)
    assert (opinion.kind, opinion.result) == (OPINION, document_pb2.DOCUMENT_RESULT_CORRECTED)
    anyone = running_federation.client("court").applications(NODES["police"])
    checked = anyone.check(wrong.number, wrong.code)
    assert (checked.standing, checked.superseded_by) == (pb.DOCUMENT_STANDING_SUPERSEDED, certificate.number)
    assert anyone.check(certificate.number, certificate.code).standing == pb.DOCUMENT_STANDING_IN_FORCE


def test_a_code_that_does_not_fit_is_like_a_document_never_issued(
    running_federation: LocalFederation,
) -> None:
    [certificate] = applying.answered(running_federation, "police", applying.own(Someone())).documents
    anyone = running_federation.client("court").applications(NODES["police"])
    unknown = pb.VerifyDocumentResponse(standing=pb.DOCUMENT_STANDING_UNKNOWN)
    assert anyone.check(certificate.number, "0000-0000-0000") == unknown
    assert anyone.check("police-1-2026-999999-01", certificate.code) == unknown
    typed = certificate.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert anyone.check(certificate.number, typed).standing == pb.DOCUMENT_STANDING_IN_FORCE


def _other_question(done: VerifiedStep, handler: Client) -> query_pb2.Query:
    return question_of(done.application, officer=handler.connection.officer)


FORGERIES: dict[str, Callable[[query_pb2.Query], object]] = {
    "subject": lambda q: q.subject.CopyFrom(Someone().subject()),
    "basis": lambda q: setattr(q, "basis", "COMP-24"),
    "on_behalf_of": lambda q: setattr(q.on_behalf_of, "name", "第二小学"),
    "mandate": lambda q: q.ClearField("mandate"),
    "granularity": lambda q: setattr(q, "granularity", query_pb2.GRANULARITY_YES_NO),
}


@pytest.mark.parametrize("field", sorted(FORGERIES))
def test_an_answer_to_another_question_makes_no_document(
    running_federation: LocalFederation, field: str
) -> None:
    done = applying.approved(running_federation, "police", applying.public(Someone()))
    client = running_federation.client("police", HANDLER)
    handler = applications(running_federation, "police", HANDLER)
    query = _other_question(done, client)
    FORGERIES[field](query)
    question = client.connection.statement(
        query.SerializeToString(), method=methods.ASK, destination="gateway"
    )
    answered = client.questions.deliver(question)
    with pytest.raises(InvalidRequest, match=field):
        handler.handle(done.application, applying.ANSWER, question=question, answer=answered.envelope)
    assert handler.show(done.application.number).application == done.application


def test_a_forged_or_borrowed_answer_makes_no_document(running_federation: LocalFederation) -> None:
    done = applying.approved(running_federation, "police", applying.public(Someone()))
    handler = applications(running_federation, "police", HANDLER)
    question, answered = handler.ask(done.application)
    forged = type(answered.envelope)()
    forged.CopyFrom(answered.envelope)
    answer = query_pb2.Answer.FromString(forged.payload)
    answer.finding = query_pb2.FINDING_YES
    forged.payload = answer.SerializeToString(deterministic=True)
    with pytest.raises(HutongError) as refused:
        handler.handle(done.application, applying.ANSWER, question=question, answer=forged)
    assert refused.value.reason in ("CORRUPT", "BAD_SIGNATURE", "BAD_ENVELOPE")
    other, _ = handler.ask(done.application)
    with pytest.raises(BadEnvelope):
        handler.handle(done.application, applying.ANSWER, question=other, answer=answered.envelope)
    with pytest.raises(PermissionDenied) as borrowed:
        applications(running_federation, "police", "处理员己").handle(
            done.application, applying.ANSWER, question=question, answer=answered.envelope
        )
    assert borrowed.value.reason == "ANOTHER_ASKED"
    with pytest.raises(InvalidRequest, match="answer"):
        handler.handle(done.application, applying.ANSWER)
    handler.handle(done.application, applying.ANSWER, question=question, answer=answered.envelope)


def test_r7_no_clean_document_while_a_node_is_down_and_nothing_is_lost_by_kill(
    running_federation: LocalFederation,
) -> None:
    police, justice = node_installation("police"), node_installation("justice")
    window = applications(running_federation, "police", ACCEPTOR)
    application = window.submit(applying.own(Someone())).application

    def killed() -> None:
        running_federation.signal(police, signal.SIGKILL)
        running_federation.up(police)

    def again(officer: str) -> pb.Application:
        with running_federation.fresh_client("police", officer) as client:
            return client.applications(NODES["police"]).show(application.number).application

    killed()
    assert again(ACCEPTOR) == application
    with running_federation.fresh_client("police", ACCEPTOR) as client:
        application = client.applications(NODES["police"]).accept(application, applying.ACCEPT).application
    killed()
    with running_federation.fresh_client("police", REVIEWER) as client:
        reviewer = client.applications(NODES["police"])
        application = reviewer.review(again(REVIEWER), applying.APPROVE).application
    running_federation.down(justice)
    try:
        with (
            running_federation.fresh_client("police", HANDLER) as client,
            pytest.raises(OutOfOrder) as refused,
        ):
            client.applications(NODES["police"]).answer(application)
        assert refused.value.reason == "ANSWER_NOT_COMPLETE"
    finally:
        running_federation.up(justice)
    killed()
    with running_federation.fresh_client("police", HANDLER) as client:
        done = client.applications(NODES["police"]).answer(again(HANDLER))
    killed()
    with running_federation.fresh_client("police", HANDLER) as client:
        shown = client.applications(NODES["police"]).show(application.number)
    assert shown.application == done.application
    assert done.envelopes[0] in shown.envelopes


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
