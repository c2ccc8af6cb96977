"""A saved answer: what `hutong ask --json` prints and `hutong verify` checks, without a server.

The file holds the answer for people and programs (`answer`), the bytes that the gateway signed (`envelope`) and the
question that the asker signed (`question`). The signed bytes decide: the view must be exactly the one rendered from
them, so that no byte of it can be changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import product
from typing import Any, Final

from federation.charter.model import Charter
from federation.errors import Corrupt
from federation.evidence import checks
from federation.evidence.proof import Rules, Trusted, examine, read_answer
from federation.evidence.report import Report, VerifiedAnswer
from federation.evidence.view import envelope_json, read_envelope, read_json, view
from federation.v1.envelope_pb2 import Envelope
from federation.values.json_text import difference

FORMAT: Final = "hutong-answer-v1"
_PARTS: Final = frozenset({"format", "answer", "envelope"})

CharterAt = Callable[[datetime], Charter]
"""The charter that the verifier trusts for a moment in the past; raises when there is none."""


def render(envelope: Envelope, question: Envelope | None = None) -> dict[str, Any]:
    """Return the document for a signed answer; raises `Corrupt` when the payload is no `Answer`.

    Without the signed `question` the answer cannot be proven later, only its signature checked.
    """
    document = {"format": FORMAT, "answer": view(read_answer(envelope)), "envelope": envelope_json(envelope)}
    return document if question is None else document | {"question": envelope_json(question)}


def document_text(document: Mapping[str, Any]) -> str:
    """Return a document as the text to save."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def verify(
    document: bytes | Mapping[str, Any], charter_at: CharterAt, rules: Rules | None = None
) -> VerifiedAnswer:
    """Check everything about a saved answer; never raises because of the document's content.

    `charter_at` must come from a source that the verifier trusts (a pinned root), never from the document. `rules`
    are this program's own unless given.
    """
    report = Report()
    read = report.step("document", lambda: _open(document), "an answer in the format " + FORMAT)
    if read is None:
        return report.on(None)
    envelope, question = read
    answer = report.step("payload", lambda: read_answer(envelope), "the signed bytes are an answer")
    if answer is None:
        return report.on(None)
    report.says("view", lambda: _same_view(document, envelope))
    if isinstance(document, bytes):
        report.says("layout", lambda: _known_layout(document))
    at = report.step("time", lambda: checks.moment(answer.answered_at), f"answered at {answer.answered_at}")
    charter = (
        report.step("charter", lambda: charter_at(at), "a charter trusted for that time") if at else None
    )
    if at is None or charter is None:
        return report.on(answer)
    examine(report, envelope, answer, question, Trusted(charter, rules or Rules.here(), at))
    return report.on(answer)


def _open(document: bytes | Mapping[str, Any]) -> tuple[Envelope, Envelope | None]:
    content = read_json(document) if isinstance(document, bytes) else document
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise Corrupt(f"no document of the format {FORMAT}")
    if set(content) - {"question"} != _PARTS:
        raise Corrupt("the document holds format, answer, envelope and question, and nothing else")
    question = read_envelope(content["question"]) if "question" in content else None
    return read_envelope(content["envelope"]), question


def _same_view(document: bytes | Mapping[str, Any], envelope: Envelope) -> str:
    shown = read_json(document) if isinstance(document, bytes) else document
    place = difference(shown["answer"], render(envelope)["answer"], "answer")
    if place:
        raise Corrupt(f"{place} is not what was signed")
    return "what is shown is what was signed, in every field"


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
