"""The comparable form of the name of an offence (罪名): one for all ways of writing the same name.

The two highest organs join the parts of a name by 、 and judgments also by a comma, 和, 或, 与, 及 or nothing. No two
names of the catalogue differ in these alone (`federation.law.offences` refuses to load such a pair).
"""

from __future__ import annotations

import re
import unicodedata

_JOINTS = re.compile(r"以及|[、,;·・/()和或与及并]")


def offence_key(name: str) -> str:
    """Return `name` without its final 罪, white space, width, and what joins its parts; 罪 alone stays."""
    text = _JOINTS.sub("", "".join(unicodedata.normalize("NFKC", name).split())).casefold()
    return text.removesuffix("罪") or text
