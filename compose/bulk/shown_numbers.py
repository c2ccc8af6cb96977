"""What a cell shows of its number or text by its format: 3 may show as 3年 or 0003, and 5 as 5万.

Colours, padding and decimals change nothing. What cannot be told from the format is a `ValueError`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE, is_date_format

from compose.bulk.cells import Cell

#: The parts of a format; a part that is none of these stands for itself.
_PART: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|(?P<mark>\[[^\]]*\]|[_*].)'
    r"|(?P<general>General|G/通用格式)|(?P<digits>[0#?](?:[0#?.,]*[0#?])?)(?P<scale>,*)|(?P<exponent>[eE][+-])"
    r"|(?P<text>@)|(?P<own>.)",
    re.DOTALL,
)
_CONDITION: Final = re.compile(r"\[[<>=]")
_SECTIONS: Final = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*)(?:;|$)', re.DOTALL)
#: Formats that programs know by number alone and that show another number; the others show the number, or money.
_OF_PROGRAMS: Final = {number: BUILTIN_FORMATS[number] for number in (9, 10, 12, 13)}
#: Characters of a format that belong to the number: signs, brackets of negative numbers, spaces.
_OF_THE_NUMBER: Final = frozenset(" +-()/\u00a0")


def formats_that_say_more(book: Any) -> dict[int, str]:
    """Return style -> the format of its cells, for each that is no day's and may say more than the number."""
    found = dict[int, str]()
    for style, kept in enumerate(book._cell_styles):
        number = kept.numFmtId - BUILTIN_FORMATS_MAX_SIZE
        code = book._number_formats[number] if number >= 0 else _OF_PROGRAMS.get(kept.numFmtId, "General")
        if not is_date_format(code) and code not in ("General", "@"):
            found[style] = code
    return found


def as_displayed(value: Cell, code: str) -> Cell:
    """Return the text that a cell shows of a number or text, or the value itself where its format adds nothing.

    Raises `ValueError` where the cell shows nothing or something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if _CONDITION.search(code):
        raise ValueError("has a format with conditions")
    sections = [match[1] for match in _SECTIONS.finditer(code)][: code.count(";") + 1]
    section = _section(value, sections)
    return value if section is None else _shown(value, section)


def _section(value: int | float | str, sections: list[str]) -> str | None:
    """Return the section of a format for this value; None where texts are left as they are."""
    if isinstance(value, str):
        if len(sections) == 4:
            return sections[3]
        return sections[-1] if "@" in sections[-1] else None
    if "@" in sections[-1]:
        sections = sections[:-1] or ["General"]
    place = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    return sections[place]


def _shown(value: int | float | str, section: str) -> Cell:
    before, after, digits, placed = "", "", "", False
    for part in _PART.finditer(section):
        kind = part.lastgroup
        if kind == "scale" or part["digits"]:
            if part["scale"] or placed:
                raise ValueError("has a format that shows another number, or text inside the number")
            digits, placed = part["digits"], True
        elif part["general"] or part["text"]:
            placed = True
        elif part["own"] == "%" or part["exponent"]:
            if part["own"]:
                raise ValueError("is a percentage")
            return value  # shows fewer digits, of the same number
        elif part["mark"] is None:
            text = next(filter(None, (part["quoted"], part["escaped"], part["currency"], part["own"])), "")
            before, after = (before, after + text) if placed else (before + text, after)
    if not placed and not before.strip():
        raise ValueError("has a format that shows nothing")
    extra = frozenset(before + after) - _OF_THE_NUMBER
    whole = len(digits.partition(".")[0].replace(",", "").lstrip("#?"))
    padded = isinstance(value, int | float) and len(f"{abs(int(value))}") < whole
    if not placed:
        return before.strip()
    if not extra and not padded:
        return value
    if isinstance(value, str):
        return before + value + after
    if value < 0 or (padded and value != int(value)):
        raise ValueError("has a format that shows more than a negative number, or zeros before a fraction")
    number = f"{int(value):0{whole}d}" if value == int(value) else str(value)
    return f"{before}{number}{after}".strip()
