"""An encrypted row that a store makes before the transaction that writes it; only that store reads the row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Prepared(Generic[T_co]):
    """A value ready to be written, by the store that prepared it and by no other."""

    value: T_co
    row: dict[str, object] = field(repr=False)
