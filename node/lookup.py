"""Answer questions from one store: find, judge by today's sealing, say what was found and nothing else.

The ordinary path reads open rows only. The sealed path is another object, used only for purposes that
the policy has admitted to sealed records before any look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from federation import sealing
from federation.clock import legal_day
from federation.names import normalise_name
from federation.reasons import UNIDENTIFIED
from federation.tokens import subject_tokens
from federation.v1 import query_pb2, record_pb2, registry_pb2
from node.identity.links import Links
from node.sealing.standing import standing_of
from node.store.reading import Reader, Stored

#: More persons than this under one name and birth date: more data is needed, nothing is cut off.
MOST_CANDIDATES = 20

_STATUS = {
    sealing.Status.OPEN: record_pb2.SEALING_STATUS_OPEN,
    sealing.Status.SEALED: record_pb2.SEALING_STATUS_SEALED,
    sealing.Status.WITHHELD: record_pb2.SEALING_STATUS_WITHHELD,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What one store has on one subject."""

    outcome: query_pb2.Outcome.ValueType
    facets: Sequence[record_pb2.Facet] = ()
    reason: str = ""


class Lookup:
    """Looks persons up by blind tokens."""

    def __init__(
        self,
        *,
        lookup_key: bytes,
        open_reader: Reader,
        sealed_reader: Reader,
        profile_on: Callable[[date], str],
        now: Callable[[], datetime],
        links: Links,
        case: Callable[[record_pb2.Record], bytes],
    ) -> None:
        self._key = lookup_key
        self._open = open_reader
        self._sealed = sealed_reader
        self._profile_on = profile_on
        self._now = now
        self._links = links
        self._case = case

    def look_up(self, subjects: Sequence[tuple[query_pb2.Subject, bool]]) -> list[Found]:
        """Return what the store has on each (subject, sealed access?), all read in one query per table."""
        tokens = [subject_tokens(self._key, subject) for subject, _ in subjects]
        merged = [self._links.expand(strong) for strong, _ in tokens]
        wanted = [[*strong, *weak] for strong, (_, weak) in zip(merged, tokens, strict=True)]
        open_rows = _by_token(self._open.find({t for each in wanted for t in each}))
        sealed_wanted = {
            t for each, (_, access) in zip(wanted, subjects, strict=True) if access for t in each
        }
        sealed_rows = _by_token(self._sealed.find(sealed_wanted)) if sealed_wanted else {}
        profile = self._profile_on(legal_day(self._now()))
        found = []
        for (subject, access), (strong, weak), all_strong in zip(subjects, tokens, merged, strict=True):
            rows = dict(open_rows) if not access else _joined(open_rows, sealed_rows)
            firm = {s.record_id: s for t in all_strong for s in rows.get(t, ())}
            loose = {s.record_id: s for t in weak for s in rows.get(t, ()) if s.record_id not in firm}
            named = {s.record_id for t in strong for s in rows.get(t, ())}
            found.append(
                self._judge(
                    subject, firm.values(), loose.values(), named=named, access=access, profile=profile
                )
            )
        return found

    def _judge(
        self,
        subject: query_pb2.Subject,
        firm: Iterable[Stored],
        loose: Iterable[Stored],
        *,
        named: Collection[bytes],
        access: bool,
        profile: str,
    ) -> Found:
        """`named` are the records under the number that was asked by; others an officer merged with them."""
        firm = [s for s in firm if access or self._is_open(s, profile)]
        loose = [s for s in loose if (access or self._is_open(s, profile)) and _may_be(subject, s)]
        if not firm and len(loose) > MOST_CANDIDATES:
            return Found(query_pb2.OUTCOME_MORE_DATA_NEEDED, reason="TOO_MANY_CANDIDATES")
        if not firm:
            return Found(query_pb2.OUTCOME_SEVERAL if loose else query_pb2.OUTCOME_NONE)
        if not all(_consistent(subject, s) for s in firm if s.record_id in named):
            return Found(query_pb2.OUTCOME_SEVERAL)
        facets = [_facet(s, profile, access=access) for s in sorted(firm, key=lambda s: s.record_id)]
        if access:
            self._mark(facets)
        return Found(query_pb2.OUTCOME_MATCH, facets, UNIDENTIFIED if loose else "")

    def _mark(self, facets: Sequence[record_pb2.Facet]) -> None:
        """Say under sealed access alone that another offender of the judgment is sealed (2022 Measures art. 5)."""
        cases = {bytes.fromhex(f.record_id): self._case(f.record) for f in facets}
        for record_id in self._sealed.others(cases):
            next(f for f in facets if f.record_id == record_id.hex()).contains_sealed = True

    def _is_open(self, stored: Stored, profile: str) -> bool:
        """Judge again on reading: the day may have brought another profile (A14)."""
        return standing_of(stored.event, profile).status is sealing.Status.OPEN


def _by_token(rows: Iterable[Stored]) -> dict[bytes, list[Stored]]:
    found: dict[bytes, list[Stored]] = {}
    for row in rows:
        found.setdefault(row.token, []).append(row)
    return found


def _joined(one: dict[bytes, list[Stored]], other: dict[bytes, list[Stored]]) -> dict[bytes, list[Stored]]:
    return {token: one.get(token, []) + other.get(token, []) for token in one.keys() | other.keys()}


def _may_be(subject: query_pb2.Subject, stored: Stored) -> bool:
    """A record under the same name and birth date is another person's if it has another verified number."""
    asked = {i.type for i in subject.identifiers}
    verified = {
        i.type
        for i in stored.event.record.person.identifiers
        if i.verification == record_pb2.VERIFICATION_VERIFIED
    }
    return not asked & verified


def _consistent(subject: query_pb2.Subject, stored: Stored) -> bool:
    """A number whose record shares neither name nor birth date with the question was mistyped or borrowed."""
    if not subject.name or not subject.birth_date:
        return True
    person = stored.event.record.person
    names = {normalise_name(n.text) for n in person.names}
    return normalise_name(subject.name) in names or person.birth_date in ("", subject.birth_date)


def _facet(stored: Stored, profile: str, *, access: bool) -> record_pb2.Facet:
    facet = record_pb2.Facet(
        record_id=stored.record_id.hex(),
        version=stored.event.version,
        record=stored.event.record,
        provenance=stored.event.provenance,
    )
    if stored.event.order.kind == registry_pb2.SEALING_ORDER_KIND_UNSEALED:
        facet.unsealed = True
    if access:
        facet.sealing_status = _STATUS[standing_of(stored.event, profile).status]
    return facet
