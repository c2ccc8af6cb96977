"""What every case uses: the parties, the lines to the target, and questions signed as they should be or otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from compose.conformance.outcomes import Failed, NotRun, TargetRole
from compose.conformance.parties import Parties, Party
from compose.conformance.people import FixedPerson
from compose.conformance.wire import Refusal, Wire
from federation.charter.envelope import GATEWAY, STATEMENT, Signer, make_statement, sign_payload
from federation.charter.model import Charter
from federation.statements.methods import ASK
from federation.statements.undertaking import METHOD as UNDERTAKE
from federation.statements.undertaking import undertaken
from federation.v1 import lookup_pb2, query_pb2
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values import clock

CASE_NUMBER = "（2026）京0105刑初1号"
Change = Callable[[Statement], object]


@dataclass(frozen=True, slots=True)
class TargetReply:
    """What became of one question: why it was refused, "" when it was answered."""

    reason: str
    #: The status of a gateway's refusal; "" from a node, which refuses in an answer.
    code: str = ""


@dataclass(slots=True)
class Kit:
    """One run against one target."""

    role: TargetRole
    parties: Parties
    wire: Wire
    #: Why the records that cases ask about are not there; "" once they are entered or said to be there.
    without_records: str = "no record was entered"
    pages: int = field(default=0)

    @property
    def charter(self) -> Charter:
        """The charter in force."""
        return self.parties.charter

    def party(self, name: str) -> Party:
        """Return the party called `name`; raises `NotRun`."""
        found: Party | None = getattr(self.parties, name)
        if found is None:
            raise NotRun(f"the folder has no {name}")
        return found

    @property
    def caller(self) -> Party:
        """Who calls the target: a gateway a node, a client a gateway."""
        return self.party("gateway" if self.role is TargetRole.NODE else "asker")

    def query(self, person: FixedPerson, **changes: object) -> query_pb2.Query:
        """Return a question for a case about `person`."""
        right: dict[str, object] = {
            "purpose": query_pb2.PURPOSE_CASE,
            "subject": person.subject(),
            "case_number": CASE_NUMBER,
        }
        return query_pb2.Query(**(right | changes))  # type: ignore[arg-type]

    def envelope(
        self,
        query: query_pb2.Query | None = None,
        *,
        change: Change | None = None,
        signer: Signer | None = None,
        method: str = ASK,
        body: bytes | None = None,
        now: datetime | None = None,
    ) -> Envelope:
        """Return a signed question, changed before it is signed."""
        signer = signer or self.party("asker").signer()
        if body is None:
            asked = query if query is not None else self.query(FixedPerson.unknown())
            body = asked.SerializeToString(deterministic=True)
        made = make_statement(
            signer=signer,
            federation=self.charter.federation,
            method=method,
            destination=GATEWAY,
            officer=self.parties.officer,
            body=body,
            charter_version=self.charter.version,
            now=now or clock.now(),
        )
        if change is None:
            return made
        statement = Statement.FromString(made.payload)
        change(statement)
        return sign_payload(STATEMENT, statement.SerializeToString(deterministic=True), signer)

    def undertaken(self, query: query_pb2.Query) -> query_pb2.Query:
        """Return a question for sealed records with its application signed."""
        return undertaken(query, lambda body: self.envelope(body=body, method=UNDERTAKE))

    def sealed_query(self, person: FixedPerson) -> query_pb2.Query:
        """Return a question for sealed records in a case, its application unsigned as yet."""
        promise = query_pb2.Undertaking(
            signed_by=self.parties.officer,
            text="本人承诺对被封存的犯罪记录的情况予以保密，并仅按所述目的使用。",
            reason="办案需要",
            scope="仅用于本案",
        )
        return self.query(person, purpose=query_pb2.PURPOSE_SEALED_CASE, undertaking=promise)

    def page(self, envelopes: Sequence[Envelope], *, attempt: int = 1) -> lookup_pb2.LookupRequest:
        """Return a page of questions."""
        self.pages += 1
        questions = [lookup_pb2.Question(envelope=each, attempt=attempt) for each in envelopes]
        return lookup_pb2.LookupRequest(page=self.pages, questions=questions)

    def looked_up(
        self, *envelopes: Envelope, attempt: int = 1
    ) -> tuple[lookup_pb2.LookupResponse, list[lookup_pb2.NodeAnswer]]:
        """Return a node's page of answers to some questions, and the answers."""
        [response] = self.wire.lookup([self.page(envelopes, attempt=attempt)], self.caller)
        if len(response.answers) != len(envelopes):
            raise Failed(f"{len(envelopes)} questions, {len(response.answers)} answers")
        return response, [self.read(lookup_pb2.NodeAnswer, each.answer) for each in response.answers]

    def read(self, kind: type[lookup_pb2.NodeAnswer], content: bytes) -> lookup_pb2.NodeAnswer:
        """Return a node's answer; raises `Failed`."""
        return self.wire.read(kind, content)

    def asked(self, envelope: Envelope, party: Party | None = None) -> Envelope:
        """Return a gateway's signed answer; raises `Refusal`."""
        request = query_pb2.AskRequest(envelope=envelope)
        response = self.wire.call(ASK, request, query_pb2.AskResponse, party or self.caller)
        return Envelope.FromString(response.answer.SerializeToString())

    def answer(self, query: query_pb2.Query) -> query_pb2.Answer:
        """Return a gateway's answer, its signature unchecked."""
        return self.wire.read(query_pb2.Answer, self.asked(self.envelope(query)).payload)

    def put(self, envelope: Envelope, *, attempt: int = 1) -> TargetReply:
        """Put one question to a node or gateway, and return whether it was refused."""
        if self.role is TargetRole.GATEWAY:
            try:
                self.asked(envelope)
            except Refusal as refusal:
                return TargetReply(refusal.error.reason, refusal.code.name)
            return TargetReply("")
        _, [answer] = self.looked_up(envelope, attempt=attempt)
        refused = answer.outcome == query_pb2.OUTCOME_REFUSED
        return TargetReply(answer.reason or "(no reason)") if refused else TargetReply("")

    def insist_refused(self, envelope: Envelope, reason: str, code: str, *, attempt: int = 1) -> str:
        """Return what the target said; raises `Failed` unless it refuses for that reason, with that status."""
        reply = self.put(envelope, attempt=attempt)
        if not reply.reason:
            raise Failed("the question was answered")
        if reply.reason != reason:
            raise Failed(f"refused for {reply.reason}, not for {reason}")
        if reply.code not in ("", code):
            raise Failed(f"refused with status {reply.code}, not {code}")
        return f"refused: {reason}"

    def insist_answered(self, envelope: Envelope) -> None:
        """Raise `Failed` when a question as it should be is refused."""
        if reason := self.put(envelope).reason:
            raise Failed(f"a question as it should be is refused: {reason}")

    def insist_records(self) -> None:
        """Raise `NotRun` unless the target holds the kit's records."""
        if self.without_records:
            raise NotRun(self.without_records)


def digest(envelope: Envelope) -> bytes:
    """Return the digest by which answers name a request."""
    return hashlib.sha256(envelope.payload).digest()
