"""The state of one node within one question: which persons it was asked about, and its last page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from federation.answers.replies import ANSWERED, Reply, insist_sound
from federation.charter.model import Node
from federation.errors import Corrupt, HutongError
from federation.evidence.heads import Known, head_of
from federation.evidence.page import check_page
from federation.statements.reasons import LOG_WENT_BACK
from federation.v1 import lookup_pb2, query_pb2
from federation.values.heads import Head
from federation.values.tokens import person_digests
from gateway.asking.link import Attempts
from gateway.asking.links import NodeReply
from gateway.asking.question import Question
from gateway.continuity.heads import Heads
from gateway.sealing.spreading import ProposalVerifier, VerifiedProposal

#: Digests of further persons that a question may carry to a node.
MOST_FURTHER = 512
_NOTHING: frozenset[bytes] = frozenset()


@dataclass(slots=True, eq=False)
class NodeEnquiry:
    """One node in one question. Moments are numbers from `UnderWay`; digests are dropped with the question."""

    node: Node
    attempts: Attempts = field(default_factory=Attempts)
    #: Persons that the node was asked about in addition to the subject, because other nodes' pages named them.
    further: set[bytes] = field(default_factory=set)
    asked_at: int = 0
    came_at: int = 0
    reply: Reply | None = None
    #: Whether the node's page states that seals of this node are still spreading.
    spreads: bool = False
    #: Persons of the records behind its answer; empty when it disclosed no record.
    persons: frozenset[bytes] = _NOTHING
    #: Why the node's last page is no valid answer although it came.
    fault: HutongError | None = None
    #: The head of the node's log on its last page.
    head: Head | None = None

    @property
    def came(self) -> bool:
        """Whether the node's last page is a valid answer. A refusal is one, unless the node's log went back.

        Such a node may have lost seals of its own, so it counts as one that did not answer.
        """
        return self.reply is not None and self.reply.answer is not None and not self.went_back

    @property
    def went_back(self) -> bool:
        """Whether the node's log does not go on from what others have seen of it, as it says or as is seen here."""
        return self.reply is not None and self.reply.reason == LOG_WENT_BACK

    @property
    def tells(self) -> bool:
        """Whether the last page discloses any record."""
        outcome = self.reply.outcome if self.came and self.reply else query_pb2.OUTCOME_NONE
        return outcome in ANSWERED and outcome != query_pb2.OUTCOME_NONE

    def asked(self, moment: int) -> None:
        """Note that the node is asked at `moment`; its earlier page is discarded."""
        self.asked_at, self.came_at = moment, 0
        self.reply, self.spreads, self.persons, self.fault = None, False, _NOTHING, None

    def late(self) -> None:
        """Set the outcome to LATE and discard the node's answer."""
        self.asked(self.asked_at)
        self.reply = Reply(self.node, query_pb2.OUTCOME_LATE, "LATE")

    def unreachable(self, reason: str) -> None:
        """Set the outcome to UNREACHABLE and discard the node's answer."""
        self.asked(self.asked_at)
        self.reply = Reply(self.node, query_pb2.OUTCOME_UNREACHABLE, reason)

    def receive(self, reply_of_node: NodeReply | None, terms: PageTerms) -> list[VerifiedProposal]:
        """Accept a page or an error, or `None` if nothing came in time; return the spreading proposals in the page."""
        if reply_of_node is None:
            self.late()
            return []
        if isinstance(reply_of_node, HutongError):
            self.unreachable(reply_of_node.reason)
            return []
        try:
            answer, statement = check_page(
                reply_of_node.evidence,
                reply_of_node.head,
                terms.question.charter,
                request_digest=terms.question.digest,
                now=terms.now(),
            )
            insist_sound(answer, terms.question.asked.reach.classes)
            spreading, added = terms.reading.with_answer(reply_of_node.added, str(self.node.installation))
        except HutongError as error:
            self.unreachable(error.reason)
            self.fault = error
            return []
        self.head = head_of(reply_of_node.head)
        if reply_of_node.went_back and answer.reason != LOG_WENT_BACK:
            self.reply = Reply(self.node, query_pb2.OUTCOME_REFUSED, LOG_WENT_BACK)
            return spreading
        self.reply = Reply(self.node, answer.outcome, answer.reason, answer, reply_of_node.evidence)
        self.spreads, self.persons = reply_of_node.spreads, added
        if not self.went_back:
            terms.heads.saw(
                Known(
                    str(self.node.name),
                    self.head,
                    statement.signed_at,
                    reply_of_node.evidence.page,
                    reply_of_node.head.salt,
                )
            )
        return spreading

    def gather_persons(self) -> None:
        """Add the persons of the records in the page to the persons that the node named."""
        if not self.tells or self.reply is None or self.reply.answer is None:
            self.persons = _NOTHING
            return
        try:
            self.persons |= _persons(self.reply.answer)
        except HutongError as error:
            self.unreachable(error.reason)


@dataclass(frozen=True, slots=True)
class PageTerms:
    """The question, the checks, the heads of logs and the clock by which a page is judged."""

    question: Question
    reading: ProposalVerifier
    heads: Heads
    now: Callable[[], datetime]


def _persons(answer: lookup_pb2.NodeAnswer) -> frozenset[bytes]:
    try:
        return frozenset(d for facet in answer.facets for d in person_digests(facet.record.person))
    except ValueError:
        raise Corrupt("a node's answer holds a person without a number", reason="MALFORMED_ANSWER") from None
