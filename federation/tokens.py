"""Blind tokens: how a store finds a person without keeping what it searches for in clear.

A token is HMAC-SHA-256 under a secret key, cut to 16 bytes, over a typed and normalised identifier,
or over (normalised name, birth date). Whoever lacks the key learns nothing from a token; whoever has it
can try numbers one by one, so the key never leaves its node.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from federation.identifiers import normalise_identifier
from federation.names import normalise_name
from federation.v1 import query_pb2, record_pb2
from federation.words import word

TOKEN_BYTES = 16


def token(key: bytes, kind: str, *parts: str) -> bytes:
    """Return the token of `parts`; `kind` keeps different uses apart."""
    text = "\x1f".join((kind, *parts))
    return hmac.digest(key, text.encode(), "sha256")[:TOKEN_BYTES]


def identifier_token(key: bytes, type_: record_pb2.IdentifierType.ValueType, number: str) -> bytes:
    """Return the token of a strong identifier; raises `ValueError` when the number is empty."""
    kind = word(record_pb2.IdentifierType.DESCRIPTOR, type_)
    return token(key, "identifier", kind, normalise_identifier(kind, number))


def name_token(key: bytes, name: str, birth_date: str) -> bytes:
    """Return the token of a name with a birth date, which finds but does not identify."""
    return token(key, "name+birth", normalise_name(name), birth_date)


def person_tokens(key: bytes, person: record_pb2.Person) -> Iterator[bytes]:
    """Yield every token under which the person of a record can be found."""
    for identifier in person.identifiers:
        yield identifier_token(key, identifier.type, identifier.number)
    if person.birth_date:
        for name in person.names:
            yield name_token(key, name.text, person.birth_date)


def subject_tokens(key: bytes, subject: query_pb2.Subject) -> tuple[list[bytes], bytes | None]:
    """Return the tokens of a question: those that identify, and the one that only finds (or None)."""
    strong = [identifier_token(key, i.type, i.number) for i in subject.identifiers]
    weak = name_token(key, subject.name, subject.birth_date) if subject.name and subject.birth_date else None
    return strong, weak
