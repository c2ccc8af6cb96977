"""Compare two answers in everything that need not differ: all but ids, times, hashes and signatures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Fields that are particular to one answer: its ids, times, digests and signatures.
OWN = frozenset(
    {
        "answer_id",
        "answered_at",
        "as_of",
        "signed_at",
        "request_digest",
        "request_entry",
        "answer",
        "payload",
        "sig",
        "path",
    }
)


def masked(document: Any, key: str = "") -> Any:
    """Return `document` with the value of each field in `OWN` replaced by its length."""
    if isinstance(document, dict):
        return {name: masked(value, name) for name, value in document.items()}
    if isinstance(document, list):
        return [masked(value, key) for value in document]
    return f"<{len(document)}>" if key in OWN and isinstance(document, str) else document


def differing(one: Any, other: Any, path: str = "") -> list[str]:
    """Return the paths at which two documents differ."""
    return sorted(set(_differing(one, other, path)))


def _differing(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() | other.keys():
            yield from _differing(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for first, second in zip(one, other, strict=True):
            yield from _differing(first, second, f"{path}[]")
    elif one != other:
        yield path
