"""What an office promises in time: due days, lateness, papers and objections too late, documents handed out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from federation.applications.question import question_of
from federation.charter.envelope import ANSWER, GATEWAY, make_statement, sign_payload
from federation.charter.model import Charter, Node
from federation.documents import file
from federation.documents.document import open_document, read
from federation.documents.rendering import text_of
from federation.errors import NotFound, NotPermitted, OutOfOrder, Replayed, Stale
from federation.law.bases import Basis, load_bases
from federation.law.disclosure import Disclosure
from federation.law.readings import Readings
from federation.statements.methods import ASK
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2, record_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.identity import Installation, NodeName
from federation.values.terms import SealRule
from node.announcing import schema as announcing_schema
from node.announcing.announcing import Announcements
from node.announcing.store import AnnouncementStore
from node.applications.file_store import FileStore
from node.applications.looking import ApplicationLists
from node.applications.part import office_of
from node.applications.schema import SCHEMA
from node.applications.stepping import StepResult
from server.journal.journal import open_journal
from server.journal.log import Once
from server.opening import Act
from tests.support import applying, federation
from tests.support.federation import SmallFederation
from tests.support.records import Someone

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CLIENT, NODE = "police/client/desk", "police/node/police-1"


class World:
    """An office of the police on a real store, with a clock that is set by hand."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.at = MONDAY
        self.small = SmallFederation(home / "federation", clock=lambda: self.at)
        self.charter = self.small.charter()
        self.divisions: tuple[str, ...] = ()
        self.disclosure = Disclosure(
            catalogue={**load_bases(), "OPENS": _opening_row(), "REPEALED": _repealed_row()}
        )
        node = self.small.party(NODE)
        self.journal = stack.enter_context(
            open_journal(
                home / "store.db",
                body_key=os.urandom(32),
                charter=self.charter,
                signer=node.signer,
                now=self.now,
                schemas=[SCHEMA, announcing_schema.SCHEMA],
            )
        )
        self.files = FileStore(wrap_key=os.urandom(32), lookup_key=os.urandom(32), node="police-1")
        self.office = office_of(
            journal=self.journal,
            files=self.files,
            disclosure=self.disclosure,
            signer=node.signer,
            node=self.node,
            charter=lambda: self.charter,
            now=self.now,
            allow_synthetic=True,
            announcements=Announcements(
                store=AnnouncementStore(key=os.urandom(32), lookup_key=os.urandom(32)),
                journal=self.journal,
                node=NodeName("police-1"),
                signer=node.signer,
                charter=lambda: self.charter,
                now=self.now,
            ),
        )
        self.looking = ApplicationLists(journal=self.journal, files=self.files, now=self.now)

    def now(self) -> datetime:
        return self.at

    def node(self, charter: Charter) -> Node:
        """Return the node of the police in a charter, for the divisions that a test has set."""
        [node] = [each for each in charter.nodes if str(each.installation) == NODE]
        return replace(node, divisions=self.divisions)

    def on(self, day: str) -> None:
        """Set the clock to the morning of a day in Beijing."""
        self.at = datetime.combine(date.fromisoformat(day), MONDAY.time(), tzinfo=UTC)

    def admit_violation_certificates(self) -> None:
        """Put a charter in force whose reading admits certificates of no violations."""
        readings = Readings(violation_certificates=True)
        self.charter = replace(self.charter, version=self.charter.version + 1, readings=readings)
        self.journal.adopt(self.charter)

    def act(self, officer: str) -> Act:
        return Act(Installation.parse(CLIENT), officer, Once("ab" * 32, os.urandom(16)))

    def submit(self, submission: pb.Submission) -> pb.Application:
        return self.office.submit(submission, self.act("甲")).application

    def accept(
        self, application: pb.Application, step: pb.ApplicationStep.ValueType = applying.ACCEPT
    ) -> StepResult:
        body = pb.Acceptance(
            number=application.number,
            expected_version=application.version,
            decision=step,
            grounds=_grounds(step),
        )
        return self.office.accept(body, self.act("甲"))

    def review(
        self, application: pb.Application, step: pb.ApplicationStep.ValueType, officer: str = "乙"
    ) -> pb.Application:
        body = pb.ReviewStep(
            number=application.number,
            expected_version=application.version,
            decision=step,
            grounds=_grounds(step),
            note="核查",
            approved_by="局长",
        )
        return self.office.review(body, self.act(officer)).application

    def object(self, application: pb.Application) -> pb.Application:
        body = pb.Objection(number=application.number, expected_version=application.version, grounds="不服")
        return self.office.object(body, self.act("甲")).application

    def asked(
        self, application: pb.Application, finding: query_pb2.Finding.ValueType, officer: str = "丙"
    ) -> tuple[Envelope, Envelope]:
        """Return a question as signed, and what a gateway answers."""
        query = question_of(application, officer=officer)
        question = make_statement(
            signer=self.small.party(CLIENT).signer,
            federation=federation.FEDERATION,
            method=ASK,
            destination=GATEWAY,
            officer=officer,
            body=query.SerializeToString(deterministic=True),
            charter_version=self.charter.version,
            now=self.at,
        )
        answer = query_pb2.Answer(
            federation=federation.FEDERATION,
            charter_version=self.charter.version,
            charter_digest=self.charter.digest,
            answer_id="a-1",
            request_digest=hashlib.sha256(question.payload).digest(),
            gateway=federation.GATEWAY,
            answered_at=stamp(self.at),
            purpose=query.purpose,
            granularity=query_pb2.GRANULARITY_YES_NO,
            basis=query.basis,
            completeness=query_pb2.COMPLETENESS_COMPLETE,
            finding=finding,
            watermark="ab" * 32 if query.HasField("undertaking") else "",
            outcomes=[
                query_pb2.NodeOutcome(node=n.name, agency=n.agency, outcome=query_pb2.OUTCOME_ANSWERED)
                for n in self.charter.required_nodes("own")
            ],
        )
        signer = self.small.party(federation.GATEWAY).signer
        return question, sign_payload(ANSWER, answer.SerializeToString(deterministic=True), signer)

    def handle(self, application: pb.Application, question: Envelope, answer: Envelope) -> StepResult:
        body = pb.Handling(
            number=application.number,
            expected_version=application.version,
            decision=applying.ANSWER,
            question=question,
            answer=answer,
        )
        return self.office.handle(body, self.act("丙"))

    def handle_declined(self, application: pb.Application) -> StepResult:
        body = pb.Handling(
            number=application.number,
            expected_version=application.version,
            decision=applying.DECLINE,
            grounds=[applying.GROUND],
        )
        return self.office.handle(body, self.act("丙"))

    def answered(self, submission: pb.Submission, finding: query_pb2.Finding.ValueType) -> StepResult:
        approved = self.review(self.accept(self.submit(submission)).application, applying.APPROVE)
        return self.handle(approved, *self.asked(approved, finding))

    def show(self, number: str) -> StepResult:
        return self.looking.show(pb.ApplicationReference(number=number), self.act("甲"))


def _grounds(step: pb.ApplicationStep.ValueType) -> list[document_pb2.Ground]:
    needs = (applying.REFUSE, applying.REJECT, applying.UPHOLD, applying.CORRECT)
    return [applying.GROUND] if step in needs else []


def _opening_row() -> Basis:
    return replace(
        load_bases()["TCH-14"],
        id="OPENS",
        opens_seal=frozenset({SealRule.S1}),
        opened_by=("甲局长", "乙局长"),
        opened_because="试验",
    )


def _repealed_row() -> Basis:
    return replace(load_bases()["TCH-14"], id="REPEALED", in_force_from=None, in_force_to=date(2026, 3, 2))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(tmp_path, stack)


def test_r34_the_result_is_due_in_three_working_days_and_lateness_stays_on_record(world: World) -> None:
    accepted = world.accept(world.submit(applying.own(Someone()))).application
    assert accepted.due_on == "2026-03-05"
    world.on("2026-03-05")
    assert not world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))
    world.on("2026-03-06")
    [line] = world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))
    assert (line.number, line.late) == (accepted.number, True)
    late = world.review(accepted, applying.APPROVE)
    assert late.events[-1].late, "it is done all the same, and stays on record (R48)"


def test_r34_the_clock_stands_while_a_verification_is_under_way(world: World) -> None:
    accepted = world.accept(world.submit(applying.own(Someone()))).application
    world.on("2026-03-03")
    stopped = world.review(accepted, applying.VERIFY)
    assert (stopped.due_on, stopped.days_left) == ("", 2)
    world.on("2026-03-20")
    running = world.review(stopped, applying.RESUME)
    assert running.due_on == "2026-03-24"
    assert not running.events[-1].late


def test_r34_an_enlistment_batch_is_due_on_its_own_day_which_no_verification_moves(world: World) -> None:
    submission = applying.roster(Someone(), Someone(), basis="MIL-24", needed_by="2026-03-20")
    accepted = world.accept(world.submit(submission)).application
    assert accepted.due_on == "2026-03-20", "not the three working days of a single application"
    stopped = world.review(accepted, applying.VERIFY)
    assert (stopped.due_on, stopped.verifying) == ("2026-03-20", True)
    running = world.review(stopped, applying.RESUME)
    assert (running.due_on, running.verifying) == ("2026-03-20", False)
    world.on("2026-03-20")
    assert not world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))
    world.on("2026-03-21")
    [line] = world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))
    assert (line.number, line.due_on, line.late) == (accepted.number, "2026-03-20", True)
    assert world.review(running, applying.APPROVE).events[-1].late


def test_r34_a_batch_whose_day_passed_before_it_was_accepted_is_not_accepted(world: World) -> None:
    taken = world.submit(applying.roster(Someone(), basis="MIL-24", needed_by="2026-03-02"))
    assert not taken.obstacles, "needed today is not too late"
    world.on("2026-03-03")
    with pytest.raises(NotPermitted, match="已过"):
        world.accept(taken)


def test_r34_papers_that_come_too_late_are_refused(world: World) -> None:
    submission = applying.own(Someone())
    form = submission.papers.pop()
    wanted = world.accept(world.submit(submission), applying.WANT).application
    more = pb.Submission(supplement_to=wanted.number, expected_version=wanted.version, papers=[form])
    world.on("2026-04-02")
    with pytest.raises(OutOfOrder) as late:
        world.office.submit(more, world.act("甲"))
    assert late.value.reason == "TOO_LATE"
    world.on("2026-04-01")
    assert not world.office.submit(more, world.act("甲")).application.obstacles


def test_r34_an_objection_comes_in_time_or_is_refused(world: World) -> None:
    refused = world.accept(world.submit(applying.own(Someone())), applying.REFUSE).application
    world.on("2026-05-07")
    with pytest.raises(OutOfOrder) as late:
        world.object(refused)
    assert late.value.reason == "TOO_LATE"
    world.on("2026-05-06")  # the sixtieth day is 1 May, the first of five days off
    assert world.object(refused).state == pb.APPLICATION_STATE_OBJECTED


def test_r34_an_opinion_is_due_in_fifteen_working_days_and_at_most_thirty(world: World) -> None:
    refused = world.accept(world.submit(applying.own(Someone())), applying.REFUSE).application
    objected = world.object(refused)
    assert objected.due_on == "2026-03-23"
    world.on("2026-03-24")
    with pytest.raises(OutOfOrder) as late:
        world.review(objected, applying.EXTEND, "丁")
    assert late.value.reason == "TOO_LATE"
    world.on("2026-03-23")
    assert world.review(objected, applying.EXTEND, "丁").due_on == "2026-04-14"


def test_r34_a_refusal_that_was_wrong_is_put_right(world: World) -> None:
    refused = world.accept(world.submit(applying.own(Someone())), applying.REFUSE)
    judged = world.review(world.object(refused.application), applying.CORRECT, "丁")
    question, answer = world.asked(judged, query_pb2.FINDING_NO)
    body = pb.Handling(
        number=judged.number,
        expected_version=judged.version,
        decision=applying.CONCLUDE,
        question=question,
        answer=answer,
    )
    closed = world.office.handle(body, world.act("丙"))
    certificate, opinion = map(read, closed.documents)
    assert certificate.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
    assert certificate.supersedes == read(refused.documents[0]).number
    assert opinion.result == document_pb2.DOCUMENT_RESULT_CORRECTED


def test_r34_what_may_not_be_accepted_is_not_by_way_of_an_objection_either(world: World) -> None:
    refused = world.accept(world.submit(applying.public(Someone(), "NO-ROW")), applying.REFUSE)
    with pytest.raises(NotPermitted, match="条款"):
        world.review(world.object(refused.application), applying.CORRECT, "丁")


def test_an_answer_is_used_while_it_is_fresh_and_after_the_approval_only(world: World) -> None:
    approved = world.review(world.accept(world.submit(applying.own(Someone()))).application, applying.APPROVE)
    question, answer = world.asked(approved, query_pb2.FINDING_NO)
    world.at += timedelta(minutes=31)
    with pytest.raises(OutOfOrder) as old:
        world.handle(approved, question, answer)
    assert old.value.reason == "ANSWER_NOT_FRESH"
    world.at -= timedelta(minutes=41)
    early = world.asked(approved, query_pb2.FINDING_NO)
    world.at += timedelta(minutes=10)
    with pytest.raises(OutOfOrder) as before:
        world.handle(approved, *early)
    assert before.value.reason == "ANSWER_NOT_FRESH"


@pytest.mark.parametrize("finding", [query_pb2.FINDING_CONFIRM_IDENTITY, query_pb2.FINDING_UNDECIDED])
def test_what_the_answer_leaves_open_makes_no_document(
    world: World, finding: query_pb2.Finding.ValueType
) -> None:
    with pytest.raises(OutOfOrder) as refused:
        world.answered(applying.own(Someone()), finding)
    assert refused.value.reason == "ANSWER_NOT_DECIDED"


@pytest.mark.parametrize("finding", [query_pb2.FINDING_NO, query_pb2.FINDING_YES])
def test_r45_a_result_is_handed_out_for_five_working_days_and_then_is_nowhere(
    world: World, finding: query_pb2.Finding.ValueType
) -> None:
    done = world.answered(applying.own(Someone()), finding)
    world.on("2026-03-09")
    assert [read(e).kind for e in world.show(done.application.number).documents][1:] == [
        read(done.documents[0]).kind
    ]
    world.on("2026-03-10")
    assert not world.show(done.application.number).documents
    world.submit(applying.own(Someone()))
    world.accept(world.submit(applying.own(Someone())))
    with world.journal.reading() as connection:
        kept = connection.execute(
            text("SELECT count(*) FROM application_document WHERE application = :n AND length(body) > 0"),
            {"n": done.application.number},
        ).scalar_one()
    assert kept == 0


def test_a_document_expires_and_its_signature_still_holds(world: World) -> None:
    done = world.answered(applying.own(Someone()), query_pb2.FINDING_NO)
    document = read(done.documents[0])
    asked = pb.IssuedDocument(number=document.number, code=document.code)
    assert world.looking.check(asked, world.act("法官")).standing == pb.DOCUMENT_STANDING_IN_FORCE
    issued = world.at
    world.on("2026-06-01")
    assert world.looking.check(asked, world.act("法官")).standing == pb.DOCUMENT_STANDING_EXPIRED
    assert open_document(done.documents[0], world.charter, at=issued).document == document
    assert file.verify(file.render(done.documents[0]), lambda moment: world.charter).holds


def test_r43_r44_a_provision_that_two_officers_opened_leads_to_a_watermarked_letter(world: World) -> None:
    submission = applying.sealed_provision(Someone(), "OPENS")
    undertaking = submission.papers.pop()
    assert "保密承诺书" in applying.rules(world.submit(submission).obstacles)
    submission.papers.append(undertaking)
    approved = world.review(world.accept(world.submit(submission)).application, applying.APPROVE)
    query = question_of(approved, officer="丙")
    assert query.undertaking.signed_by == "丙"
    assert approved.number in query.undertaking.text
    [letter] = map(read, world.handle(approved, *world.asked(approved, query_pb2.FINDING_YES)).documents)
    assert letter.watermark
    assert any("被封存" in term for term in letter.terms)


def test_r43_a_query_of_sealed_records_is_decided_in_three_working_days_a_refusal_in_writing(
    world: World,
) -> None:
    """不许可查询决定书 with its reasons, within three working days (2022 Measures art. 16)."""
    accepted = world.accept(world.submit(applying.sealed_provision(Someone(), "OPENS"))).application
    assert accepted.due_on == "2026-03-05"
    body = pb.ReviewStep(
        number=accepted.number,
        expected_version=accepted.version,
        decision=applying.REJECT,
        grounds=[applying.GROUND],
    )
    rejected = world.office.review(body, world.act("乙"))
    [decision] = map(read, rejected.documents or world.handle_declined(rejected.application).documents)
    assert decision.kind == document_pb2.DOCUMENT_KIND_REFUSAL
    words = text_of(decision)
    assert words.startswith("不许可查询决定书")
    assert "决定不许可查询" in words
    assert applying.GROUND.says in words
    assert applying.GROUND.remedy in words
    assert "犯罪记录。" not in words, "it tells nothing of what there is"
    assert not world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))


def test_r36_a_provision_that_is_repealed_on_the_day_is_no_basis(world: World) -> None:
    last_day = world.submit(applying.public(Someone(), "REPEALED"))
    assert not last_day.obstacles
    world.on("2026-03-03")
    assert "不施行" in applying.rules(world.submit(applying.public(Someone(), "REPEALED")).obstacles)
    with pytest.raises(NotPermitted, match="不施行"):
        world.accept(last_day)


def test_r34_one_applies_where_one_is_registered_or_lives_or_where_the_unit_sits(world: World) -> None:
    world.divisions = ("1101",)
    someone = Someone()
    submission = applying.own(someone)
    assert not world.submit(submission).obstacles
    submission.applicant.household_division = "310101"
    assert "不属本机关管辖" in applying.rules(world.submit(submission).obstacles)
    submission.applicant.residence_division = "110108"
    assert "居住证" in applying.rules(world.submit(submission).obstacles)
    submission.papers.append(applying.paper(pb.PAPER_KIND_RESIDENCE_PERMIT))
    submission.papers.append(applying.paper(pb.PAPER_KIND_PROOF_OF_USE))
    assert not world.submit(submission).obstacles
    unit = applying.public(someone)
    unit.applicant.seat_division = "310101"
    assert "不属本机关管辖" in applying.rules(world.submit(unit).obstacles)


def test_r32_a_member_with_a_client_of_its_own_asks_by_itself(world: World) -> None:
    submission = applying.case(Someone())
    assert not world.submit(submission).obstacles
    submission.applicant.name = "court"
    assert "自行查询" in applying.rules(world.submit(submission).obstacles)


def test_a22_a_person_asks_about_himself_only(world: World) -> None:
    submission = applying.own(Someone())
    submission.subject.CopyFrom(Someone(name="别人").subject())
    assert "不是申请人本人" in applying.rules(world.submit(submission).obstacles)


@pytest.mark.parametrize("kind", ["own", "public", "defence", "case"])
def test_every_paper_that_is_left_out_is_named_with_its_remedy(world: World, kind: str) -> None:
    whole: pb.Submission = getattr(applying, kind)(Someone())
    assert not world.submit(whole).obstacles
    for left_out in range(len(whole.papers)):
        submission = pb.Submission()
        submission.CopyFrom(whole)
        submission.subject.CopyFrom(whole.subject)
        del submission.papers[left_out]
        found = world.submit(submission).obstacles
        named = [ground for ground in found if "超过三次" not in ground.says]
        assert len(named) == 1
        assert named[0].papers
        assert named[0].remedy


def test_r34_many_windows_at_once_get_one_number_each(world: World) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: world.submit(applying.own(Someone())).number, range(64)))
    assert sorted(made) == [f"police-1-2026-{n:06d}" for n in range(1, 65)]
    world.on("2027-01-04")
    assert world.submit(applying.own(Someone())).number == "police-1-2027-000001"


def test_the_same_request_counts_once(world: World) -> None:
    act = world.act("甲")
    world.office.submit(applying.own(Someone()), act)
    with pytest.raises(Replayed):
        world.office.submit(applying.own(Someone()), act)


def test_a_stale_version_and_an_unknown_number_are_told_apart(world: World) -> None:
    submitted = world.submit(applying.own(Someone()))
    world.accept(submitted)
    with pytest.raises(Stale) as stale:
        world.accept(submitted)
    assert stale.value.metadata["current"] == "2"
    with pytest.raises(NotFound):
        world.show("police-1-2026-999999")


def test_r56_the_steps_of_an_application_are_insert_only(world: World) -> None:
    world.submit(applying.own(Someone()))
    for attempt in ("UPDATE application_event SET body = x'00'", "DELETE FROM application_event"):
        with world.journal.engine.begin() as connection, pytest.raises(DatabaseError, match="insert-only"):
            connection.execute(text(attempt))


def _one_of_each(world: World) -> dict[int, document_pb2.Document]:
    """Return a document of every kind that an application can lead to."""
    issued: list[Envelope] = []

    def take(done: StepResult) -> pb.Application:
        issued.extend(done.documents)
        return done.application

    for finding in (query_pb2.FINDING_NO, query_pb2.FINDING_YES):
        accepted = take(world.accept(world.submit(applying.own(Someone()))))
        approved = world.review(accepted, applying.APPROVE)
        answered = take(world.handle(approved, *world.asked(approved, finding)))
    judged = world.review(world.object(answered), applying.UPHOLD, "丁")
    body = pb.Handling(number=judged.number, expected_version=judged.version, decision=applying.CONCLUDE)
    take(world.office.handle(body, world.act("丙")))
    take(world.answered(applying.public(Someone()), query_pb2.FINDING_NO))
    take(world.accept(world.submit(applying.public(Someone(), "")), applying.REFUSE))
    world.admit_violation_certificates()
    violations = applying.own(Someone())
    violations.record_class = record_pb2.RECORD_CLASS_PUBLIC_ORDER
    take(world.answered(violations, query_pb2.FINDING_NO))
    return {document.kind: document for document in map(read, issued)}


def test_r53_r54_every_kind_of_document_binds_to_purpose_and_confidentiality_and_names_a_remedy(
    world: World,
) -> None:
    documents = _one_of_each(world)
    no_application = document_pb2.DOCUMENT_KIND_SEALING_NOTICE  # served on the person, to keep
    kinds = {number for number in document_pb2.DocumentKind.values() if number not in (0, no_application)}
    assert documents.keys() == kinds, "a kind of document that this test does not know"
    for document in documents.values():
        text = text_of(document)
        assert any("仅限用于所载查询目的" in term for term in document.terms), text
        assert any("保密" in term for term in document.terms), text
        assert document.remedies, text
        assert all(ground.remedy for ground in document.grounds), text
        assert all(sentence in text for sentence in (*document.terms, *document.remedies))


def test_a26_every_obstacle_names_its_rule_and_its_remedy(world: World) -> None:
    world.divisions = ("11",)
    world.charter = world.small.charter()
    bare = {
        "own": applying.own(Someone()),
        "agent": applying.own(Someone()),
        "public": applying.public(Someone(), "NO-SUCH-ROW"),
        "roster": applying.roster(Someone(), basis="", needed_by="2020-01-01"),
        "defence": applying.defence(Someone(name="甲"), engaged_in=applying.CASE),
        "case": applying.case(Someone()),
        "sealed": applying.sealed_provision(Someone()),
    }
    for submission in bare.values():
        submission.applicant.household_division = submission.applicant.seat_division = "440106"
        submission.ClearField("relation")
        if submission.kind != pb.APPLICATION_KIND_DEFENCE:
            del submission.papers[:]
    bare["own"].applicant.name = "别人"
    bare["agent"].agent.name = "代理人"
    bare["defence"].papers[1].names = "乙"
    bare["case"].applicant.name, bare["case"].case_number = "court", ""
    found = [ground for submission in bare.values() for ground in world.submit(submission).obstacles]
    said_of = "\n".join(ground.says for ground in found)
    for known in ("介绍信", "申请人本人", "民事行为能力", "管辖", "同案其他", "终端查询", "已过", "案号"):
        assert known in said_of, known
    assert all(ground.rule and ground.says and ground.remedy for ground in found)
