"""Texts and lists of any message: their sizes, and the characters that no text has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from google.protobuf.message import Message

from federation.errors import FieldViolation
from federation.record.extensions import MOST_TEXT as MAX_TEXT
from federation.values.characters import no_character

MAX_ITEMS = 200
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
#: Values that hold no text. `ListFields` gives nothing but these, texts, messages and lists.
_PLAIN = frozenset({int, bool, float, bytes})


def text_faults(message: Message, path: str) -> list[FieldViolation]:
    """Return what is wrong with texts and lists anywhere in `message`: every text short and printable."""
    found: list[FieldViolation] = []
    _gather_faults(message, path, found)
    return found


def _gather_faults(message: Message, path: str, found: list[FieldViolation]) -> None:
    for field, value in message.ListFields():
        kind = type(value)
        if kind is str:
            # Nearly every text is plain; the path of a field is needed only for one that is not.
            if (
                len(value) > MAX_TEXT
                or not value.isprintable()
                or "\ufffd" in value
                or value != value.strip()
            ):
                found += text_violations(f"{path}{field.name}", value)
        elif kind in _PLAIN or field.name == "extensions":
            continue
        elif isinstance(value, Message):
            _gather_faults(value, f"{path}{field.name}.", found)
        elif len(value) > MAX_ITEMS:
            found.append(FieldViolation(f"{path}{field.name}", "SIZE", f"more than {MAX_ITEMS} items"))
        else:
            for number, item in enumerate(value):
                if isinstance(item, Message):
                    _gather_faults(item, f"{path}{field.name}[{number}].", found)


def text_violations(where: str, value: str, *, limit: int = MAX_TEXT) -> Iterator[FieldViolation]:
    """Yield what is wrong with one text: too long, or characters that cannot be printed."""
    if len(value) > limit:
        yield FieldViolation(where, "SIZE", f"longer than {limit} characters")
    elif _CONTROL.search(value):
        yield FieldViolation(where, "TEXT", "contains control or invisible characters; send plain text")
    elif fault := no_character(value):
        yield FieldViolation(where, "TEXT", fault)
    elif value != value.strip():
        yield FieldViolation(where, "TEXT", "begins or ends with white space")
