"""What a store makes before a transaction of what it will write there: a row, encrypted, that it alone looks into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Prepared(Generic[T_co]):
    """A value ready to be written, by the store that prepared it and by no other."""

    value: T_co
    row: dict[str, object] = field(repr=False)
