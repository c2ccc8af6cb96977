"""Which records officers decided are not a certain person's (不是本人), kept as pairs of tokens (R34).

One half is the token of an identity number, the other that of the record as it names its person: once the record's
person is corrected, the decision says nothing any more. Neither half reveals person or record.
"""

from __future__ import annotations

from collections.abc import Iterable

from federation.v1 import record_pb2
from federation.values.numbers import series
from federation.values.tokens import digest_token, identifier_digest, token
from node.register import distinction_store
from node.store.reading import StoredRecord
from node.store.safeguard import Safeguard
from server.journal.journal import Journal


class Distinctions:
    """Reads the decisions in force."""

    def __init__(self, *, lookup_key: bytes, journal: Journal, safeguard: Safeguard | None = None) -> None:
        """`safeguard` is that of the journal's tally; every server gives it."""
        self._key = lookup_key
        self._journal = journal
        self._safeguard = safeguard

    def person(self, identifier: record_pb2.Identifier) -> bytes:
        """Return the token of the bearer of a number."""
        return digest_token(self._key, identifier_digest(*series(identifier.type, identifier.number)))

    def record(self, record_id: bytes, person: record_pb2.Person) -> bytes:
        """Return the token of a record whose newest version names this person."""
        return token(
            self._key, "distinguished", record_id.hex(), person.SerializeToString(deterministic=True).hex()
        )

    def of(
        self, identifiers: Iterable[record_pb2.Identifier], candidates: Iterable[StoredRecord]
    ) -> set[bytes]:
        """Return the ids of those candidates that are not of the person with these numbers. Raises `Corrupt`."""
        known = {self.record(s.record_id, s.event.record.person): s.record_id for s in candidates}
        persons = [self.person(each) for each in identifiers] if known else []
        if not persons:
            return set()
        if self._safeguard is not None:
            self._safeguard.insist("distinction", persons)
        with self._journal.reading() as view:
            decided = distinction_store.records_of(view, persons)
        return {record_id for its, record_id in known.items() if its in decided}
