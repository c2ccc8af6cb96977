"""Officers by name: which names an officer can have, and when two names are one person's (R12, R34, A10).

Where two officers must act, they are two people. Two ways of writing one name are one person: in full width, in
capitals, with other spaces or dots, with an accent or without, or with letters of another alphabet that look alike.
Traditional and simplified characters stay different.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from federation.values.alike import latin
from federation.values.characters import is_unsafe
from federation.values.written import is_letter_or_digit, written_fault

#: Characters of an officer's name.
MAX_OFFICER = 64
_ID = re.compile("[0-9a-z](?:[0-9a-z-]{0,30}[0-9a-z])?")
#: Combining classes of overlays; from the second on, those of accents above and below. Vowel signs have others.
_OVERLAY, _ACCENTS = 1, 200


def officer_fault(name: str) -> str:
    """Return why nobody can be named so, and what to do; "" for a name that an officer can have."""
    if len(name) > MAX_OFFICER:
        return f"is longer than {MAX_OFFICER} characters: give the name alone"
    if fault := written_fault(name):
        return fault
    for character in name:
        category = unicodedata.category(character)
        if category[0] == "S" or (category == "Zs" and character not in " \u3000"):
            return f"holds the sign U+{ord(character):04X}, which no name has: type it again"
    return ""


def officer_id_fault(text: str) -> str:
    """Return why no officer has this id; "" for one that an officer can have."""
    return "" if _ID.fullmatch(text) else "is not 1 to 32 lower-case letters, digits and hyphens"


@lru_cache(maxsize=4096)
def officer_key(name: str) -> str:
    """Return the form of a name that is equal for one person however it was written: letters, digits, vowel signs."""
    folded = latin(unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()))
    kept = "".join(filter(_tells_apart, folded))
    return unicodedata.normalize("NFC", kept) or folded


def same_officer(one: str, other: str) -> bool:
    """Return whether two names are one person's."""
    return officer_key(one) == officer_key(other)


def _tells_apart(character: str) -> bool:
    accent = unicodedata.combining(character)
    ordinary = is_letter_or_digit(character) or unicodedata.category(character)[0] == "M"
    return ordinary and not is_unsafe(character) and accent != _OVERLAY and accent < _ACCENTS
