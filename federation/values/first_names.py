"""The form of a name of which this program made tokens first; what was stored then is found by it for ever.

Marks of other holders' seals keep only such tokens, so they cannot be made again in another form.
"""

from __future__ import annotations

import re
import unicodedata

from federation.values.folding import folded

_DOTS = re.compile(r"\s*[·•‧∙⋅・･ㆍ᛫●]\s*|(?<=\w)\s*[.．]\s*(?=\w)")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f]")
_PLAIN = re.compile(r"[\u4e00-\u9fff]+")
_SPACES = re.compile(r"\s+")
_BESIDE_HAN = re.compile(
    r"(?<=[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]) | (?=[\u2e80-\u9fff\uf900-\ufaff])"
)


def first_form(text: str) -> str:
    """Return the form of `text` under which records were stored at first; it never changes."""
    if _PLAIN.fullmatch(text):
        return text
    return folded(text, _fold)


def _fold(text: str) -> str:
    name = _DOTS.sub("·", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).casefold()
    return _BESIDE_HAN.sub("", _SPACES.sub(" ", name)).strip()
