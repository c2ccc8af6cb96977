"""The commitments to one node's log in what a member kept: a saved answer, or a signed page or receipt (DSSE JSON)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from google.protobuf.message import DecodeError

from federation.charter.envelope import PAGE
from federation.charter.model import Charter
from federation.errors import Corrupt, NotFound
from federation.evidence.answer_file import FORMAT
from federation.evidence.page import read_page
from federation.evidence.view import read_envelope, read_json
from federation.notices.document_receipts import DOCUMENT_RECEIPT, read_receipt
from federation.notices.receipts import NOTICE_RECEIPTS, read_receipts
from federation.v1.envelope_pb2 import Envelope
from federation.v1.lookup_pb2 import PageStatement
from federation.v1.notice_pb2 import NoticeReceiptPage
from federation.v1.query_pb2 import Answer
from federation.v1.stored_document_pb2 import DocumentReceipt
from federation.values.clock import parse_stamp
from federation.values.identity import Role

CharterAt = Callable[[datetime], Charter]
Statement: TypeAlias = "PageStatement | NoticeReceiptPage | DocumentReceipt"


@dataclass(frozen=True, slots=True)
class CommittedState:
    """One commitment, the moment that its salt was made for, and what it was signed with."""

    what: str
    signed_at: str
    commitment: bytes


class Kept:
    """What a member kept: statements that servers signed, unverified until their commitments are read."""

    def __init__(self, document: bytes) -> None:
        """Read a saved answer or a DSSE envelope; raises `Corrupt` for a document of another form.

        Raises `NotFound` for an answer to which no node's own is attached.
        """
        self._envelopes = _envelopes(document)
        if not self._envelopes:
            raise NotFound(
                "no node's signed answer is attached: below full granularity its gateway keeps them"
            )
        self._statements = [_statement(envelope) for envelope in self._envelopes]

    @property
    def federation(self) -> str:
        """The federation that the statements name, used only to choose among charters trusted already."""
        return self._statements[0].federation

    def committed(self, installation: str, charter_at: CharterAt) -> Iterator[CommittedState]:
        """Yield each commitment to the log of `installation`, its signature verified.

        Raises `BadEnvelope` or `PermissionDenied` for a signature that does not hold, and `NotFound` when nothing
        here commits to that log.
        """
        none = True
        for envelope, statement in zip(self._envelopes, self._statements, strict=True):
            if statement.installation == installation and statement.log_commitment:
                yield _verified(envelope, statement, charter_at)
                none = False
        if none:
            raise NotFound(f"nothing in it commits to the log of {installation}")


def _envelopes(document: bytes) -> list[Envelope]:
    content = read_json(document)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return [read_envelope(content)]
    try:
        answer = Answer.FromString(read_envelope(content.get("envelope")).payload)
    except DecodeError:
        raise Corrupt("the signed bytes are no answer") from None
    return [evidence.page for evidence in answer.evidence]


def _statement(envelope: Envelope) -> Statement:
    """Return what was signed, unverified."""
    try:
        if envelope.payload_type == PAGE:
            return PageStatement.FromString(envelope.payload)
        if envelope.payload_type == NOTICE_RECEIPTS:
            return NoticeReceiptPage.FromString(envelope.payload)
        if envelope.payload_type == DOCUMENT_RECEIPT:
            return DocumentReceipt.FromString(envelope.payload)
    except DecodeError:
        raise Corrupt("the signed bytes cannot be read") from None
    raise Corrupt(
        "it is neither a saved answer nor a signed page of answers, receipts of notices or of a document"
    )


def _verified(envelope: Envelope, statement: Statement, charter_at: CharterAt) -> CommittedState:
    try:
        at = parse_stamp(statement.signed_at)
    except ValueError:
        raise Corrupt(f"{statement.signed_at[:40]!r} is no time of this contract") from None
    charter = charter_at(at)
    if isinstance(statement, PageStatement):
        read_page(envelope, charter, node=statement.node, now=at)
        what = "a page of answers"
    elif isinstance(statement, NoticeReceiptPage):
        read_receipts(envelope, charter, role=Role.ANSWERS, now=at)
        what = "receipts of notices"
    else:
        read_receipt(envelope, charter, role=Role.ANSWERS, now=at)
        what = "the receipt of a document"
    return CommittedState(what, statement.signed_at, statement.log_commitment)
