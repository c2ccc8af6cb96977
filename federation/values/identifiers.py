"""Numbers that identify a person: the citizen identity number (公民身份号码, GB 11643) and the others."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum
from operator import mul
from typing import Final

from federation.values.calendar import parse_date


class IdentifierType(StrEnum):
    """The kind of an identifying number."""

    CITIZEN_ID = "citizen_id"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence_permit"
    MILITARY_ID = "military_id"
    OTHER = "other"


SYNTHETIC_PREFIX: Final = "99"
"""Unassigned under GB/T 2260 and on the nine-card of foreign residents: whoever bears it was never born."""

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
#: What the codes of seventeen zeros weigh.
_ZEROS: Final = ord("0") * sum(_WEIGHTS)
_CITIZEN = re.compile(r"[0-9]{17}[0-9X]")
#: Spaces, dashes, the middle dot, and invisible characters such as the marks of direction around a copied number.
_BETWEEN = re.compile(
    r"[\s\-\u2010-\u2015\u2043\u2212\u2500\u2501\u00b7"
    r"\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
_FIRST_GENERATION = re.compile(r"[0-9]{15}")
#: Sequence numbers of the first generation that were kept for people born in the 1800s.
_CENTENARIANS: Final = frozenset({"996", "997", "998", "999"})
#: Residence permits of the form of GB 11643, well or badly written; earlier ones begin with letters.
_PERMIT: Final = re.compile(r"(?:8[1-3]|9)[0-9]{13,}[0-9A-Z]*")
_OTHER: Final = re.compile(r"[0-9A-Z()/-]{3,30}")
#: Numbers such as 军字第123号 have Chinese characters.
_WITH_CHINESE: Final = re.compile(r"[0-9A-Z()/\u4e00-\u9fff-]{3,30}")
# Provinces of GB/T 2260, residence permits (81-83), and foreign permanent residents (9 and a province).
_PREFIX = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[1-8]")


def normalise_identifier(type: str, number: str) -> str:
    """Return `number` in the one form that is stored and compared; raises `ValueError` when nothing is left.

    ASCII, upper case, without spaces and hyphens. A first-generation citizen number of 15 digits becomes its
    18-character form: the century before the year ("18" where the number ends in 996 to 999, else "19"), check
    character after. No check digit is verified here.
    """
    kind = IdentifierType(type)
    text = number.upper()
    if not (text.isascii() and text.isalnum()):  # hardly any number needs this
        text = number
        while (folded := _BETWEEN.sub("", unicodedata.normalize("NFKC", text).upper())) != text:
            text = folded
    if not text:
        raise ValueError("an identifier is empty")
    if kind is IdentifierType.CITIZEN_ID and _FIRST_GENERATION.fullmatch(text):
        body = f"{text[:6]}{'18' if text[12:] in _CENTENARIANS else '19'}{text[6:]}"
        return body + check_character(body)
    return text


def check_character(body: str) -> str:
    """Return the check character of 17 digits: ISO 7064 MOD 11-2 as GB 11643 uses it."""
    if len(body) != len(_WEIGHTS):
        raise ValueError(f"a check character belongs to {len(_WEIGHTS)} digits")
    if not (body.isascii() and body.isdigit()):
        raise ValueError("a check character belongs to digits")
    # Reckoned several times for each question: from the codes of the digits, without a number made of each.
    return _CHECKS[(sum(map(mul, _WEIGHTS, body.encode())) - _ZEROS) % 11]


def has_citizen_form(type: str, number: str) -> bool:
    """Say whether a normalised number is built as GB 11643 says: with birth date, sex and check character.

    Besides citizen numbers these are the residence permits of eighteen characters (since 2018 and 2023).
    """
    kind = IdentifierType(type)
    return kind is IdentifierType.CITIZEN_ID or (
        kind is IdentifierType.RESIDENCE_PERMIT
        and (_CITIZEN.fullmatch(number) or _PERMIT.fullmatch(number)) is not None
    )


def looks_of_standard(number: str) -> bool:
    """Say whether a normalised number has eighteen characters as those of GB 11643, well or badly copied."""
    return _CITIZEN.fullmatch(number) is not None


def rule_of(type: str, number: str) -> str:
    """Return the rule by which `check_identifier` judges a normalised number."""
    return "GB 11643" if has_citizen_form(type, number) else "FORMAT"


def check_identifier(type: str, number: str, *, allow_synthetic: bool = False) -> None:
    """Raise `ValueError`, saying what is wrong, unless `number` is a well-formed normalised number of its kind."""
    if has_citizen_form(type, number):
        check_citizen_id(number, allow_synthetic=allow_synthetic)
    elif IdentifierType(type) in (IdentifierType.MILITARY_ID, IdentifierType.OTHER):
        if not _WITH_CHINESE.fullmatch(number):
            raise ValueError("is not 3 to 30 letters, digits and Chinese characters")
    elif not _OTHER.fullmatch(number):
        raise ValueError("is not 3 to 30 letters and digits")


def check_citizen_id(number: str, *, allow_synthetic: bool = False) -> None:
    """Raise `ValueError`, saying which part, unless `number` is a well-formed normalised citizen number."""
    if not _CITIZEN.fullmatch(number):
        raise ValueError("a citizen number has 17 digits and a check character (0-9 or X)")
    if number.startswith(SYNTHETIC_PREFIX):
        if not allow_synthetic:
            raise ValueError("a citizen number beginning 99 is synthetic and not accepted here")
    elif not _PREFIX.match(number):
        raise ValueError(f"a citizen number does not begin {number[:2]}: no such province")
    birth_date_of(number)
    if number[17] != check_character(number[:17]):
        raise ValueError("the check character of the citizen number does not fit its digits")


def is_citizen_id(number: str) -> bool:
    """Return whether `number`, as anybody wrote it, is one of GB 11643, whatever document it is said to be of."""
    try:
        check_citizen_id(normalise_identifier(IdentifierType.CITIZEN_ID, number), allow_synthetic=True)
    except ValueError:
        return False
    return True


def is_foreign_card(number: str) -> bool:
    """Say whether a normalised number is that of a foreigner's permanent residence card (since 2023-12-01: 9...)."""
    return number.startswith("9") and not number.startswith(SYNTHETIC_PREFIX) and is_citizen_id(number)


def birth_date_of(number: str) -> date:
    """Return the birth date inside a normalised citizen number; raises `ValueError` when impossible."""
    try:
        return parse_date(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError as error:
        raise ValueError(f"the birth date in the citizen number: {error}") from None
