"""Other stores of information (R65): the kind of link by which a record may name one, and its legal basis.

No record may link to a store that is not in the table, or is there without a basis. Links serve the holder's own
work: no question follows them, and no answer discloses them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from federation.values.identity import OrganClass

TABLE: Final = Path(__file__).parents[1] / "data" / "external_stores.toml"
LINKS: Final = ("person", "case", "execution", "document")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalStore:
    """One store. With an empty `basis` no link may be kept. The days are the basis's first and last in force."""

    id: str
    title: str
    link: str
    agencies: frozenset[str]
    basis: str
    note: str = ""
    in_force_from: date | None = None
    in_force_to: date | None = None

    def __post_init__(self) -> None:
        unknown = self.agencies - frozenset(OrganClass)
        if self.link not in LINKS or unknown or not self.agencies or not self.title:
            raise ValueError(f"external store {self.id}: title, link or agencies do not hold")
        if not self.basis and not self.note:
            raise ValueError(f"external store {self.id}: a store without a basis says why in `note`")

    def refusals(self, on: date) -> Iterator[str]:
        """Yield why no link to this store may be kept on the day `on`; nothing when it may."""
        if not self.basis:
            yield f"{self.title} has no legal basis for a link: {self.note}"
        elif (self.in_force_from and on < self.in_force_from) or (self.in_force_to and self.in_force_to < on):
            span = f"from {self.in_force_from or 'the beginning'} to {self.in_force_to or 'now'}"
            yield f"the basis of the link to {self.title} is in force {span}, not on {on}"


def load_stores(path: Path = TABLE) -> Mapping[str, ExternalStore]:
    """Return the table by id; raises `ValueError` naming the store and the fault."""
    written: dict[str, dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))
    try:
        return {
            id: ExternalStore(id=id, **(row | {"agencies": frozenset(row.get("agencies", ()))}))
            for id, row in written.items()
        }
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from None


@cache
def stores() -> Mapping[str, ExternalStore]:
    """Return the stores of the table that comes with the project."""
    return load_stores()


def link_refusals(store: str, on: date) -> Iterator[str]:
    """Yield why no link to the store of that id may be kept on the day; undeclared stores are always refused."""
    known = stores().get(store)
    if known is None:
        yield f"{store[:60]!r} is no declared store; known are {', '.join(stores())}"
    else:
        yield from known.refusals(on)
