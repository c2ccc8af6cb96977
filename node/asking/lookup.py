"""Answer questions from one store: find records, judge them by today's sealing, return the findings and no more.

The ordinary path reads open rows only. The sealed path is another object, used only for purposes that
the policy has admitted to sealed records before any look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from federation.law.disclosure import Reach
from federation.record.classes import CRIMINAL
from federation.record.matching import Sought, identified
from federation.record.ruling_out import ruled_out
from federation.statements.reasons import UNIDENTIFIED
from federation.v1 import query_pb2, record_pb2
from federation.values.clock import legal_day
from federation.values.tokens import (
    class_token,
    digest_token,
    digests_tokens,
    person_digests,
    subject_digests,
)
from node.asking.judge import Judge
from node.register.co_offenders import CoOffenders, RulesOfToday
from node.register.distinctions import Distinctions
from node.register.links import PersonLinks
from node.store.reading import Reader, StoredRecord

#: If more persons than this have one name and birth date, more data is needed; the list is not cut off.
MOST_CANDIDATES = 20
#: More records than this under one token are only counted, so that nobody waits for their decryption.
MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Found:
    """The finding of one store on one subject."""

    outcome: query_pb2.Outcome.ValueType
    facets: Sequence[record_pb2.Facet] = ()
    reason: str = ""
    #: Digests of the persons of every record that shaped the outcome or its reason, under all their numbers: a
    #: gateway compares them with spreading seals. They are outside the answer, and nobody keeps them.
    persons: Sequence[bytes] = ()
    #: By record with a shown text that may name somebody: digests of its judgment and of those that its texts name.
    text_judgments: Mapping[str, Sequence[bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person to look up, with the digests that find the person: a node makes these once for each question."""

    subject: query_pb2.Subject
    reach: Reach
    digests: tuple[Sequence[bytes], Sequence[bytes]]

    @classmethod
    def of(cls, subject: query_pb2.Subject, reach: Reach) -> Self:
        """Return the person with the digests; raises `ValueError` when a number is empty."""
        return cls(subject, reach, subject_digests(subject))


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
        links: PersonLinks,
        case: Callable[[record_pb2.Record], bytes],
        distinctions: Distinctions,
        co_offenders: CoOffenders,
    ) -> None:
        self._key = lookup_key
        self._open = open_reader
        self._sealed = sealed_reader
        self._profile_on = profile_on
        self._now = now
        self._links = links
        self._case = case
        self._distinctions = distinctions
        self._co_offenders = co_offenders

    def look_up(self, persons: Sequence[Wanted]) -> list[Found]:
        """Return the finding on each person in the classes of its reach, with one query for each table.

        Each class has tokens of its own, so that a question never meets a row of a class it does not search (R64).
        """
        tokens = [digests_tokens(self._key, person.digests) for person in persons]
        merged = [self._links.expand(strong) for strong, _ in tokens]
        reaches = [person.reach for person in persons]
        both = [[*strong, *weak] for strong, (_, weak) in zip(merged, tokens, strict=True)]
        led_open = self._open.look(self._within(both, [reach.unsealed for reach in reaches]), MOST_READ)
        # Sealed rows are counted only under sealed access: without it they are treated as absent (R41).
        led_sealed = self._sealed.look(self._within(both, [reach.sealed for reach in reaches]), MOST_READ)
        many = (led_open.crowded, led_sealed.crowded)
        crowds = self._crowds(many, merged, [weak for _, weak in tokens], reaches)
        # With a crowd under the number nothing is read; with one under the name, only the records under the number.
        strong_read = [
            [] if under_number else strong for strong, (under_number, _) in zip(merged, crowds, strict=True)
        ]
        weak_read = [[] if any(crowd) else weak for (_, weak), crowd in zip(tokens, crowds, strict=True)]
        wanted = [[*strong, *weak] for strong, weak in zip(strong_read, weak_read, strict=True)]
        open_rows = _by_token(led_open.records(self._within(wanted, [reach.unsealed for reach in reaches])))
        sealed_wanted = self._within(wanted, [reach.sealed for reach in reaches])
        sealed_rows = _by_token(led_sealed.records(sealed_wanted))
        day = legal_day(self._now())
        judge = Judge(self._profile_on(day), day)
        found = []
        questions = zip(persons, tokens, weak_read, strong_read, crowds, strict=True)
        for person, (strong, _), weak, all_strong, crowd in questions:

            def rows(of: Iterable[bytes], reach: Reach = person.reach) -> dict[bytes, StoredRecord]:
                """Return the records under any of these tokens, within the reach, by id."""
                if not open_rows and not sealed_rows:  # as for most pages
                    return {}
                found_open = (open_rows.get(t, ()) for t in self._within([of], [reach.unsealed]))
                found_sealed = (sealed_rows.get(t, ()) for t in self._within([of], [reach.sealed]))
                return {s.record_id: s for each in (*found_open, *found_sealed) for s in each}

            firm = rows(all_strong)
            loose = {id: s for id, s in rows(weak).items() if id not in firm}
            found.append(
                self._judge(
                    person.subject,
                    firm.values(),
                    loose.values(),
                    named=rows(strong),
                    reach=person.reach,
                    judge=judge,
                    crowd=any(crowd),
                )
            )
        return found

    def withheld(self, persons: Sequence[Wanted]) -> list[list[StoredRecord]]:
        """Return for each person the records that would be searched and wait for a decision on their sealing.

        What is sealed for certain is not read, so that response times do not show it. A record that only may be the
        person's counts: once open it would be a candidate. So does one that lies open until a run withholds it by
        today's rules.
        """
        tokens = [digests_tokens(self._key, person.digests) for person in persons]
        merged = [self._links.expand(strong) for strong, _ in tokens]
        reaches = [person.reach.unsealed for person in persons]
        both = [[*strong, *weak] for strong, (_, weak) in zip(merged, tokens, strict=True)]
        wanted = self._within(both, reaches)
        # Where a crowd lies open, the answer says that more data is needed, or that somebody is not identified.
        lying_open = self._open.look(wanted, MOST_READ).records()
        rows = _by_token((*self._sealed.withheld(wanted), *lying_open))
        day = legal_day(self._now())
        judge = Judge(self._profile_on(day), day)
        found = []
        for person, strong, each, reach in zip(persons, merged, both, reaches, strict=True):
            firm = self._within([strong], [reach])
            its: dict[bytes, StoredRecord] = {}
            for stored in (s for t in self._within([each], [reach]) for s in rows.get(t, ())):
                its.setdefault(stored.record_id, stored)
            waiting = [s for s in its.values() if judge.waits(s)]
            loose = [
                s for s in waiting if s.token not in firm and not ruled_out(person.subject, s.event.record)
            ]
            decided = self._distinctions.of(person.subject.identifiers, loose)
            may_be = {s.record_id for s in loose} - decided
            found.append([s for s in waiting if s.token in firm or s.record_id in may_be])
        return found

    def _crowds(
        self,
        many: Sequence[frozenset[bytes]],
        strong: Sequence[Sequence[bytes]],
        weak: Sequence[Sequence[bytes]],
        reaches: Sequence[Reach],
    ) -> list[tuple[bool, bool]]:
        """Return for each question whether its numbers, and its name and birth date, lead to too many records to read.

        `many` are the tokens that lead to too many open records, and to too many sealed ones.
        """
        classes = ([reach.unsealed for reach in reaches], [reach.sealed for reach in reaches])

        def crowd(tokens: Sequence[bytes], number: int) -> bool:
            return any(
                found and not found.isdisjoint(self._within([tokens], [within[number]]))
                for found, within in zip(many, classes, strict=True)
            )

        return [(crowd(strong[n], n), crowd(weak[n], n)) for n in range(len(reaches))]

    def _within(
        self, tokens: Sequence[Iterable[bytes]], classes: Sequence[Iterable[str]]
    ) -> dict[bytes, None]:
        """Return each question's tokens within its classes, each once."""
        return {
            class_token(self._key, name, t): None
            for each, names in zip(tokens, classes, strict=True)
            for name in names
            for t in each
        }

    def _judge(
        self,
        subject: query_pb2.Subject,
        firm: Iterable[StoredRecord],
        loose: Iterable[StoredRecord],
        *,
        named: Collection[bytes],
        reach: Reach,
        judge: Judge,
        crowd: bool,
    ) -> Found:
        """Return the finding on one subject, from records under its numbers and from candidates (`loose`).

        Candidates were found by name, with the birth date or alone where the record knows none, or by the number under
        another kind of document. They are never disclosed: a person must confirm the identity.

        `named` are the ids found under the number asked; the rest of `firm` comes from registrations that an officer
        merged. With a `crowd` under the name and birth date none of its records was read, so none is ruled out.
        """
        firm = [s for s in firm if judge.shows(s, reach)]
        borne = _borne(subject, firm, named)
        known = {s.record_id for s in borne}
        doubtful = [s for s in firm if s.record_id not in known]
        doubtful += [s for s in loose if judge.shows(s, reach) and not ruled_out(subject, s.event.record)]
        decided = self._distinctions.of(subject.identifiers, doubtful)
        doubtful = [s for s in doubtful if s.record_id not in decided]
        if not borne and (crowd or len(doubtful) > MOST_CANDIDATES):
            return Found(query_pb2.OUTCOME_MORE_DATA_NEEDED, reason="TOO_MANY_CANDIDATES")
        if not borne:
            outcome = query_pb2.OUTCOME_SEVERAL if doubtful else query_pb2.OUTCOME_NONE
            return Found(outcome, persons=self._persons(doubtful))
        facets = [judge.facet(s, reach) for s in sorted(borne, key=lambda s: s.record_id)]
        if CRIMINAL in reach.sealed:
            self._mark(facets, RulesOfToday(judge.day, self._profile_on))
        reason = UNIDENTIFIED if crowd or doubtful else ""
        persons = self._persons([*borne, *doubtful[:MOST_CANDIDATES]])
        return Found(query_pb2.OUTCOME_MATCH, facets, reason, persons)

    def _persons(self, shaping: Iterable[StoredRecord]) -> list[bytes]:
        """Return the digests of the persons of these records, with those that officers merged with them."""
        own = dict.fromkeys(d for s in shaping for d in person_digests(s.event.record.person))
        merged = self._links.digests(self._links.expand(digest_token(self._key, d) for d in own))
        return list(dict.fromkeys([*own, *merged]))

    def _mark(self, facets: Sequence[record_pb2.Facet], rules: RulesOfToday) -> None:
        """Mark facets whose judgment has another, sealed offender; under sealed access only (2022 Measures art. 5)."""
        cases = {bytes.fromhex(f.record_id): [c for c in [self._case(f.record)] if c] for f in facets}
        for record_id in self._co_offenders.closed(cases, rules):
            next(f for f in facets if f.record_id == record_id.hex()).contains_sealed = True


def _borne(
    subject: query_pb2.Subject, firm: Sequence[StoredRecord], named: Collection[bytes]
) -> list[StoredRecord]:
    """Return those of the records under the subject's numbers that are the subject's for certain."""
    if not firm:  # as for most persons
        return []
    sought = Sought.of_subject(subject)
    return [s for s in firm if s.record_id not in named or identified(sought, s.event.record.person)]


def _by_token(rows: Iterable[StoredRecord]) -> dict[bytes, list[StoredRecord]]:
    found: dict[bytes, list[StoredRecord]] = {}
    for row in rows:
        found.setdefault(row.token, []).append(row)
    return found
