"""Client for the steps of applications at a node of one's own agency, and for the question of an approved one.

    with Client.open(Path("home/federation.json"), "police", officer="王警官") as client:
        window = client.applications("police-1")
        done = window.submit(submission)
        done = window.accept(done.application, Step.ACCEPT)

Every document's signature is checked before it is returned; errors are those of `federation.errors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeAlias

from federation.applications.question import questions_of
from federation.client.asking import CheckedAnswer, Questions
from federation.client.connection import PAGE_DEADLINE_S, Connection
from federation.client.part import NodePart
from federation.documents.document import open_document, read
from federation.statements import methods
from federation.transport.status import understood
from federation.v1 import application_pb2 as pb
from federation.v1 import application_pb2_grpc, document_pb2, query_pb2, roster_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import parse_stamp

Decision: TypeAlias = pb.ApplicationStep.ValueType
#: Lines of a list when no number is asked for.
USUAL_LINES: Final = 100
#: Questions of a roster that are under way at once: they ride the same pages to the nodes.
_AT_ONCE: Final = 8


@dataclass(frozen=True)
class VerifiedStep:
    """An application after a step, and the documents it issued, each verified."""

    application: pb.Application
    envelopes: tuple[Envelope, ...] = ()

    @property
    def documents(self) -> list[document_pb2.Document]:
        """The documents' parsed data, without the envelopes."""
        return [read(envelope) for envelope in self.envelopes]


class Applications(NodePart):
    """The applications of one node, handled by one officer."""

    def __init__(self, connection: Connection, node: str, questions: Questions) -> None:
        super().__init__(connection, node)
        self._questions = questions
        self._stub = application_pb2_grpc.ApplicationServiceStub(self._channel)

    def submit(self, submission: pb.Submission) -> VerifiedStep:
        """Submit an application, or further papers for one (`supplement_to`)."""
        request = pb.ApplicationServiceSubmitRequest(
            envelope=self._statement(submission, methods.APPLY_SUBMIT)
        )
        with understood():
            return VerifiedStep(self._stub.Submit(request, timeout=PAGE_DEADLINE_S).application)

    def accept(
        self, application: pb.Application, decision: Decision, grounds: Iterable[document_pb2.Ground] = ()
    ) -> VerifiedStep:
        """Accept the application, refuse to accept it, or demand further papers; the node checks its version."""
        body = pb.Acceptance(
            number=application.number,
            expected_version=application.version,
            decision=decision,
            grounds=grounds,
        )
        request = pb.AcceptRequest(envelope=self._statement(body, methods.APPLY_ACCEPT))
        with understood():
            response = self._stub.Accept(request, timeout=PAGE_DEADLINE_S)
        return self._done(response.application, response.documents)

    def review(
        self,
        application: pb.Application,
        decision: Decision,
        grounds: Iterable[document_pb2.Ground] = (),
        *,
        note: str = "",
        approved_by: str = "",
    ) -> VerifiedStep:
        """Review or re-examine."""
        body = pb.ReviewStep(
            number=application.number,
            expected_version=application.version,
            decision=decision,
            grounds=grounds,
            note=note,
            approved_by=approved_by,
        )
        request = pb.ReviewRequest(envelope=self._statement(body, methods.APPLY_REVIEW))
        with understood():
            response = self._stub.Review(request, timeout=PAGE_DEADLINE_S)
        return self._done(response.application, response.documents)

    def ask(self, application: pb.Application) -> tuple[Envelope, CheckedAnswer]:
        """Put the question of an approved application to the gateway; return the signed question and the answer."""
        return self._questions.put(questions_of(application, officer=self._connection.officer)[0])

    def ask_all(self, application: pb.Application) -> list[roster_pb2.AskedAnswer]:
        """Put the questions of an approved roster to the gateway; return each with its answer, in its order."""
        queries = questions_of(application, officer=self._connection.officer)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(self._questions.put, queries))
        return [roster_pb2.AskedAnswer(question=q, answer=answered.envelope) for q, answered in found]

    def bars(self, application: pb.Application) -> query_pb2.Answer:
        """Ask, for an application about oneself, what each provision means for the person and until when (A22)."""
        [query] = questions_of(application, officer=self._connection.officer)
        query.with_bars = True
        return self._questions.put(query)[1].answer

    def handle(
        self,
        application: pb.Application,
        decision: Decision,
        grounds: Iterable[document_pb2.Ground] = (),
        *,
        note: str = "",
        approved_by: str = "",
        question: Envelope | None = None,
        answer: Envelope | None = None,
        asked: Iterable[roster_pb2.AskedAnswer] = (),
    ) -> VerifiedStep:
        """Handle the application; pass `question` and `answer` from `ask`, or as `asked` the result of `ask_all`."""
        body = pb.Handling(
            number=application.number,
            expected_version=application.version,
            decision=decision,
            grounds=grounds,
            note=note,
            approved_by=approved_by,
            question=question,
            answer=answer,
            asked=asked,
        )
        request = pb.HandleRequest(envelope=self._statement(body, methods.APPLY_HANDLE))
        with understood():
            response = self._stub.Handle(request, timeout=PAGE_DEADLINE_S)
        return self._done(response.application, response.documents)

    def answer(self, application: pb.Application) -> VerifiedStep:
        """Ask and handle in one: issue the result, or the opinion on a founded objection with a new result."""
        concluding = application.state == pb.APPLICATION_STATE_REEXAMINED
        step = pb.APPLICATION_STEP_CONCLUDE if concluding else pb.APPLICATION_STEP_ANSWER
        if concluding and application.events[-1].step == pb.APPLICATION_STEP_UPHOLD:
            return self.handle(application, step)
        if application.submission.HasField("roster"):
            return self.handle(application, step, asked=self.ask_all(application))
        question, answered = self.ask(application)
        return self.handle(application, step, question=question, answer=answered.envelope)

    def object(
        self, application: pb.Application, grounds: str, papers: Iterable[pb.Paper] = ()
    ) -> VerifiedStep:
        """Submit an objection."""
        body = pb.Objection(
            number=application.number,
            expected_version=application.version,
            grounds=grounds,
            papers=papers,
        )
        request = pb.ObjectRequest(envelope=self._statement(body, methods.APPLY_OBJECT))
        with understood():
            return VerifiedStep(self._stub.Object(request, timeout=PAGE_DEADLINE_S).application)

    def show(self, number: str) -> VerifiedStep:
        """Return an application and the documents that are still handed out."""
        body = pb.ApplicationReference(number=number)
        request = pb.ApplicationServiceShowRequest(envelope=self._statement(body, methods.APPLY_SHOW))
        with understood():
            response = self._stub.Show(request, timeout=PAGE_DEADLINE_S)
        return self._done(response.application, response.documents)

    def list(
        self,
        states: Iterable[pb.ApplicationState.ValueType] = (),
        *,
        late_only: bool = False,
        limit: int = 0,
    ) -> Sequence[pb.ApplicationLine]:
        """Return the newest applications."""
        body = pb.ApplicationFilter(states=states, late_only=late_only, limit=limit or USUAL_LINES)
        request = pb.ListRequest(envelope=self._statement(body, methods.APPLY_LIST))
        with understood():
            return list(self._stub.List(request, timeout=PAGE_DEADLINE_S).lines)

    def check(self, number: str, code: str) -> pb.VerifyDocumentResponse:
        """Ask the issuing node whether a document is still valid; any member may."""
        body = pb.IssuedDocument(number=number, code=code)
        request = pb.VerifyDocumentRequest(envelope=self._statement(body, methods.VERIFY_DOCUMENT))
        with understood():
            return self._stub.VerifyDocument(request, timeout=PAGE_DEADLINE_S)

    def _done(self, application: pb.Application, envelopes: Iterable[Envelope]) -> VerifiedStep:
        found = tuple(envelopes)
        for envelope in found:
            at = parse_stamp(read(envelope).issued_at)
            open_document(envelope, self.charter, at=at)
        return VerifiedStep(application, found)
