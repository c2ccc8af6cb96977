"""Amounts of rows, by table and bucket: a number, and a keyed sum that shows whether they are the same rows.

Rows lie in 4,096 buckets a table by the first bits of their key. A bucket's sum is that of a keyed hash of each row
(MSet-Add-Hash, Clarke et al. 2003): a row that is added or taken away changes it without reading the others. Nobody
without the key can find other rows of the same sum, all the less as sums are stored encrypted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias, TypeVar

BUCKETS: Final = 4096
_BITS_LEFT: Final = 4
_SUM_BYTES, _COUNT_BYTES = 32, 8
_AMOUNT_BYTES: Final = _SUM_BYTES + _COUNT_BYTES
_NAME_BYTES, _LENGTH_BYTES, _BUCKET_BYTES = 32, 4, 2
_MODULUS: Final = 1 << (8 * _SUM_BYTES)

K = TypeVar("K")
Value: TypeAlias = bytes | int | str | None
Place: TypeAlias = tuple[str, int]
"""A table's name, and the number of a bucket."""


def bucket_of(key: bytes) -> int:
    """Return the bucket of a row with this key, so that keys in their order lie in buckets in their order."""
    return int.from_bytes(key[:2].ljust(2, b"\0"), "big") >> _BITS_LEFT


def lowest(bucket: int) -> bytes:
    """Return the least key of a bucket, and of those after it."""
    return (bucket << _BITS_LEFT).to_bytes(2, "big")


def row_bytes(values: Iterable[Value]) -> bytes:
    """Return a row as bytes: no two rows with another value, type or length give the same."""
    parts = []
    for value in values:
        if isinstance(value, bytes):
            parts.append(b"b%d:" % len(value) + value)
        elif isinstance(value, str):
            text = value.encode("utf-8", "surrogatepass")
            parts.append(b"s%d:" % len(text) + text)
        elif isinstance(value, int):
            parts.append(b"i%d;" % value)  # a truth value is stored as 0 or 1
        else:
            parts.append(b"o%r;" % (value,))
    return b"".join(parts)


class Amount(NamedTuple):
    """How many rows, and the sum of their hashes."""

    rows: int = 0
    total: int = 0

    def plus(self, other: Amount) -> Amount:
        """Return the amount of both together."""
        return Amount(self.rows + other.rows, (self.total + other.total) % _MODULUS)

    def packed(self) -> bytes:
        """Return it in its stored form."""
        return self.rows.to_bytes(_COUNT_BYTES, "big", signed=True) + self.total.to_bytes(_SUM_BYTES, "big")

    @classmethod
    def unpacked(cls, stored: bytes) -> Amount:
        """Return what `packed` made."""
        rows, total = stored[:_COUNT_BYTES], stored[_COUNT_BYTES:]
        return cls(int.from_bytes(rows, "big", signed=True), int.from_bytes(total, "big"))


def added(amounts: dict[K, Amount], key: K, amount: Amount) -> None:
    """Add an amount to the one under `key`."""
    before = amounts.get(key)
    amounts[key] = amount if before is None else before.plus(amount)


def packed_changes(changes: Mapping[Place, Amount]) -> bytes:
    """Return changes in their stored form, table by table."""
    parts = []
    for table in {table for table, _ in changes}:
        its = [(bucket, amount) for (name, bucket), amount in changes.items() if name == table]
        parts.append(table.encode().ljust(_NAME_BYTES, b"\0") + len(its).to_bytes(_LENGTH_BYTES, "big"))
        parts += [bucket.to_bytes(_BUCKET_BYTES, "big") + amount.packed() for bucket, amount in its]
    return b"".join(parts)


def unpacked_changes(stored: bytes) -> dict[Place, Amount]:
    """Return what `packed_changes` made."""
    changes, at = dict[Place, Amount](), 0
    while at < len(stored):
        table = stored[at : at + _NAME_BYTES].rstrip(b"\0").decode()
        at += _NAME_BYTES
        number = int.from_bytes(stored[at : at + _LENGTH_BYTES], "big")
        at += _LENGTH_BYTES
        for _ in range(number):
            bucket = int.from_bytes(stored[at : at + _BUCKET_BYTES], "big")
            at += _BUCKET_BYTES
            changes[table, bucket] = Amount.unpacked(stored[at : at + _AMOUNT_BYTES])
            at += _AMOUNT_BYTES
    return changes


class Changes:
    """The rows that one transaction adds and takes away, as amounts by place."""

    def __init__(self, key: bytes = b"") -> None:
        """Take the key of the hashes; without one the amounts serve nobody, as in a store without a tally."""
        self._hash = hashlib.blake2b(key=key, digest_size=_SUM_BYTES)
        self._amounts: dict[Place, Amount] = {}
        #: Whether these amounts are all there is, and a tally begins with them.
        self.first = False

    def add(self, table: str, key: bytes, row: bytes) -> None:
        """Count a row of `table` that is stored under `key`."""
        added(self._amounts, (table, bucket_of(key)), Amount(1, self._hashed(table, row)))

    def remove(self, table: str, key: bytes, row: bytes) -> None:
        """Count a row no longer, as it was stored."""
        added(self._amounts, (table, bucket_of(key)), Amount(-1, _MODULUS - self._hashed(table, row)))

    def amounts(self) -> dict[Place, Amount]:
        """Return what changed, by place."""
        return self._amounts

    def of(self, place: Place) -> Amount:
        """Return what changed in one place."""
        return self._amounts.get(place, Amount())

    def _hashed(self, table: str, row: bytes) -> int:
        hashed = self._hash.copy()
        hashed.update(table.encode() + b":" + row)
        return int.from_bytes(hashed.digest(), "big")
