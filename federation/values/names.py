"""The comparable form of a person's name, however it was typed; the name as written is kept in addition."""

from __future__ import annotations

import re
import unicodedata

_MIDDLE_DOTS = re.compile(r"\s*[·•‧∙⋅・･ㆍ᛫●]\s*|(?<=\w)\s*[.．]\s*(?=\w)")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f]")
_PLAIN = re.compile(r"[\u4e00-\u9fff]+")
_SPACES = re.compile(r"\s+")
_BETWEEN_HAN = re.compile(
    r"(?<=[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]) | (?=[\u2e80-\u9fff\uf900-\ufaff])"
)


def normalise_name(text: str) -> str:
    """Return the comparable form of `text`; raises `ValueError` when nothing is left.

    Compatibility characters folded (NFKC), invisible ones removed, one kind of middle dot (·, as in
    买买提·吐尔逊), no spaces beside Han characters, single spaces elsewhere, case folded.
    Traditional and simplified characters stay different: they may be different persons.
    """
    if _PLAIN.fullmatch(text):  # most names: every step below leaves these characters unchanged
        return text
    name = text
    while (folded := _fold(name)) != name:
        name = folded
    if not name.strip("· "):
        raise ValueError("a name is empty")
    return name


def _fold(text: str) -> str:
    name = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    name = _MIDDLE_DOTS.sub("·", name).casefold()
    return _BETWEEN_HAN.sub("", _SPACES.sub(" ", name)).strip()
