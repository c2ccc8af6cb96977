"""Persons who differ only in what is sealed, and the comparison of everything that a caller gets about them.

Compared are number, order, status and details of calls and messages, and each message: its length as it came, and its
fields after masking what belongs to one call alone (ids, times, hashes, signatures) and the names and numbers of the
person. Envelopes are opened. Masked values keep their lengths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from federation.charter.envelope import ANSWER, CHECKPOINT, PAGE
from federation.documents.document import DOCUMENT
from federation.notices.document_receipts import DOCUMENT_RECEIPT
from federation.notices.receipts import NOTICE_RECEIPTS
from federation.statements.recalls import RECALLS
from federation.statements.seals import ACKNOWLEDGEMENT
from federation.v1 import (
    document_pb2,
    evidence_pb2,
    lookup_pb2,
    notice_pb2,
    query_pb2,
    recall_pb2,
    record_pb2,
    sealing_pb2,
    stored_document_pb2,
)
from federation.v1.envelope_pb2 import Envelope
from tests.support.federation import GATEWAY
from tests.support.recording import Heard
from tests.support.records import MINOR, Someone, case_number, record, without
from tests.support.related import public_order
from tests.support.seal_servers import SealServers, at_rest
from tests.support.waiting import wait_for

UNKNOWN, HERE, ELSEWHERE = "unknown", "sealed here", "sealed elsewhere"
WITHHELD, OTHER_CLASS = "withheld", "sealed of another class"
#: Sealed here and on its way to a holder of an open copy; a gateway has the seal already, or none has it yet.
SPREADING, HANDED_OVER = "spreading", "spreading, at a gateway"
VARIANTS = (UNKNOWN, HERE, ELSEWHERE, WITHHELD, OTHER_CLASS, SPREADING, HANDED_OVER)
HOLDER = "procuratorate-1"

_PAYLOADS: Mapping[str, type[Message]] = {
    ANSWER: query_pb2.Answer,
    PAGE: lookup_pb2.PageStatement,
    CHECKPOINT: evidence_pb2.Checkpoint,
    NOTICE_RECEIPTS: notice_pb2.NoticeReceiptPage,
    DOCUMENT_RECEIPT: stored_document_pb2.DocumentReceipt,
    DOCUMENT: document_pb2.Document,
    RECALLS: recall_pb2.RecallPage,
    ACKNOWLEDGEMENT: sealing_pb2.SealingAcknowledgement,
}
#: Bytes that hold a message without an envelope.
_NESTED: Mapping[str, type[Message]] = {
    "federation.v1.NodeEvidence.answer": lookup_pb2.NodeAnswer,
}
#: Numbers and ids that belong to one call, document or application and say nothing about the person.
_OWN = frozenset(
    {
        "federation.v1.Application.number",
        "federation.v1.ApplicationLine.number",
        "federation.v1.Application.mandate",
        "federation.v1.ApplicationEvent.mandate",
        "federation.v1.Document.application",
        "federation.v1.Document.number",
        "federation.v1.Document.supersedes",
        "federation.v1.Document.code",
        "federation.v1.DocumentHeader.number",
        "federation.v1.DocumentHeader.superseded_by",
        "federation.v1.VerifyDocumentResponse.superseded_by",
    }
)
#: Receipts of several nodes come in the order in which the nodes were done.
_UNORDERED = frozenset({"federation.v1.NoticeTrack.receipts", "federation.v1.DocumentPath.receipts"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_HEX = re.compile(r"[0-9a-f]{16,}")
#: Shorter bytes are no hash, nonce or signature.
_SHORT = 16


@dataclass(frozen=True)
class Subject:
    """A person of one variant, with a judgment number and a record id as far as there are such."""

    variant: str
    person: Someone
    number: str
    record_id: str


@contextmanager
def subject(servers: SealServers, variant: str) -> Iterator[Subject]:
    """Enter what makes a person of that variant; a seal that spreads waits until it must go on, or the context ends."""
    person = Someone(name=_name(), born=MINOR)
    number, record_id = case_number(), "00" * 16
    spreads = variant in (SPREADING, HANDED_OVER)
    if spreads:
        grown = record(person, "procuratorate", number=number)
        grown.person.birth_date = "1985-03-04"
        grown.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
        servers.enter("procuratorate", grown)
        at_rest(servers)
        servers.slowed.to_nodes.add(HOLDER)
        if variant == SPREADING:
            servers.slowed.to_gateways.add(GATEWAY)
    try:
        if variant != UNKNOWN:
            agency = "justice" if variant == ELSEWHERE else "police"
            made = _record(variant, person, agency, number)
            record_id = servers.enter(agency, made).record_id
        if variant == HANDED_OVER:
            wait_for(lambda: servers.waiting(HOLDER), what="the proposal at the gateway")
        elif not spreads:
            at_rest(servers)
        yield Subject(variant, person, number, record_id)
    finally:
        servers.slowed.end()
    at_rest(servers)


def _record(variant: str, person: Someone, agency: str, number: str) -> record_pb2.Record:
    if variant == OTHER_CLASS:
        return public_order(person)
    made = record(person, agency, number=number)
    for event in made.execution:
        event.executor = "county_justice"  # a member: it sees what it executes itself and is open
    if variant == WITHHELD:
        without(made, ["person.birth_date"], record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
        made.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    return made


def _name() -> str:
    """Return a name that nobody else has, always of three characters: a question by name finds nobody else."""
    serial = Someone().serial
    return f"欧{chr(0x4E00 + serial // 100)}{chr(0x5000 + serial % 100)}"


def differences(one: Sequence[Heard], other: Sequence[Heard], about: Subject, against: Subject) -> list[str]:
    """Return where two callers' recordings differ, as paths with both values; none when they are alike."""
    calls = [(heard.server, heard.method) for heard in one]
    if calls != [(heard.server, heard.method) for heard in other]:
        return [f"calls: {calls} and {[(heard.server, heard.method) for heard in other]}"]
    found: list[str] = []
    for mine, theirs in zip(one, other, strict=True):
        found += _unlike(mine.method, shown(mine, about), shown(theirs, against))
    return found


def shown(heard: Heard, about: Subject) -> dict[str, Any]:
    """Return what is compared of one call."""
    return {
        "code": heard.code,
        "details": _text(heard.details, about),
        "trailers": heard.trailers,
        "status": _message(heard.status, about),
        "messages": [{"length": m.ByteSize(), "fields": _message(m, about)} for m in heard.messages],
    }


def _unlike(path: str, one: Any, other: Any) -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [line for key in one for line in _unlike(f"{path}.{key}", one[key], other[key])]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [line for n, (a, b) in pairs for line in _unlike(f"{path}[{n}]", a, b)]
    return [] if one == other else [f"{path}: {one!r} and {other!r}"]


def _message(message: Message, about: Subject) -> Any:
    if message.DESCRIPTOR.full_name == "google.protobuf.Any":
        return _details(message, about)
    return {field.name: _field(message, field, value, about) for field, value in message.ListFields()}


def _field(message: Message, field: FieldDescriptor, value: Any, about: Subject) -> Any:
    if isinstance(message, Envelope) and field.name == "payload":
        kind = _PAYLOADS.get(message.payload_type)
        return len(value) if kind is None else [len(value), _message(kind.FromString(value), about)]
    if _is_map(field):
        return {str(key): _value(field, each, about) for key, each in value.items()}
    if field.is_repeated:
        items = [_value(field, each, about) for each in value]
        return sorted(items, key=repr) if field.full_name in _UNORDERED else items
    return _value(field, value, about)


def _value(field: FieldDescriptor, value: Any, about: Subject) -> Any:
    if isinstance(value, Message):
        return _message(value, about)
    if isinstance(value, bytes) and field.full_name in _NESTED:
        return [len(value), _message(_NESTED[field.full_name].FromString(value), about)]
    if field.full_name in _OWN:
        return f"<{len(str(value))}>"
    if isinstance(value, bytes):
        return f"<{len(value)}>" if len(value) >= _SHORT else value.hex()
    return _text(value, about) if isinstance(value, str) else value


def _text(value: str, about: Subject) -> str:
    """Return a text without times, hashes, and the names and numbers of the person asked about."""
    for own in (about.person.number, about.person.name, about.number):
        value = value.replace(own, f"<{len(own)}>")
    return _HEX.sub(lambda m: f"<{len(m[0])}>", _TIME.sub(lambda m: f"<{len(m[0])}>", value))


def _details(message: Any, about: Subject) -> Any:
    for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
        if message.Is(kind.DESCRIPTOR):
            return [message.type_url, _message(kind.FromString(message.value), about)]
    return [message.type_url, message.value.hex()]


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def planted(heard: Heard) -> Iterator[tuple[str, Heard]]:
    """Yield what a caller got with one small difference each, and what it is."""
    yield "another status", replace(heard, code="DATA_LOSS")
    yield "another sentence", replace(heard, details=heard.details + " ")
    yield "one more trailer", replace(heard, trailers=(*heard.trailers, "more"))
    yield "one more message", replace(heard, messages=(*heard.messages, record_pb2.Record()))
    if heard.messages:
        yield "one message less", replace(heard, messages=heard.messages[1:])
    for place, message in enumerate(heard.messages):
        longer = type(message)()
        longer.MergeFromString(message.SerializeToString() + b"\xf8\x07\x01")  # field 127, a varint
        yield "a field that the contract does not know", _with(heard, place, longer)
        changed = type(message)()
        changed.CopyFrom(message)
        if (field := _change(changed)) is not None:
            yield f"another value of {field}, of the same length", _with(heard, place, changed)


def _with(heard: Heard, place: int, message: Message) -> Heard:
    return replace(heard, messages=(*heard.messages[:place], message, *heard.messages[place + 1 :]))


def _change(message: Message) -> str | None:
    """Change the first number or enumerated value in a message, wherever it is; return the field's name."""
    for field, value in message.ListFields():
        if _is_map(field):
            continue
        if field.message_type is not None:
            for each in value if field.is_repeated else [value]:
                if (found := _change(each)) is not None:
                    return found
        elif isinstance(message, Envelope) and field.name == "payload" and message.payload_type in _PAYLOADS:
            inner = _PAYLOADS[message.payload_type].FromString(value)
            if (found := _change(inner)) is not None:
                message.payload = inner.SerializeToString()
                return found
        elif (
            isinstance(value, int) and not field.is_repeated and 0 < value < 64
        ):  # an enumerated value, or yes
            setattr(message, field.name, 0 if value is True else value ^ 1 or 2)
            return str(field.full_name)
    return None
