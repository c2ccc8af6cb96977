"""A head of a log: how many entries it has, and the root over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Entries of a log at the most, as stores keep the number.
MOST_ENTRIES: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Head:
    """The RFC 6962 tree over the first `size` entries of a log."""

    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.size:,} entries under {self.root.hex()[:16]}"

    def written(self) -> str:
        """Return it as log entries write it: size and root in hex."""
        return f"{self.size} {self.root.hex()}"
