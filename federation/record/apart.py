"""Other judgments of which a record's texts tell: offenders of one case may be tried apart (分案审理, 另案处理; R41).

Such a text names the other judgment by its number, or says that there is one. Nothing else in a record links the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from federation.v1 import record_pb2, registry_pb2
from federation.values.case_number import named_in
from federation.values.tokens import case_digest, number_digest

#: What a text says of somebody who was tried apart.
WORDS: Final = ("另案", "分案")
#: So many numbers are followed up from a record that is shown; with more, its judgments are treated as not known.
MOST: Final = 4
#: So many are from one that is closed: it closes texts about each of them, and nothing else stands for those left out.
MOST_CLOSED: Final = 32

#: Under this name, which no addition has, a copy of a record has the texts that stand in its version and not in it.
_MORE: Final = ""


@dataclass(frozen=True, slots=True)
class TriedApart:
    """The other judgments that a record's texts name, and whether they speak of one that they do not name."""

    numbers: tuple[str, ...] = ()
    unknown: bool = False


def tried_apart(record: record_pb2.Record, *, most: int = MOST) -> TriedApart:
    """Return of which other judgments the texts of a record tell, at most `most` by number."""
    numbers: dict[str, None] = {}
    unknown = False
    for text in _texts(record):
        named, unreadable = named_in(text)
        others = [number for number in named if number != record.judgment_number.canonical]
        numbers |= dict.fromkeys(others)
        # One of two who were tried apart may be named with the number, the other without.
        unknown |= unreadable or sum(text.count(word) for word in WORDS) > len(others)
    return TriedApart(tuple(numbers)[:most], unknown or len(numbers) > most)


def told_cases(record: record_pb2.Record, *, most: int = MOST) -> list[bytes]:
    """Return the digests of the record's own judgment and of those that its texts name."""
    own = case_digest(record)
    others = [number_digest(number) for number in tried_apart(record, most=most).numbers]
    return list(dict.fromkeys([own, *others] if own else others))


def closed_cases(record: record_pb2.Record) -> list[bytes]:
    """Return the same of a record that is closed: of all judgments in which a text may tell of its offender."""
    return told_cases(record, most=MOST_CLOSED)


def with_its_reasons(event: registry_pb2.RecordEvent) -> record_pb2.Record:
    """Return the record of a version for finding its judgments: with what officers wrote of it as one more text."""
    instruments = (event.provenance.instrument, event.content_provenance.instrument, event.order.instrument)
    return _with(event.record, (event.reason, *(each.reference for each in instruments)))


def with_its_paper(record: record_pb2.Record, entered: record_pb2.Provenance) -> record_pb2.Record:
    """Return a record as it is shown, for finding its judgments: with the title of the paper that it was entered on."""
    return _with(record, (entered.instrument.reference,))


def _with(record: record_pb2.Record, texts: Iterable[str]) -> record_pb2.Record:
    more = "\n".join(text for text in texts if text)
    if not more:
        return record
    told = record_pb2.Record()
    told.CopyFrom(record)
    told.extensions[_MORE] = more
    return told


def _texts(record: record_pb2.Record) -> Iterator[str]:
    for name in sorted(record.extensions, key=lambda name: (name == _MORE, name)):
        yield record.extensions[name]
    yield record.instrument.reference
    for prohibition in record.prohibitions:
        yield prohibition.scope
