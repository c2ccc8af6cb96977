"""One question under way at a gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from federation.answers.ledger import Ledger
from federation.charter.envelope import OpenedStatement
from federation.charter.model import Charter, Node
from federation.statements.asking import CheckedQuestion
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import legal_day


@dataclass(frozen=True, slots=True)
class Question:
    """The signed question, its content, its charter and the nodes that must answer: fixed before any node is asked."""

    #: The signed envelope, without fields that this contract does not know.
    envelope: Envelope
    opened: OpenedStatement
    asked: CheckedQuestion
    charter: Charter
    book: Ledger
    #: When the question arrived.
    at: datetime
    #: The node that keeps the application of a window's question, where the charter wants one.
    keeping: Node | None = None

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the signed statement, by which the question is named everywhere."""
        return self.opened.digest

    @property
    def day(self) -> date:
        """The legal day on which it came."""
        return legal_day(self.at)
