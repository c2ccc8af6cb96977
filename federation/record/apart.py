"""Other judgments of which a record's texts tell: offenders of one case may be tried apart (分案审理, 另案处理; R41).

Such a text names the other judgment by its number, or says that there is one. Nothing else in a record links the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from federation.v1 import record_pb2
from federation.values.case_number import named_in
from federation.values.tokens import case_digest, number_digest

#: What a text says of somebody who was tried apart.
WORDS: Final = ("另案", "分案")
#: So many numbers are followed up; a text with more is treated as one whose judgments are not known.
MOST: Final = 4


@dataclass(frozen=True, slots=True)
class TriedApart:
    """The other judgments that a record's texts name, and whether they speak of one that they do not name."""

    numbers: tuple[str, ...] = ()
    unknown: bool = False


def tried_apart(record: record_pb2.Record) -> TriedApart:
    """Return of which other judgments the texts of a record tell."""
    numbers: dict[str, None] = {}
    unknown = False
    for text in _texts(record):
        named, unreadable = named_in(text)
        others = [number for number in named if number != record.judgment_number.canonical]
        numbers |= dict.fromkeys(others)
        # One of two who were tried apart may be named with the number, the other without.
        unknown |= unreadable or sum(text.count(word) for word in WORDS) > len(others)
    return TriedApart(tuple(numbers)[:MOST], unknown or len(numbers) > MOST)


def told_cases(record: record_pb2.Record) -> list[bytes]:
    """Return the digests of the record's own judgment and of those that its texts name."""
    own = case_digest(record)
    others = [number_digest(number) for number in tried_apart(record).numbers]
    return list(dict.fromkeys([own, *others] if own else others))


def _texts(record: record_pb2.Record) -> Iterator[str]:
    yield from record.extensions.values()
    yield record.instrument.reference
    for prohibition in record.prohibitions:
        yield prohibition.scope
