"""A saved answer: what `hutong ask --json` prints and `hutong verify` checks, without a server.

The file holds the answer for people and programs (`answer`) and the bytes that the gateway signed (`envelope`).
The signed bytes decide: the view must be exactly the one rendered from them, so that no byte of it can be changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product
from typing import Any, TypeVar

from google.protobuf.message import DecodeError

from federation.charter.model import Charter
from federation.errors import Corrupt, HutongError
from federation.evidence import checks
from federation.evidence.view import envelope_json, read_envelope, read_json, view
from federation.v1.envelope_pb2 import Envelope
from federation.v1.lookup_pb2 import NodeAnswer
from federation.v1.query_pb2 import Answer
from federation.values import clock

FORMAT = "hutong-answer-v1"

T = TypeVar("T")

CharterAt = Callable[[datetime], Charter]
"""The charter that the verifier trusts for a moment in the past; raises when there is none."""


class Verdict(StrEnum):
    """The result of a check; `UNPROVEN` is no contradiction, but rests on the gateway's statement alone."""

    OK = "ok"
    FAILED = "failed"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class Check:
    """One thing that was checked, and a sentence for people."""

    name: str
    verdict: Verdict
    says: str


@dataclass(frozen=True)
class VerifiedAnswer:
    """An answer (None when it could not even be read) and everything that was checked about it, in order."""

    answer: Answer | None
    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.verdict is Verdict.FAILED)

    @property
    def holds(self) -> bool:
        """Whether nothing failed."""
        return self.answer is not None and not self.failures

    def require(self) -> Answer:
        """Return the answer, or raise `Corrupt` naming what fails."""
        if self.answer is None or self.failures:
            raise Corrupt("; ".join(f"{check.name}: {check.says}" for check in self.failures))
        return self.answer


def render(envelope: Envelope) -> dict[str, Any]:
    """Return the document for a signed answer; raises `Corrupt` when the payload is no `Answer`."""
    return {"format": FORMAT, "answer": view(_answer(envelope)), "envelope": envelope_json(envelope)}


def document_text(document: Mapping[str, Any]) -> str:
    """Return a document as the text to save."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def verify(document: bytes | Mapping[str, Any], charter_at: CharterAt) -> VerifiedAnswer:
    """Check everything about a saved answer; never raises because of the document's content.

    `charter_at` must come from a source that the verifier trusts (a pinned root), never from the document.
    """
    run = _Run()
    envelope = run.step("document", lambda: _open(document), "an answer in the format " + FORMAT)
    if envelope is None:
        return run.result(None)
    answer = run.step("payload", lambda: _answer(envelope), "the signed bytes are an answer")
    if answer is None:
        return run.result(None)
    run.says("view", lambda: _same_view(document, envelope))
    if isinstance(document, bytes):
        run.says("layout", lambda: _known_layout(document))
    at = run.step("time", lambda: _moment(answer.answered_at), f"answered at {answer.answered_at}")
    charter = run.step("charter", lambda: charter_at(at), "a charter trusted for that time") if at else None
    if at is None or charter is None:
        return run.result(answer)
    run.says("federation", lambda: checks.charter_named(answer, charter))
    run.says("signature", lambda: checks.signature(envelope, answer, charter, at=at))
    run.says("required nodes", lambda: checks.required_nodes(answer, charter))
    run.says("completeness", lambda: checks.completeness(answer))
    run.says("minimisation", lambda: checks.minimised(answer))
    run.says("node answers", lambda: checks.outcomes_proven(answer))
    said: dict[str, NodeAnswer] = {}
    for evidence in answer.evidence:

        def one(evidence: Any = evidence) -> str:
            said[evidence.node], sentence = checks.node_answer(evidence, answer, charter, at=at)
            return sentence

        run.says(f"node {evidence.node}", one)
    run.says("convictions", lambda: checks.convictions(answer, said))
    return run.result(answer)


class _Run:
    """Collects the result of each check."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def step(self, name: str, take: Callable[[], T], says: str) -> T | None:
        """Return what `take` returns, and None when it fails."""
        try:
            value = take()
        except HutongError as error:
            self._checks.append(Check(name, Verdict.FAILED, error.message))
            return None
        self._checks.append(Check(name, Verdict.OK, says))
        return value

    def says(self, name: str, check: Callable[[], str]) -> None:
        """Keep the sentence that `check` returns or raises."""
        try:
            self._checks.append(Check(name, Verdict.OK, check()))
        except checks.Unproven as gap:
            self._checks.append(Check(name, Verdict.UNPROVEN, str(gap)))
        except HutongError as error:
            self._checks.append(Check(name, Verdict.FAILED, error.message))

    def result(self, answer: Answer | None) -> VerifiedAnswer:
        return VerifiedAnswer(answer, tuple(self._checks))


def _open(document: bytes | Mapping[str, Any]) -> Envelope:
    content = read_json(document) if isinstance(document, bytes) else document
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise Corrupt(f"no document of the format {FORMAT}")
    if set(content) != {"format", "answer", "envelope"}:
        raise Corrupt("the document holds format, answer and envelope, and nothing else")
    return read_envelope(content["envelope"])


def _answer(envelope: Envelope) -> Answer:
    try:
        return Answer.FromString(envelope.payload)
    except DecodeError:
        raise Corrupt("the signed bytes are no answer") from None


def _moment(text: str) -> datetime:
    try:
        return clock.parse_stamp(text)
    except ValueError:
        raise Corrupt(f"{text[:40]!r} is no time of this contract") from None


def _same_view(document: bytes | Mapping[str, Any], envelope: Envelope) -> str:
    shown = read_json(document) if isinstance(document, bytes) else document
    place = _difference(shown["answer"], render(envelope)["answer"], "answer")
    if place:
        raise Corrupt(f"{place} is not what was signed")
    return "what is shown is what was signed, in every field"


def _difference(shown: Any, signed: Any, place: str) -> str | None:
    """Return where two JSON values first differ; 1, 1.0 and true are three values."""
    if isinstance(shown, dict) and isinstance(signed, dict):
        for key in [*signed, *(key for key in shown if key not in signed)]:
            if key not in shown or key not in signed:
                return f"{place}.{key[:64]}"
            found = _difference(shown[key], signed[key], f"{place}.{key}")
            if found:
                return found
        return None
    if isinstance(shown, list) and isinstance(signed, list):
        if len(shown) != len(signed):
            return place
        pairs = enumerate(zip(shown, signed, strict=True))
        return next((f for n, (a, b) in pairs if (f := _difference(a, b, f"{place}[{n}]"))), None)
    return None if type(shown) is type(signed) and shown == signed else place


def _known_layout(document: bytes) -> str:
    """Say whether the bytes between the values are as a JSON writer sets them, so that stray changes are found too."""
    content, text = read_json(document), document.rstrip(b" \r\n")
    layouts = [(None, (",", ":")), *((indent, None) for indent in (2, None, 1, 3, 4, "\t"))]
    for ascii_only, sort, (indent, separators) in product((False, True), (False, True), layouts):
        written = json.dumps(
            content, ensure_ascii=ascii_only, indent=indent, separators=separators, sort_keys=sort
        )
        if written.encode() == text:
            return "set as a JSON writer sets it"
    raise Corrupt("bytes between the values were changed (write the same content again with a JSON tool)")
