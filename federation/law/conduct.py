"""Names of conduct against public order, with the tags that provisions refer to (R64)."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).parents[1] / "data" / "public_order_conduct.toml"


@cache
def _tagged() -> Mapping[str, frozenset[str]]:
    tags: dict[str, list[str]] = tomllib.loads(TABLE.read_text("utf-8"))["tags"]
    return {tag: frozenset(plain(name) for name in names) for tag, names in tags.items()}


def tags() -> frozenset[str]:
    """Return every tag of the table."""
    return frozenset(_tagged())


def tags_of(name: str) -> frozenset[str]:
    """Return the tags of conduct of that name; none for a name that is not in the table."""
    return frozenset(tag for tag, names in _tagged().items() if plain(name) in names)


def plain(name: str) -> str:
    """Return a name without differences of writing: width and spaces."""
    return "".join(unicodedata.normalize("NFKC", name).split())
