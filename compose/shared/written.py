"""Read what several commands take in one word: the document of a decision."""

from __future__ import annotations

import click

from federation.errors import InvalidRequest
from federation.v1 import record_pb2

reason_option = click.option("--reason", required=True, help="Why, in words.")
instrument_option = click.option(
    "--instrument", required=True, help='"NUMBER|ISSUER" of the document on which this rests.'
)


def instrument(
    text: str, kind: record_pb2.InstrumentKind.ValueType = record_pb2.INSTRUMENT_KIND_RULING
) -> record_pb2.Instrument:
    """Return the document written as "NUMBER|ISSUER"; raises `InvalidRequest`."""
    reference, bar, issuer = (part.strip() for part in text.partition("|"))
    if not (reference and bar and issuer):
        raise InvalidRequest.of("instrument", "R1", 'write "NUMBER|ISSUER"')
    return record_pb2.Instrument(kind=kind, reference=reference, issuer=issuer)
