"""The scenes of the intake walk, for the screen and for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from compose.correct.corrections_shown import (
    asked_json,
    asked_table,
    caused_table,
    messages_json,
    recalls_table,
    waiting_requests_table,
)
from compose.notices.notices_shown import (
    receipt_json,
    receipts_table,
    tracked_json,
    tracked_table,
    waiting_table,
)
from compose.shared.printing import Console, marked
from compose.shared.showing import answer_tables
from federation.client import CheckedAnswer
from federation.notices.receipts import Tracked
from federation.v1 import notice_pb2 as pb
from federation.v1 import recall_pb2


@dataclass
class NoticeScene:
    """One notice and its outcome."""

    id: str
    title: str
    shows: str
    receipts: list[pb.NoticeReceipt] = field(default_factory=list)
    tracked: list[Tracked] = field(default_factory=list)
    waiting: list[pb.WaitingNotice] = field(default_factory=list)
    #: What an officer of a node decided, which the sender is not shown.
    decided: pb.NoticeReceipt | None = None
    answered: CheckedAnswer | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the scene for programs."""
        return {
            "id": self.id,
            "title": self.title,
            "shows": self.shows,
            "receipts": [receipt_json(r) for r in self.receipts],
            "tracked": [tracked_json(t) for t in self.tracked],
            **({"decided": receipt_json(self.decided)} if self.decided else {}),
        }

    def show(self, console: Console) -> None:
        """Print the scene."""
        console.rule(marked("[bold]{}[/] {}", self.id, self.title), align="left")
        if self.receipts:
            receipts_table(self.receipts, console)
        for waiting in self.waiting:
            waiting_table(waiting, console)
        if self.decided is not None:
            receipts_table([self.decided], console, by="the node, for its own officer")
        for tracked in self.tracked:
            tracked_table(tracked, console)
        if self.answered is not None:
            answer_tables(self.answered.answer, console)
        console.print(marked("[italic]{}[/]\n", self.shows))


@dataclass
class CorrectionScene:
    """One step of a correction, as each side sees it."""

    id: str
    title: str
    shows: str
    waiting: list[pb.WaitingNotice] = field(default_factory=list)
    asked: list[Tracked] = field(default_factory=list)
    recalls: list[recall_pb2.Recall] = field(default_factory=list)
    caused: list[recall_pb2.RecallTrack] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the scene for programs."""
        return {
            "id": self.id,
            "title": self.title,
            "shows": self.shows,
            "waiting": messages_json(self.waiting),
            "asked": [asked_json(t) for t in self.asked],
            "recalls": messages_json(self.recalls),
            "caused": messages_json(self.caused),
        }

    def show(self, console: Console) -> None:
        """Print the scene."""
        console.rule(marked("[bold]{}[/] {}", self.id, self.title), align="left")
        if self.waiting:
            waiting_requests_table(self.waiting, console)
        if self.asked:
            asked_table(self.asked, console)
        if self.recalls:
            recalls_table(self.recalls, console)
        if self.caused:
            caused_table(self.caused, console)
        console.print(marked("[italic]{}[/]\n", self.shows))
