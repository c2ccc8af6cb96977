"""What one node was asked about one question, and what its last page brought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from federation.answers.replies import ANSWERED, Reply, insist_sound
from federation.charter.model import Node
from federation.errors import Corrupt, HutongError
from federation.evidence.page import check_paged_answer
from federation.v1 import lookup_pb2, query_pb2
from federation.values.tokens import person_digests
from gateway.asking.link import Attempts
from gateway.asking.links import Told
from gateway.asking.question import Question
from gateway.sealing.spreading import Reading, Spreading

#: Digests of further persons that a question may carry to a node.
MOST_FURTHER = 512
_NOTHING: frozenset[bytes] = frozenset()


@dataclass(slots=True, eq=False)
class Page:
    """One node in one question. Moments are those of `UnderWay`; digests live no longer than the question."""

    node: Node
    attempts: Attempts = field(default_factory=Attempts)
    #: Persons that the node was asked about beside the subject, because other nodes' pages brought them up.
    further: set[bytes] = field(default_factory=set)
    asked_at: int = 0
    came_at: int = 0
    reply: Reply | None = None
    #: Whether anything spreads at the node, as of its page.
    spreads: bool = False
    #: Persons of the records behind what it answered; empty when it told of none.
    persons: frozenset[bytes] = _NOTHING

    @property
    def came(self) -> bool:
        """Whether the node's last page holds: also a refusal is an answer of the node."""
        return self.reply is not None and self.reply.answer is not None

    @property
    def tells(self) -> bool:
        """Whether the last page tells of any record."""
        outcome = self.reply.outcome if self.came and self.reply else query_pb2.OUTCOME_NONE
        return outcome in ANSWERED and outcome != query_pb2.OUTCOME_NONE

    def asked(self, moment: int) -> None:
        """Begin to ask: the page of before counts no more, whatever comes."""
        self.asked_at, self.came_at = moment, 0
        self.reply, self.spreads, self.persons = None, False, _NOTHING

    def late(self) -> None:
        """End as LATE; what it answered is discarded."""
        self.asked(self.asked_at)
        self.reply = Reply(self.node, query_pb2.OUTCOME_LATE, "LATE")

    def unreachable(self, reason: str) -> None:
        """End as UNREACHABLE; what it answered is discarded."""
        self.asked(self.asked_at)
        self.reply = Reply(self.node, query_pb2.OUTCOME_UNREACHABLE, reason)

    def receive(self, told: Told | None, terms: PageTerms) -> list[Spreading]:
        """Take what came, or `None` for nothing in time; return the node's spreading proposals that came along."""
        if told is None:
            self.late()
            return []
        try:
            if isinstance(told, HutongError):
                raise told
            answer = check_paged_answer(
                told.evidence,
                terms.question.charter,
                request_digest=terms.question.digest,
                now=terms.now(),
            )
            insist_sound(answer, terms.question.asked.reach.classes)
            spreading, added = terms.reading.with_answer(told.added, str(self.node.installation))
        except HutongError as error:
            self.unreachable(error.reason)
            return []
        self.reply = Reply(self.node, answer.outcome, answer.reason, answer, told.evidence)
        self.spreads, self.persons = told.spreads, added
        return spreading

    def gather_persons(self) -> None:
        """Add the persons of the records that the page holds to those that the node named."""
        if not self.tells or self.reply is None or self.reply.answer is None:
            self.persons = _NOTHING
            return
        try:
            self.persons |= _persons(self.reply.answer)
        except HutongError as error:
            self.unreachable(error.reason)


@dataclass(frozen=True, slots=True)
class PageTerms:
    """What a page is held against."""

    question: Question
    reading: Reading
    now: Callable[[], datetime]


def _persons(answer: lookup_pb2.NodeAnswer) -> frozenset[bytes]:
    try:
        return frozenset(d for facet in answer.facets for d in person_digests(facet.record.person))
    except ValueError:
        raise Corrupt("a node's answer holds a person without a number", reason="MALFORMED_ANSWER") from None
