"""An office for applications on a real store, with a clock that a test sets by hand."""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from federation.applications.question import question_of
from federation.charter.envelope import ANSWER, GATEWAY, make_statement, sign_payload
from federation.charter.model import Charter, Node
from federation.law.bases import Basis, load_bases
from federation.law.disclosure import Disclosure
from federation.law.readings import Readings
from federation.statements.methods import ASK
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2
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
