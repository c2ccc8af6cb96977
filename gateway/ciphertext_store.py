"""Read ciphertext of any table, for stores that keep no check values of their keys yet."""

from __future__ import annotations

from typing import Any

from server.journal.work import View
from server.stores.key_checks import rows


def filled(view: View, table: str, body: str, place: str) -> list[tuple[Any, ...]]:
    """Return some rows of `table` whose ciphertext, in the column `body`, was not erased.

    Each row holds the ciphertext and then the columns named in `place`, which is comma-separated or empty.
    """
    columns = f"{body}, {place}" if place else body
    return rows(view, f"SELECT {columns} FROM {table} WHERE length({body}) > 0")  # noqa: S608
