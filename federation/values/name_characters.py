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
#: The table by which tokens were made before the edition `found-6` of them; it never changes.
FOUND_5: Final = TABLE.with_name("name_characters_found_5.csv")


def radicals() -> Iterator[tuple[str, str]]:
    """Yield each radical that stands for an ideograph, such as ⻢, with that ideograph, 马."""
    return _rows(TABLE, "radical")


def variants() -> Iterator[tuple[str, str]]:
    """Yield each traditional or other form of a character, such as 馬, with the one that a key has in its place, 马."""
    return _rows(TABLE, "variant")


def earlier_variants() -> Iterator[tuple[str, str]]:
    """Yield the same as the table of before has them."""
    return _rows(FOUND_5, "variant")


def _rows(table: Path, kind: str) -> Iterator[tuple[str, str]]:
    for row_kind, character, others in _table(table):
        if row_kind == kind:
            yield from ((other, character) for other in others)


@cache
def _table(path: Path) -> list[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["kind"], row["character"], row["others"]) for row in csv.DictReader(file)]
