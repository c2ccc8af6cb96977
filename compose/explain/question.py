"""Strict models of questions in JSON: a fault is reported by its field, and unknown keys are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainValidator, ValidationError

from compose.explain.strict_json import BadLine
from federation.values.calendar import parse_date, parse_partial
from federation.values.enum_names import enum_names


class QuestionForm(BaseModel):
    """A JSON object with known keys; a key without a default is required, and only some keys may be null."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Q = TypeVar("Q", bound=QuestionForm)


def read(kind: type[Q], value: object) -> Q:
    """Return a JSON value as a question of this kind; raises `BadLine` with the first field that is wrong.

    An unknown key is reported before other faults: it may be a misspelt key, which is then missing as well.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = min(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
        raise BadLine(_path(first["loc"]), _message(kind, first)) from None


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("empty")
    return text


def day(value: object) -> date:
    """Return the day written as YYYY-MM-DD in a JSON string; raises `ValueError`."""
    if not isinstance(value, str):
        raise ValueError("must be a string")  # pydantic names the field of a ValueError
    return parse_date(_filled(value))


def _partial(text: str) -> str:
    parse_partial(text)
    return text


def one_of(known: Sequence[str]) -> AfterValidator:
    """Return a validator that refuses every text but those of `known`."""

    def checked(text: str) -> str:
        if text not in known:
            raise ValueError(f"{text[:60]!r} is not one of {', '.join(known)}")
        return text

    return AfterValidator(checked)


def name_in(enum: Any) -> PlainValidator:
    """Return a validator from the name of an enum value of the contract to its number."""
    known: Mapping[object, int] = {
        name: number for number, name in enum_names(enum.DESCRIPTOR).items() if number
    }

    def numbered(value: object) -> int:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"{str(value)[:60]!r} is not one of {', '.join(map(str, known))}")
        return known[value]

    return PlainValidator(numbered)


#: A string that is not empty.
Text = Annotated[str, AfterValidator(_filled)]
#: A day written YYYY-MM-DD.
Day = Annotated[date, BeforeValidator(day)]
#: A day, or a month or a year alone, kept as written.
PartialDay = Annotated[Text, AfterValidator(_partial)]


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or "line"


def _message(kind: type[QuestionForm], error: Any) -> str:
    match error["type"]:
        case "missing":
            return "missing"
        case "extra_forbidden":
            return f"unknown key; known are {', '.join(_known(kind, error['loc'][:-1]))}"
        case "value_error":
            return str(error["ctx"]["error"])
        case "model_type":
            return "must be an object"
    message = str(error["msg"])
    return message[0].lower() + message[1:]


def _known(kind: type[QuestionForm], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the object at a place of a question."""
    for part in loc:
        if isinstance(part, str):
            named = {field.alias or name: field for name, field in kind.model_fields.items()}
            kind = next(_questions_in(named[part].annotation))
    return [field.alias or name for name, field in kind.model_fields.items()]


def _questions_in(annotation: Any) -> Any:
    """Yield the questions that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, QuestionForm):
        yield annotation
    for part in get_args(annotation):
        yield from _questions_in(part)
