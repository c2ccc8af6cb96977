"""Tokens of judgments under the node's own key: by them records and texts of one judgment are found together (R41)."""

from __future__ import annotations

from typing import Final

from federation.record.apart import MOST_CLOSED, closed_cases, told_cases, tried_apart
from federation.v1 import record_pb2
from federation.values.tokens import case_digest, case_token, digest_token, number_digest, token

#: In the place of a court: the token of all judgments with an old number.
_ANY_COURT: Final = "*"


class JudgmentTokens:
    """Makes the tokens; `Sealer` offers them with those of persons."""

    def __init__(self, *, lookup: bytes) -> None:
        self._lookup = lookup

    def closing(self, record: record_pb2.Record, record_id: bytes) -> tuple[bytes, ...]:
        """Return the further tokens of an open record that today's rules close and no run has moved yet.

        The tokens of its judgments close texts about its offender; the mark puts it on the work list.
        """
        return (self._closing_mark(record_id[:1]), *self._own(record))

    def closed(self, record: record_pb2.Record) -> tuple[bytes, ...]:
        """Return further tokens of a record that is not open: of its judgment and of those that its texts name.

        A text that names the other trial (分案审理) links both: texts there may name this record's offender. Questions
        ask for the named ones as `judgment` makes them.
        """
        numbers = tried_apart(record, most=MOST_CLOSED).numbers
        named = (digest_token(self._lookup, number_digest(each)) for each in numbers)
        return (*self._own(record), *named)

    @property
    def closing_marks(self) -> tuple[bytes, ...]:
        """The marks of all such records: many, so that many records do not lie in one bucket of the tally."""
        return tuple(self._closing_mark(bytes([first])) for first in range(256))

    def _closing_mark(self, first: bytes) -> bytes:
        return token(self._lookup, "closing", first.hex())

    def case(self, record: record_pb2.Record) -> bytes:
        """Return the token of the judgment itself, the same for every offender; empty when its number is unknown.

        New-style numbers are unique in the nation; in the old form the court belongs to it.
        """
        number = record.judgment_number.canonical
        return self._case(number, record.court.name) if number else b""

    def cases(self, record: record_pb2.Record) -> list[bytes]:
        """Return the tokens of the record's judgment and of those that its texts name.

        Courts of an old number are not told apart, since one court is written in several ways: rather too much is
        withheld than too little.
        """
        return list(dict.fromkeys(self._case(number, _ANY_COURT) for number in _numbers(record)))

    def _own(self, record: record_pb2.Record) -> tuple[bytes, ...]:
        """Return the tokens of judgments under which a record that is not open is found.

        By those with the court a record is marked: an old number that a text names is taken for one of the same court.
        """
        marked = (self._case(number, record.court.name) for number in _numbers(record))
        return tuple(dict.fromkeys((*marked, *self.cases(record))))

    def _case(self, number: str, court: str) -> bytes:
        return token(self._lookup, "case", number, court if "字第" in number else "")

    def told_judgments(self, record: record_pb2.Record) -> list[bytes]:
        """Return the tokens, as `judgment` makes them, of the record's judgment and of those that its texts name."""
        return [digest_token(self._lookup, digest) for digest in closed_cases(record)]

    def judgment(self, record: record_pb2.Record) -> bytes | None:
        """Return the token of the judgment by which questions and answers about its offenders are found."""
        return digest_token(self._lookup, digest) if (digest := case_digest(record)) else None

    def watched_cases(self, record: record_pb2.Record) -> list[bytes]:
        """Return the tokens, in other holders' seals, of the record's judgment and of those that its texts name.

        Courts that share an old number are not distinguished: rather too much is withheld than too little.
        """
        return [case_token(self._lookup, digest) for digest in told_cases(record)]


def _numbers(record: record_pb2.Record) -> list[str]:
    """Return the number of the record's judgment, if it has one, and those of the judgments that its texts name."""
    own = record.judgment_number.canonical
    return [*([own] if own else []), *tried_apart(record, most=MOST_CLOSED).numbers]
