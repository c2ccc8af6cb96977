"""Read a message of the contract from JSON that somebody else wrote: each field is named once, whichever way.

protobuf takes a field by its name in the contract (final_on) and by that of JSON (finalOn). Where an object has both,
its reader takes the later one, and a person perhaps the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from federation.values.json_text import NotStrict

M = TypeVar("M", bound=Message)


def read_message(value: Any, message: M) -> M:
    """Return `message` filled with a value that `parse_json` has read; raises `ValueError` saying what is wrong."""
    if not isinstance(value, dict):
        raise NotStrict("is not a JSON object")
    for place, names in _named_twice(value, message.DESCRIPTOR, ""):
        raise NotStrict(f"{place} is named twice, as {' and '.join(names)}: leave one of them")
    try:
        return ParseDict(value, message)
    except (ParseError, TypeError, RecursionError) as error:
        raise NotStrict(str(error)) from None


@cache
def _fields(descriptor: Any) -> dict[str, Any]:
    return {name: field for field in descriptor.fields for name in (field.name, field.json_name)}


def _named_twice(value: dict[str, Any], descriptor: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each field that an object inside `value` names in two ways, with both names."""
    known, named = _fields(descriptor), dict[str, list[str]]()
    for name, content in value.items():
        field = known.get(name)
        if field is None:
            continue
        place = f"{path}{field.name}"
        named.setdefault(field.name, []).append(name)
        if len(named[field.name]) > 1:
            yield place, named[field.name]
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            items = content if isinstance(content, list) else [content]
            for number, item in enumerate(items):
                if isinstance(item, dict):
                    inside = f"{place}[{number}]." if isinstance(content, list) else f"{place}."
                    yield from _named_twice(item, field.message_type, inside)
