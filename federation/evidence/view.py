"""Messages as JSON whose shape never depends on their content, and envelopes in the JSON form of DSSE.

Every field is always there, enums are words and bytes are hex: two answers that differ only in ids, times and hashes
are documents of equal length.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from federation.errors import Corrupt
from federation.v1.envelope_pb2 import Envelope, Signature
from federation.values import enum_names
from federation.values.json_text import parse_json


def view(message: Message) -> dict[str, Any]:
    """Return `message` as plain JSON values, every field of it, in the order of the contract.

    An absent submessage is null; so are the members of a `oneof` that were not chosen.
    """
    return {field.name: _field(message, field) for field in message.DESCRIPTOR.fields}


def envelope_json(envelope: Envelope) -> dict[str, Any]:
    """Return `envelope` in the JSON form of the DSSE specification."""
    return {
        "payloadType": envelope.payload_type,
        "payload": base64.b64encode(envelope.payload).decode(),
        "signatures": [
            {"keyid": signature.keyid, "sig": base64.b64encode(signature.sig).decode()}
            for signature in envelope.signatures
        ],
    }


def read_envelope(document: object) -> Envelope:
    """Return the envelope written by `envelope_json`; raises `Corrupt` unless it would be written just so."""
    try:
        if not isinstance(document, dict):
            raise TypeError("not an object")
        envelope = Envelope(
            payload_type=document["payloadType"],
            payload=base64.b64decode(document["payload"], validate=True),
            signatures=[
                Signature(keyid=item["keyid"], sig=base64.b64decode(item["sig"], validate=True))
                for item in document["signatures"]
            ],
        )
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise Corrupt(
            "not an envelope: payloadType, payload and signatures (keyid, sig) are expected"
        ) from None
    if envelope_json(envelope) != document:
        raise Corrupt("the envelope is not in the one form in which it is written")
    return envelope


def read_json(text: bytes | str) -> Any:
    """Return the JSON value of `text`; raises `Corrupt` for whatever is not strict JSON."""
    try:
        return parse_json(text)
    except ValueError as error:
        raise Corrupt(f"not JSON: {error}") from None


def _field(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    inner: Descriptor | None = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        return {key: value[key] for key in sorted(value)}
    if field.is_repeated:
        return [_value(item, field) for item in value]
    if field.has_presence and not message.HasField(field.name):
        return None
    return _value(value, field)


def _value(value: Any, field: Any) -> Any:
    if field.message_type is not None:
        return view(value)
    if field.enum_type is not None:
        return enum_names.enum_name(field.enum_type, value)
    if isinstance(value, bytes):
        return value.hex()
    return value
