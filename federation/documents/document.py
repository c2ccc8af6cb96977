"""Documents: data that a node signs, with a short code that ties a paper copy to that data."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from google.protobuf.message import DecodeError

from federation.charter.envelope import Signer, sign_payload, verify_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, Corrupt
from federation.v1 import document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Kind, Role

DOCUMENT: Final = "application/vnd.hutong.document.v1+protobuf"

TITLES: Final = {
    pb.DOCUMENT_KIND_RECEIPT: "受理回执",
    pb.DOCUMENT_KIND_REFUSAL: "不许可查询决定书",
    pb.DOCUMENT_KIND_NO_RECORD_CERTIFICATE: "无犯罪记录证明",
    pb.DOCUMENT_KIND_CERTIFICATE_REFUSED: "不予出具无犯罪记录证明通知书",
    pb.DOCUMENT_KIND_RESULT_LETTER: "犯罪记录查询结果告知函",
    pb.DOCUMENT_KIND_REEXAMINATION_OPINION: "复查意见",
    pb.DOCUMENT_KIND_SEALING_NOTICE: "犯罪记录封存通知书",
    pb.DOCUMENT_KIND_NO_VIOLATION_CERTIFICATE: "无违法记录证明",
}
RESULTS: Final = frozenset(
    {
        pb.DOCUMENT_KIND_NO_RECORD_CERTIFICATE,
        pb.DOCUMENT_KIND_CERTIFICATE_REFUSED,
        pb.DOCUMENT_KIND_RESULT_LETTER,
        pb.DOCUMENT_KIND_NO_VIOLATION_CERTIFICATE,
    }
)
"""The kinds that say what was found."""

#: Without I, L, O and U, which are misread on paper.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH: Final = 12
_MISREAD: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})


@dataclass(frozen=True)
class OpenedDocument:
    """A document with a valid signature; `digest` is the SHA-256 of its signed bytes."""

    document: pb.Document
    digest: bytes


def code_of(document: pb.Document) -> str:
    """Return the verification code: 60 bits of the document's hash, as "XXXX-XXXX-XXXX".

    With the code, the issuer can check a paper copy; only the signature proves the data.
    """
    bare = pb.Document()
    bare.CopyFrom(document)
    bare.ClearField("code")
    digest = hashlib.sha256(b"hutong-document-code\x00" + bare.SerializeToString(deterministic=True)).digest()
    number = int.from_bytes(digest[:8], "big")
    text = "".join(_ALPHABET[number >> (5 * place) & 31] for place in range(_CODE_LENGTH))
    return "-".join(text[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def normal_code(text: str) -> str:
    """Return the normal form of a code that a person typed."""
    found = re.sub(r"[\s-]", "", text).upper().translate(_MISREAD)
    return "-".join(found[at : at + 4] for at in range(0, len(found), 4))


def sign(document: pb.Document, signer: Signer) -> Envelope:
    """Set the code of `document` and return it signed."""
    document.code = code_of(document)
    return sign_payload(DOCUMENT, document.SerializeToString(deterministic=True), signer)


def read(envelope: Envelope) -> pb.Document:
    """Return the document in an envelope without checking anything; raises `Corrupt`."""
    try:
        return pb.Document.FromString(envelope.payload)
    except DecodeError:
        raise Corrupt("the signed bytes are no document") from None


def open_document(envelope: Envelope, charter: Charter, *, at: datetime) -> OpenedDocument:
    """Return the document if the node that it names, a node of `charter`, has signed it; else raise.

    `at` is when it was issued. Raises `BadEnvelope`, `PermissionDenied`, `Corrupt`.
    """
    verified = verify_payload(envelope, DOCUMENT, charter, role=Role.ANSWERS, now=at)
    document = read(envelope)
    if verified.installation.kind is not Kind.NODE or str(verified.installation) != document.installation:
        raise BadEnvelope(f"{verified.installation} signed a document of {document.installation[:120]!r}")
    if document.federation != charter.federation:
        raise BadEnvelope("the document belongs to another federation")
    if document.code != code_of(document):
        raise Corrupt("the verification code is not that of this document")
    return OpenedDocument(document, verified.digest)
