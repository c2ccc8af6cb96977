"""Which characters are forms of one another in names: radicals of ideographs, traditional of simplified characters.

The table is `federation/data/name_characters.csv`, made from the Unicode Character Database by `.ci/name-characters`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import federation

TABLE: Final = Path(federation.__file__).parent / "data" / "name_characters.csv"


def radicals() -> Iterator[tuple[str, str]]:
    """Yield each radical that stands for an ideograph, such as ⻢, with that ideograph, 马."""
    return _rows("radical")


def variants() -> Iterator[tuple[str, str]]:
    """Yield each traditional or other form of a character, such as 馬, with the one that a key has in its place, 马."""
    return _rows("variant")


def _rows(kind: str) -> Iterator[tuple[str, str]]:
    for row_kind, character, others in _table():
        if row_kind == kind:
            yield from ((other, character) for other in others)


@cache
def _table() -> list[tuple[str, str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [(row["kind"], row["character"], row["others"]) for row in csv.DictReader(file)]
