"""Defects planted in the part of a node that answers: in pages, answers, statements and the log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

import node.asking.answering as answering
import node.asking.opening as opening
import node.asking.servicer as servicer
from compose.conformance.people import sealed_person
from compose.conformance.wire import LOOKUP
from federation.evidence.commitment import Commitments
from federation.transport import access
from federation.transport.layers import peer_of
from federation.transport.places import PlaceKind
from federation.v1 import lookup_pb2, query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.terms import SealRule
from tests.support.defects import NODE, Defect, Plant, ignored, instead, rule

_UNKNOWN_FIELD = b"\xf8\x3f\x01"
_LIST_HEADS = "/federation.v1.HeadService/ListHeads"
_ASK = "/federation.v1.QueryService/Ask"
_ENTER = "/federation.v1.RegistryService/Enter"
_LARGE = 8 * 1024 * 1024
Page = lookup_pb2.LookupResponse


def _page(change: Callable[[Page], object]) -> Plant:
    """Change each page of answers before it is sent."""

    def changed(original: Callable[..., Page], *args: Any, **options: Any) -> Page:
        page = original(*args, **options)
        change(page)
        return page

    return instead(answering.QuestionAnswerer, "answer", changed)


def _answer(change: Callable[[lookup_pb2.NodeAnswer, Any], object]) -> Plant:
    """Change each answer of a node before it is signed; the change is given what was asked, too."""

    def changed(original: Callable[..., Any], self: Any, item: Any, *args: Any, **options: Any) -> Any:
        answer = original(self, item, *args, **options)
        change(answer, item)
        return answer

    return instead(answering.QuestionAnswerer, "_build", changed)


def _sealing(**changes: Callable[[Any], Any]) -> Plant:
    """Sign each page with other values than the right ones."""

    def changed(original: Callable[..., Any], answers: Any, **options: Any) -> Any:
        return original(answers, **{name: changes.get(name, lambda v: v)(v) for name, v in options.items()})

    return instead(answering, "seal_page", changed)


def _sealed(change: Callable[[list[list[bytes]], Envelope], object]) -> Plant:
    """Change paths or signature of each page."""

    def changed(original: Callable[..., Any], *args: Any, **options: Any) -> Any:
        paths, envelope = original(*args, **options)
        change(paths, envelope)
        return paths, envelope

    return instead(answering, "seal_page", changed)


def _spoilt(head: lookup_pb2.LogHead) -> lookup_pb2.LogHead:
    other = lookup_pb2.LogHead()
    other.CopyFrom(head)
    other.log_size += 1
    return other


def _fixed_salt(original: Callable[..., Any], self: Any, size: int, root: bytes, *, at: str) -> Any:
    head = original(self, size, root, at=at)
    head.salt = bytes(32)
    return head


def _still(patch: pytest.MonkeyPatch) -> None:
    """State the same head of the log on every page."""
    first: list[Any] = []

    def head(original: Callable[..., Any], *args: Any, **options: Any) -> Any:
        first.append(original(*args, **options))
        return first[0]

    instead(Commitments, "head", head)(patch)


def _reach(original: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Search sealed records for every question."""
    asked = original(*args, **options)
    return replace(asked, reach=replace(asked.reach, sealed=asked.reach.unsealed, opened=frozenset(SealRule)))


def _hint(answer: lookup_pb2.NodeAnswer, item: Any) -> None:
    """Give the answer about one whose record is sealed another reason."""
    if item.asked and item.asked.query.subject.name == sealed_person().name:
        answer.reason = "SEALED"


def _lost(answer: lookup_pb2.NodeAnswer, _: Any) -> None:
    if answer.outcome != query_pb2.OUTCOME_REFUSED:
        answer.outcome = query_pb2.OUTCOME_NONE
        answer.ClearField("facets")


def _certain(answer: lookup_pb2.NodeAnswer, _: Any) -> None:
    if answer.outcome == query_pb2.OUTCOME_SEVERAL:
        answer.outcome = query_pb2.OUTCOME_NONE


def _halved(answer: lookup_pb2.NodeAnswer, _: Any) -> None:
    for facet in answer.facets:
        facet.record.ClearField("offences")


def _generator(change: Callable[[Iterator[Page]], Iterator[Page]]) -> Plant:
    return instead(servicer.LookupServicer, "Lookup", lambda original, *args: change(original(*args)))


def _first_only(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)


def _twice(pages: Iterator[Page]) -> Iterator[Page]:
    for page in pages:
        yield page
        yield page


def _short(page: Page) -> None:
    del page.answers[-1]


def _reversed(page: Page) -> None:
    found = list(page.answers)
    del page.answers[:]
    page.answers.extend(reversed(found))


def _no_empty_check(patch: pytest.MonkeyPatch) -> None:
    def lookup(self: Any, requests: Any, context: grpc.ServicerContext) -> Iterator[Page]:
        for request in requests:
            if not request.questions:
                yield Page(page=request.page)
            else:
                yield self._answering.answer(request, peer_of(context))

    patch.setattr(servicer.LookupServicer, "Lookup", lookup)


def _unreadable(answer: lookup_pb2.NodeAnswer, _: Any) -> None:
    """Give values that no reader expects."""
    answer.outcome = 77  # type: ignore[assignment]
    answer.as_of = "yesterday"


def _nameless(answer: lookup_pb2.NodeAnswer, _: Any) -> None:
    for facet in answer.facets:
        facet.record.person.ClearField("identifiers")


AT_NODES: list[Defect] = [
    Defect(
        "values that nothing has",
        NODE,
        _answer(_unreadable),
        ("completeness-nobody", "sealing-hidden", "evidence-time"),
    ),
    Defect("records without a person", NODE, _answer(_nameless), ("completeness-record",)),
    Defect("page of another number", NODE, _page(lambda p: setattr(p, "page", p.page + 1)), ("wire-page",)),
    Defect("stops after the first page", NODE, _generator(_first_only), ("wire-stream",), restart=True),
    Defect("answers each page twice", NODE, _generator(_twice), ("wire-page",), restart=True),
    Defect("another version", NODE, _page(lambda p: p.MergeFromString(_UNKNOWN_FIELD)), ("wire-contract",)),
    Defect(
        "no check of sizes",
        NODE,
        _no_empty_check,
        ("wire-empty-page", "wire-many-questions", "wire-digests"),
        restart=True,
    ),
    Defect(
        "messages of any length",
        NODE,
        rule(access.NODE, LOOKUP, lambda r: r.taking(_LARGE, PlaceKind.LINE)),
        ("wire-large-message",),
    ),
    Defect(
        "anybody asks a node",
        NODE,
        rule(access.NODE, LOOKUP, lambda r: access.ANY_MEMBER.taking(r.request_bytes, PlaceKind.LINE)),
        ("identity-callers",),
    ),
    Defect(
        "anybody enters records",
        NODE,
        rule(access.NODE, _ENTER, lambda r: replace(r, own_only=frozenset())),
        ("identity-register",),
    ),
    Defect(
        "attempts without end",
        NODE,
        lambda patch: patch.setattr(opening, "_insist_attempt", ignored),
        ("envelope-attempt",),
    ),
    Defect("an answer left out", NODE, _page(_short), ("completeness-order", "wire-page")),
    Defect("answers in another order", NODE, _page(_reversed), ("completeness-order",)),
    Defect("records are lost", NODE, _answer(_lost), ("completeness-record", "sealing-opened")),
    Defect("records are cut", NODE, _answer(_halved), ("completeness-record",)),
    Defect("namesakes are passed over", NODE, _answer(_certain), ("completeness-number-or-name",)),
    Defect(
        "seals not applied",
        NODE,
        instead(opening, "read_question", _reach),
        ("sealing-hidden", "sealing-withheld"),
    ),
    Defect("a hint at a seal", NODE, _answer(_hint), ("sealing-hidden",)),
    Defect(
        "wrong page signature",
        NODE,
        _sealed(lambda _, envelope: setattr(envelope.signatures[0], "sig", bytes(64))),
        ("evidence-signature",),
    ),
    Defect("page of another node", NODE, _sealing(node=lambda _: "justice-1"), ("evidence-signature",)),
    Defect("wrong paths", NODE, _sealed(lambda paths, _: paths.reverse()), ("evidence-paths",)),
    Defect(
        "answers to another question",
        NODE,
        _answer(lambda a, _: setattr(a, "request_digest", bytes(32))),
        ("evidence-request", "completeness-order"),
    ),
    Defect(
        "an old charter", NODE, _answer(lambda a, _: setattr(a, "charter_version", 0)), ("evidence-charter",)
    ),
    Defect(
        "a clock that is wrong",
        NODE,
        _sealing(signed_at=lambda at: at - timedelta(hours=1)),
        ("evidence-time",),
    ),
    Defect("another log than committed to", NODE, _sealing(head=_spoilt), ("evidence-commitment",)),
    Defect("one salt for all", NODE, instead(Commitments, "head", _fixed_salt), ("evidence-salt",)),
    Defect("a log that stands still", NODE, _still, ("evidence-logged",)),
    Defect("no proof of the log", NODE, _page(lambda p: p.ClearField("extends")), ("evidence-goes-on",)),
]


def hanging(over: threading.Event) -> Plant:
    """Return the plant of a node that takes questions and answers none until `over` is set."""

    def hang(original: Callable[..., Any], *args: Any, **options: Any) -> Any:
        over.wait()
        return original(*args, **options)

    return instead(answering.QuestionAnswerer, "answer", hang)


def flooding() -> Plant:
    """Return the plant of a node that answers more than a caller accepts."""
    return _page(lambda page: page.answers.add(answer=bytes(9 * 1024 * 1024)))
