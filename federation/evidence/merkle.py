"""The Merkle tree of RFC 6962 section 2.1: hashing, appending, proving and checking, as functions over bytes.

Nothing here keeps a whole tree. `Frontier` grows one from its right edge in O(log n) memory, and returns for
each leaf the hashes of the perfect subtrees that it completes. Stored with the leaf, these hashes make every later
proof a few look-ups: a perfect subtree is named by its level (it has 2**level leaves) and the index of its last leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from federation.errors import Corrupt

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""`subtree(level, last_leaf_index)`: the hash of the perfect subtree of 2**level leaves that ends there."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962 section 2.1: domain 0x00)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962 section 2.1: domain 0x01)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the perfect subtrees that make up a tree of `size` leaves, the largest first."""

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        """Start empty, or go on from `size` and its `roots`; raises `Corrupt` when they do not fit."""
        if size < 0 or len(roots) != size.bit_count() or any(len(r) != HASH_BYTES for r in roots):
            raise Corrupt(f"{len(roots)} subtree hashes do not make a tree of {size} leaves")
        self._size = size
        self._roots = list(roots)

    @classmethod
    def read(cls, size: int, subtree: Subtree) -> Frontier:
        """Return the frontier of a stored tree, asking `subtree` for one hash per bit of `size`."""
        roots: list[bytes] = []
        covered = 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                covered += 1 << level
                roots.append(subtree(level, covered - 1))
        return cls(size, roots)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The subtree roots, the largest subtree first: with `size`, all that is needed to go on."""
        return tuple(self._roots)

    def append(self, leaf: bytes) -> bytes:
        """Add a leaf hash; return the hashes of all perfect subtrees that end here, the smallest first.

        Each is 32 bytes and the first is the leaf itself, so the hash of level n is at offset 32 * n.
        """
        if len(leaf) != HASH_BYTES:
            raise Corrupt("a leaf hash has 32 bytes")
        completed = [leaf]
        filled = self._size
        while filled & 1:
            leaf = node_hash(self._roots.pop(), leaf)
            completed.append(leaf)
            filled >>= 1
        self._roots.append(leaf)
        self._size += 1
        return b"".join(completed)

    def root(self) -> bytes:
        """Return the root hash of the tree (MTH of RFC 6962 section 2.1)."""
        return _fold(self._roots)

    def copy(self) -> Frontier:
        """Return an independent frontier, to try appends that may be discarded."""
        return Frontier(self._size, self._roots)


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise Corrupt(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(_range_root(split, end, subtree))
            end = split
        else:
            path.append(_range_root(start, split, subtree))
            start = split
    return path[::-1]


def consistency_path(first: int, second: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that the tree of `second` leaves extends that of `first` (RFC 6962 section 2.1.2)."""
    if not 0 <= first <= second:
        raise Corrupt(f"a tree of {second} leaves does not extend one of {first}")
    if first in (0, second):
        return []
    path: list[bytes] = []
    start, end = 0, second
    while first != end:
        split = start + _split(end - start)
        if first <= split:
            path.append(_range_root(split, end, subtree))
            end = split
        else:
            path.append(_range_root(start, split, subtree))
            start = split
    if start:  # otherwise the old tree is itself a subtree here, and the verifier has its root
        path.append(_range_root(start, end, subtree))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise `Corrupt` unless `path` leads from leaf `index` to `root` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise Corrupt(f"a tree of {size} leaves has no leaf {index}")
    _check_hashes(path)
    position, last = index, size - 1
    result = leaf
    for sibling in path:
        if last == 0:
            raise Corrupt("the audit path is too long")
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            result = node_hash(result, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise Corrupt("the audit path is too short")
    if result != root:
        raise Corrupt("the audit path does not lead to the signed root")


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> None:
    """Raise `Corrupt` unless `path` shows that the second tree extends the first (RFC 9162 2.1.4.2)."""
    if not 0 <= first <= second:
        raise Corrupt(f"a tree of {second} leaves does not extend one of {first}")
    _check_hashes(path)
    if first in (0, second):
        expected = EMPTY_ROOT if first == 0 else second_root
        if path or first_root != expected:
            raise Corrupt("two states of the log contradict each other")
        return
    hashes = list(path) if first & (first - 1) else [first_root, *path]
    if not hashes:
        raise Corrupt("the consistency proof is too short")
    position, last = first - 1, second - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise Corrupt("the consistency proof is too long")
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise Corrupt("the consistency proof is too short")
    if old != first_root or new != second_root:
        raise Corrupt("two states of the log contradict each other")


def reader_of(leaf_hashes: Sequence[bytes]) -> Subtree:
    """Return the `subtree` reader of a tree small enough to be held in memory."""
    frontier = Frontier()
    blobs = [frontier.append(leaf) for leaf in leaf_hashes]
    return lambda level, last: blobs[last][HASH_BYTES * level : HASH_BYTES * (level + 1)]


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over a page of leaf hashes."""
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier.append(leaf)
    return frontier.root()


def path_of(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of one leaf of a page."""
    return inclusion_path(index, len(leaf_hashes), reader_of(leaf_hashes))


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`: the leaves of the left subtree."""
    return 1 << (size - 1).bit_length() - 1


def _range_root(start: int, end: int, subtree: Subtree) -> bytes:
    """Return the hash over leaves `start` to `end` - 1, where `start` begins a subtree at least as large."""
    parts: list[bytes] = []
    size = end - start
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            start += 1 << level
            parts.append(subtree(level, start - 1))
    return _fold(parts)


def _fold(roots: Sequence[bytes]) -> bytes:
    if not roots:
        return EMPTY_ROOT
    result = roots[-1]
    for root in reversed(roots[:-1]):
        result = node_hash(root, result)
    return result


def _check_hashes(path: Sequence[bytes]) -> None:
    if any(len(item) != HASH_BYTES for item in path):
        raise Corrupt("a hash of the proof does not have 32 bytes")
