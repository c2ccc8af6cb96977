"""A document as a file: its view, its text and the signed bytes; can be checked without a server.

The signed bytes decide: view and text must be exactly the ones rendered from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from federation.charter.model import Charter
from federation.documents.document import TITLES, open_document, read
from federation.documents.rendering import text_of
from federation.errors import Corrupt, HutongError
from federation.evidence.report import Check, Result
from federation.evidence.view import envelope_json, read_envelope, read_json, view
from federation.v1 import document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from federation.values.json_text import difference

FORMAT: Final = "hutong-document-v1"


@dataclass(frozen=True)
class VerifiedDocument:
    """A document (None when it could not be read) and everything that was checked about it, in order."""

    document: pb.Document | None
    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.result is Result.FAILED)

    @property
    def holds(self) -> bool:
        """Whether nothing failed."""
        return self.document is not None and not self.failures


def render(envelope: Envelope) -> dict[str, Any]:
    """Return the file's content for a signed document; raises `Corrupt` when the payload is none."""
    document = read(envelope)
    return {
        "format": FORMAT,
        "document": view(document),
        "text": text_of(document).splitlines(),
        "envelope": envelope_json(envelope),
    }


def is_document_file(content: object) -> bool:
    """Say whether a JSON value claims to be a document file."""
    return isinstance(content, Mapping) and content.get("format") == FORMAT


def verify(file: bytes | Mapping[str, Any], charter_at: Callable[[datetime], Charter]) -> VerifiedDocument:
    """Check everything about a saved document; never raises because of the file's content.

    `charter_at` must come from a source that the verifier trusts, never from the file. Only the issuer can say
    whether the document is still valid (`VerifyDocument`).
    """
    checks: list[Check] = []
    found: list[pb.Document] = []

    def step(name: str, check: Callable[[], str]) -> bool:
        try:
            checks.append(Check(name, Result.OK, check()))
        except HutongError as error:
            checks.append(Check(name, Result.FAILED, error.message))
            return False
        return True

    def envelope() -> str:
        content = read_json(file) if isinstance(file, bytes) else file
        if not is_document_file(content) or set(content) != {"format", "document", "text", "envelope"}:
            raise Corrupt(f"not a file of the format {FORMAT}: format, document, text and envelope")
        signed.CopyFrom(read_envelope(content["envelope"]))
        found.append(read(signed))
        written.update(content)
        return f"a document in the format {FORMAT}"

    def same() -> str:
        for part, value in render(signed).items():
            place = difference(written[part], value, part)
            if place:
                raise Corrupt(f"{place} is not what was signed")
        return "what is shown and its text are what was signed"

    def signature() -> str:
        document = found[0]
        at = _moment(document.issued_at)
        open_document(signed, charter_at(at), at=at)
        return f"{TITLES.get(document.kind, 'document')} signed by {document.installation}"

    def validity() -> str:
        document = found[0]
        return f"valid until {document.valid_until}" if document.valid_until else "no end of validity"

    signed, written = Envelope(), {}  # type: ignore[var-annotated]
    if step("file", envelope):
        step("view", same)
        step("signature", signature)
        step("validity", validity)
    return VerifiedDocument(found[0] if found else None, tuple(checks))


def _moment(text: str) -> datetime:
    try:
        return clock.parse_stamp(text)
    except ValueError:
        raise Corrupt(f"{text[:40]!r} is no time of this contract") from None
