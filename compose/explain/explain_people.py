"""The questions of `hutong explain identifier` and `name`: the forms in which numbers and names are compared."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from compose.explain.question import QuestionForm, Text, read
from compose.explain.strict_json import BadLine
from federation.v1 import record_pb2
from federation.values.clock import legal_day, now
from federation.values.enum_names import enum_name
from federation.values.identifiers import (
    IdentifierType,
    birth_date_of,
    check_identifier,
    normalise_identifier,
)
from federation.values.names import check_name, name_key, normalise_name
from federation.values.numbers import citizen_numbers, sex_inside


class _Identifier(QuestionForm):
    kind: Annotated[IdentifierType, Field(strict=False, alias="type")]
    number: Text
    #: Whether numbers that begin with 99, which nobody bears, are accepted.
    synthetic: bool = False


def explain_identifier(value: object) -> dict[str, object]:
    """Return the form in which a number is kept, with the birth date and sex inside it; raises `BadLine`."""
    asked = read(_Identifier, value)
    try:
        normal = normalise_identifier(asked.kind, asked.number)
        check_identifier(asked.kind, normal, allow_synthetic=asked.synthetic)
    except ValueError as error:
        raise BadLine("number", str(error)) from None
    # As everywhere: eighteen characters of GB 11643 are one under every kind of document, fifteen as a citizen's alone.
    kind = record_pb2.IdentifierType.Value(f"IDENTIFIER_TYPE_{asked.kind.name}")
    numbers = citizen_numbers([record_pb2.Identifier(type=kind, number=normal)])
    if not numbers:
        return {"normal": normal, "birth_date": None, "sex": None}
    born = birth_date_of(numbers[0])
    if born > legal_day(now()):
        raise BadLine("number", f"the birth date in the number, {born}, lies in the future")
    sex = enum_name(record_pb2.Sex.DESCRIPTOR, sex_inside(numbers[0]))
    return {"normal": normal, "birth_date": born.isoformat(), "sex": sex}


class _Name(QuestionForm):
    text: Text


def explain_name(value: object) -> dict[str, object]:
    """Return the form in which a name is compared, and the keys under which its records are found; raises `BadLine`."""
    asked = read(_Name, value)
    try:
        check_name(asked.text)
    except ValueError as error:
        raise BadLine("text", str(error)) from None
    return {"normal": normalise_name(asked.text), "keys": [name_key(asked.text)]}
