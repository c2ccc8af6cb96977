"""The two forms in which a command answers: one JSON value for programs, a table or a sentence for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from certs.printing import echo, echo_json
from compose.shared.printing import Console

T = TypeVar("T")


def present(
    found: T,
    *,
    as_json: bool,
    table: Callable[[T], object],
    document: Callable[[T], object] | None = None,
    indent: int | None = None,
) -> None:
    """Write the result of a command: as JSON, converted by `document`, or for a person, converted by `table`.

    Without `document`, messages are written with the field names of the contract, and other values unchanged.
    `table` returns a sentence, which is written on a line of its own, or an object that a console can draw, or a list
    of these; or it prints by itself and returns nothing.
    """
    if as_json:
        echo_json((document or plain)(found), indent=indent)
    else:
        _show(table(found))


def _show(shown: object) -> None:
    if isinstance(shown, str):
        echo(shown)
    elif isinstance(shown, list):
        for part in shown:
            _show(part)
    elif shown is not None:
        Console().print(shown)


def listed(form: Callable[[T], object]) -> Callable[[Sequence[T]], list[object]]:
    """Return a function that applies `form` to every item of a list."""
    return lambda found: [form(item) for item in found]


def plain(found: object) -> object:
    """Return messages, alone or in a list, as programs read them; any other value unchanged."""
    if isinstance(found, Message):
        return message_json(found)
    if isinstance(found, list | tuple):
        return [plain(item) for item in found]
    return found


def message_json(message: Message) -> dict[str, Any]:
    """Return a message of the contract as programs read it."""
    return MessageToDict(message, preserving_proto_field_name=True)
