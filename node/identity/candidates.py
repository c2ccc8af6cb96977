"""The open records that may be a person's and stop a question about them: for the holder's officers (R34)."""

from __future__ import annotations

from federation.law.sealing import Status
from federation.record.classes import CRIMINAL, related_classes
from federation.record.matching import Sought, identified, shares_number
from federation.record.ruling_out import ruled_out
from federation.v1 import identity_pb2, query_pb2, record_pb2
from federation.values.tokens import class_token, subject_tokens
from node.register.acts import Register
from node.register.distinctions import Distinctions
from node.register.sealed_others import SealedOthers
from node.store.reading import Reader

#: As many as a question takes for candidates (`node.asking.lookup`), in every class.
MOST_CANDIDATES = 100
#: Records are not read if one token leads to more than this.
MOST_READ = 200


class Candidates:
    """Finds candidates among the open records; it cannot name a sealed one."""

    def __init__(
        self,
        *,
        register: Register,
        reader: Reader,
        others: SealedOthers,
        lookup_key: bytes,
        distinctions: Distinctions,
    ) -> None:
        self._register = register
        self._reader = reader
        self._others = others
        self._key = lookup_key
        self._distinctions = distinctions

    def of(self, subject: query_pb2.Subject) -> tuple[list[identity_pb2.PersonCandidate], bool]:
        """Return the candidates, and whether there are too many to be listed. Raises `Corrupt`."""
        strong, weak = subject_tokens(self._key, subject)
        wanted = set(self._classes([*strong, *weak]))
        led = self._reader.look(wanted, MOST_READ)
        sought, now = Sought.of_subject(subject), self._register.now()
        found = {}
        for stored in led.records():
            person = stored.event.record.person
            if self._register.stands(stored.event, now) is not Status.OPEN:
                continue
            shared = shares_number(sought, person)
            if shared and identified(sought, person):
                continue  # certain: questions disclose it
            if shared or not ruled_out(subject, stored.event.record):
                found[stored.record_id] = stored
        decided = self._distinctions.of(subject.identifiers, found.values())
        left = [found[each] for each in sorted(found) if each not in decided]
        facets = [
            record_pb2.Facet(
                record_id=stored.record_id.hex(), version=stored.event.version, record=stored.event.record
            )
            for stored in left[:MOST_CANDIDATES]
        ]
        self._others.hide(facets, self._register.extensions())
        shown = [
            identity_pb2.PersonCandidate(record_id=f.record_id, version=f.version, record=f.record)
            for f in facets
        ]
        return shown, bool(led.crowded) or len(left) > MOST_CANDIDATES

    def _classes(self, tokens: list[bytes]) -> list[bytes]:
        return [class_token(self._key, name, t) for name in (CRIMINAL, *related_classes()) for t in tokens]
