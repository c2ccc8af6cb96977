"""The TOML form of a map: its keys, the values of each, and the line of a fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator

from compose.bulk.mapping import STRICT, Follow, Format
from federation.errors import FieldViolation, InvalidRequest
from federation.values.toml_lines import line_of


def _targets(value: object) -> tuple[str, ...]:
    targets = [value] if isinstance(value, str) else value
    if not isinstance(targets, list) or not targets or not all(isinstance(each, str) for each in targets):
        raise ValueError("say where the column goes: a field, or a list of fields")
    return tuple(targets)


def _ignored(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ColumnForm(BaseModel):
    """One table [columns."..."]."""

    model_config = STRICT

    to: Annotated[tuple[str, ...], BeforeValidator(_targets)] = Field(default=(), validate_default=True)
    #: Text of a cell -> its meaning.
    values: dict[str, str] = {}
    empty: str | None = None
    #: Constants set together with the value: field -> constant.
    along: dict[str, Any] = Field(default={}, alias="with")
    split: str = ""


class MapForm(BaseModel):
    """The whole file."""

    model_config = STRICT

    format: Format = Format()
    provenance: str | None = None
    columns: dict[str, ColumnForm] = {}
    constants: dict[str, Any] = {}
    unknown: dict[str, str] = {}
    #: Headings of columns that are left out; "*" stands for all that are not mapped.
    ignore: Annotated[list[str], BeforeValidator(_ignored)] = []
    #: Words in the table that mean an empty cell.
    empty_words: list[str] = []
    follow: Follow = Follow()

    @field_validator("provenance")
    @classmethod
    def _only_paper(cls, calendar: str | None) -> str | None:
        if calendar not in (None, "paper"):
            raise ValueError('is "paper", or left out: then map instrument.kind')
        return calendar


def read_form(text: str, content: Mapping[str, Any]) -> MapForm:
    """Return the map in `content`, the parsed TOML of `text`; raises `InvalidRequest` naming every wrong key."""
    try:
        return MapForm.model_validate(content)
    except ValidationError as error:
        raise InvalidRequest(
            [fault(text, _message(each), *map(str, each["loc"])) for each in error.errors()]
        ) from None


def fault(text: str, message: str, *keys: str) -> FieldViolation:
    """Return a fault of the key `keys`, with its line in `text`."""
    where = ".".join(f'"{key}"' if "." in key else key for key in keys)
    line = line_of(text, *keys) if keys else 1
    return FieldViolation(f"map line {line}, {where}", "MAP", message)


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        tables: dict[str, type[BaseModel]] = {"format": Format, "follow": Follow, "columns": ColumnForm}
        form = MapForm if len(error["loc"]) == 1 else tables[error["loc"][0]]
        fields = form.model_fields
        known = (field.alias or name for name, field in fields.items())
        return f"is no key of a map; there are {', '.join(known)}"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] in ("model_type", "dict_type"):
        return "is a table"
    message = str(error["msg"])
    return message[0].lower() + message[1:]
