"""Defects planted in the part of a gateway that answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import gateway.asking.interconnect as interconnect
import server.opening
from compose.conformance.people import sealed_person
from federation.answers.replies import Reply
from federation.transport import access
from federation.v1 import lookup_pb2, query_pb2
from federation.values.identity import Role
from gateway.asking.pages import NodeEnquiry
from tests.support.defects import GATEWAY, Defect, Plant, ignored, instead, rule, wrong_signature

_UNKNOWN_FIELD = b"\xf8\x3f\x01"
_LIST_HEADS = "/federation.v1.HeadService/ListHeads"
_ASK = "/federation.v1.QueryService/Ask"
_ENTER = "/federation.v1.RegistryService/Enter"
_LARGE = 8 * 1024 * 1024
Page = lookup_pb2.LookupResponse


def _composed(change: Callable[[query_pb2.Answer, Any], object]) -> Plant:
    """Change each answer of the gateway before it is signed."""

    def changed(original: Callable[..., Any], question: Any, *args: Any, **options: Any) -> Any:
        answer = original(question, *args, **options)
        change(answer, question)
        return answer

    return instead(interconnect, "composed", changed)


def _of(**values: Any) -> Plant:
    def change(answer: query_pb2.Answer, _: Any) -> None:
        for name, value in values.items():
            setattr(answer, name, value)

    return _composed(change)


def _missing_counted_complete(answer: query_pb2.Answer, _: Any) -> None:
    answer.outcomes[0].outcome = query_pb2.OUTCOME_LATE


def _told_of_seal(answer: query_pb2.Answer, question: Any) -> None:
    if question.asked.query.subject.name == sealed_person().name:
        answer.advice.append("封存")


def _without_court(answer: query_pb2.Answer, _: Any) -> None:
    for conviction in answer.convictions:
        conviction.record.ClearField("court")


def _silence_is_none(patch: pytest.MonkeyPatch) -> None:
    def none(self: NodeEnquiry, *_: Any) -> None:
        self.reply = Reply(self.node, query_pb2.OUTCOME_NONE)

    patch.setattr(NodeEnquiry, "unreachable", none)
    patch.setattr(NodeEnquiry, "late", none)


AT_GATEWAYS: list[Defect] = [
    Defect(
        "another version",
        GATEWAY,
        _composed(lambda a, _: a.MergeFromString(_UNKNOWN_FIELD)),
        ("wire-answer",),
    ),
    Defect(
        "messages of any length",
        GATEWAY,
        rule(access.GATEWAY, _ASK, lambda r: r.taking(_LARGE)),
        ("wire-large-question",),
    ),
    Defect(
        "anybody calls as a gateway",
        GATEWAY,
        rule(access.GATEWAY, _LIST_HEADS, lambda _: access.ANY_MEMBER.signed(Role.ASKS)),
        ("identity-callers",),
    ),
    Defect(
        "anybody brings a question",
        GATEWAY,
        lambda patch: patch.setattr(server.opening, "require_same_member", ignored),
        ("identity-sender",),
    ),
    Defect(
        "answers unsigned",
        GATEWAY,
        instead(interconnect, "sign_payload", wrong_signature),
        ("evidence-signature",),
    ),
    Defect("another charter's content", GATEWAY, _of(charter_digest="00" * 32), ("evidence-charter",)),
    Defect("another question's answer", GATEWAY, _of(request_digest=bytes(32)), ("evidence-request",)),
    Defect("a basis nobody named", GATEWAY, _of(basis="COMP-24"), ("evidence-request",)),
    Defect(
        "no evidence attached", GATEWAY, _composed(lambda a, _: a.ClearField("evidence")), ("evidence-nodes",)
    ),
    Defect(
        "advice of its own",
        GATEWAY,
        _composed(lambda a, _: a.advice.append("请致电")),
        ("evidence-assembly",),
    ),
    Defect(
        "another merge",
        GATEWAY,
        _composed(_without_court),
        ("evidence-assembly-of-a-record",),
    ),
    Defect(
        "convictions left out",
        GATEWAY,
        _composed(lambda a, _: a.ClearField("convictions")),
        ("completeness-merged", "evidence-assembly-of-a-record"),
    ),
    Defect(
        "a clock that is wrong", GATEWAY, _of(answered_at="2020-01-01T00:00:00.000000Z"), ("evidence-time",)
    ),
    Defect("one number for all", GATEWAY, _of(answer_id="0" * 32), ("evidence-ids",)),
    Defect("one entry for all", GATEWAY, _of(request_entry=bytes(32)), ("evidence-ids",)),
    Defect("a node left out", GATEWAY, _composed(lambda a, _: a.outcomes.pop()), ("completeness-nodes",)),
    Defect(
        "a missing node counted complete",
        GATEWAY,
        _composed(_missing_counted_complete),
        ("completeness-verdict",),
    ),
    Defect(
        "a record about nobody", GATEWAY, _of(finding=query_pb2.FINDING_RECORD), ("completeness-verdict",)
    ),
    Defect("a hint at a seal", GATEWAY, _composed(_told_of_seal), ("sealing-hidden",)),
    Defect("no watermark", GATEWAY, _of(watermark=""), ("sealing-opened",)),
]
#: Planted while a node is stopped.
SILENCE_IS_NONE = Defect("silence counted as none", GATEWAY, _silence_is_none, ("completeness-stopped-node",))
