"""The page of bars that a window gives the person concerned, under their own application and to nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict

from federation.client.applications import Applications
from federation.documents.bars import page
from federation.errors import OutOfOrder
from federation.v1 import application_pb2 as pb
from federation.v1 import query_pb2
from federation.values.clock import legal_day, parse_stamp
from federation.values.enum_names import completeness_name, enum_name

_APPROVED = (
    pb.APPLICATION_STATE_APPROVED,
    pb.APPLICATION_STATE_ANSWERED,
    pb.APPLICATION_STATE_OBJECTED,
    pb.APPLICATION_STATE_REEXAMINED,
    pb.APPLICATION_STATE_CLOSED,
)


@dataclass(frozen=True, slots=True)
class BarsAnswer:
    """The answer about one person, ready to be shown."""

    name: str
    answer: query_pb2.Answer

    @property
    def on(self) -> str:
        """The day of the question."""
        return legal_day(parse_stamp(self.answer.answered_at)).isoformat()

    def text(self) -> str:
        """Return the page in plain Chinese."""
        return page(self.name, self.on, self.answer.bars)

    def as_json(self) -> dict[str, Any]:
        """Return the rows for programs."""
        rows = [MessageToDict(bar, preserving_proto_field_name=True) for bar in self.answer.bars]
        return {"name": self.name, "on": self.on, "bars": rows}


def ask(applications: Applications, number: str) -> BarsAnswer:
    """Return the answer on the bars of the person who applied; raises `OutOfOrder` saying what to do."""
    application = applications.show(number).application
    if application.submission.kind != pb.APPLICATION_KIND_OWN or application.state not in _APPROVED:
        kind = enum_name(pb.ApplicationKind.DESCRIPTOR, application.submission.kind)
        raise OutOfOrder(
            f"{number} is an application of kind {kind}, in state "
            f"{enum_name(pb.ApplicationState.DESCRIPTOR, application.state)}: the page is for the person concerned, "
            "under an approved application of their own (A22)",
            reason="NOT_AN_APPROVED_OWN_APPLICATION",
        )
    answer = applications.bars(application)
    if not answer.bars:
        raise OutOfOrder(
            f"the answer is {completeness_name(answer.completeness)} and does not settle who is meant or what is "
            "recorded: ask again when every store answers, or verify the identity first (R7)",
            reason="ANSWER_NOT_DECIDED",
        )
    return BarsAnswer(application.submission.subject.name, answer)
