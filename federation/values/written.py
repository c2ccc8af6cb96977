"""Text by which a person answers for an act: names of officers, reasons, case numbers, scopes (R2, R12, R44).

Such text is kept in logs and read by others, and officers are compared by their names. So it holds letters, digits and
ordinary marks alone: nothing that cannot be seen, and no empty form of a reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from federation.errors import FieldViolation
from federation.values.characters import is_unsafe, no_character

#: Characters of the longest such text, unless its field says otherwise.
MAX_WRITTEN = 400
#: Private use and enclosing marks, in addition to what `is_unsafe` names.
_BARRED = frozenset({"Co", "Me"})
_HAN = re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]")


def written_violations(
    where: str, text: str, *, limit: int = MAX_WRITTEN, missing: tuple[str, str] | None = None
) -> Iterator[FieldViolation]:
    """Yield what is wrong with the text of the field `where`.

    `missing` is the rule that demands it and what to do; without it the field may be empty.
    """
    if not text.strip():
        if missing is not None:
            yield FieldViolation(where, *missing)
        elif text:
            yield FieldViolation(where, "TEXT", "holds nothing but white space: leave it out")
    elif len(text) > limit:
        yield FieldViolation(where, "SIZE", f"longer than {limit} characters")
    elif fault := written_fault(text):
        yield FieldViolation(where, "TEXT", fault)


def is_letter_or_digit(character: str) -> bool:
    """Return whether a character is one by its category, or a Chinese one that this version of Unicode lacks."""
    return unicodedata.category(character)[0] in "LN" or "\U00020000" <= character <= "\U0003fffd"


def written_fault(text: str) -> str:
    """Return why `text` is not letters, digits and ordinary marks, and what to do; "" when it is."""
    for before, character in zip(" " + text, text, strict=False):
        category = unicodedata.category(character)
        if is_unsafe(character) or category in _BARRED:
            return f"holds the character U+{ord(character):04X}, which is no letter, digit or mark: type it again"
        if category[0] == "M" and (unicodedata.category(before)[0] not in "LM" or _HAN.match(before)):
            return f"has the mark U+{ord(character):04X} on no letter that bears one: type it again"
    if fault := no_character(text):
        return fault
    if text != text.strip():
        return "begins or ends with white space: leave it out"
    if not any(is_letter_or_digit(character) for character in text):
        return "has neither letter nor digit: write it out"
    return ""
