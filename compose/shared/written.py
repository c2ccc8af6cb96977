"""Read what several commands take as one argument: the document of a decision, an identity document with its number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import click

from federation.errors import InvalidRequest
from federation.v1 import record_pb2
from federation.values.enum_names import enum_names, parse

_TYPES: Final = {
    name: number for number, name in enum_names(record_pb2.IdentifierType.DESCRIPTOR).items() if number
}
_KINDS: Final = ", ".join(_TYPES)

reason_option = click.option("--reason", required=True, help="Why, in words.")
instrument_option = click.option(
    "--instrument", required=True, help='"NUMBER|ISSUER" of the document on which this rests.'
)
document_option = click.option(
    "--id",
    "documents",
    multiple=True,
    help=f"An identity document of the person asked about, as TYPE=NUMBER; TYPE is one of {_KINDS}.",
)


def instrument(
    text: str, kind: record_pb2.InstrumentKind.ValueType = record_pb2.INSTRUMENT_KIND_RULING
) -> record_pb2.Instrument:
    """Return the document written as "NUMBER|ISSUER"; raises `InvalidRequest`."""
    reference, bar, issuer = (part.strip() for part in text.partition("|"))
    if not (reference and bar and issuer):
        raise InvalidRequest.of("instrument", "R1", 'write "NUMBER|ISSUER"')
    return record_pb2.Instrument(kind=kind, reference=reference, issuer=issuer)


def identity_document(text: str, field: str = "id") -> record_pb2.Identifier:
    """Return the identity document written as "TYPE=NUMBER"; raises `InvalidRequest`."""
    kind, equals, number = (part.strip() for part in text.partition("="))
    if not (equals and number):
        raise InvalidRequest.of(field, "FORMAT", f"write TYPE=NUMBER, with TYPE one of {_KINDS}")
    type_ = parse(record_pb2.IdentifierType.DESCRIPTOR, kind, field=field)
    return record_pb2.Identifier(type=type_, number=number)  # type: ignore[arg-type]


def identity_documents(citizen: str | None, documents: Iterable[str]) -> list[record_pb2.Identifier]:
    """Return the identity documents of --id-number and --id."""
    found = [identity_document(text) for text in documents]
    if citizen:
        found.insert(0, record_pb2.Identifier(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=citizen))
    return found
