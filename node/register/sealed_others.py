"""Which records are of a judgment with another, sealed offender: what may name that one is for sealed access alone.

An offender is sealed as the own register knows it by the rules of today, or as another holder has proposed it (R45).
While records have yet to be judged by these rules, each text may name one. Judgments that a text names count like the
record's own; a text that mentions another trial without its number is closed, since the trial is not known.
Judgments are found by tokens, so that nothing here shows who the other offender is (2022 Measures art. 5, R41).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from federation.record.apart import tried_apart, with_its_paper, with_its_reasons
from federation.record.extensions import Declarations
from federation.record.others import event_without_others, facet_without_others, may_name_others
from federation.v1 import record_pb2, registry_pb2
from federation.values.clock import legal_day
from node.register import hold_store
from node.register.acts import Register
from node.register.co_offenders import CoOffenders, RulesOfToday, Untried
from node.store.safeguard import Safeguard
from node.store.schema import sealing_watch
from server.journal.work import View, Work


class SealedOthers:
    """Looks for sealed and withheld records of the same judgments, and for other holders' seals."""

    def __init__(
        self,
        *,
        register: Register,
        co_offenders: CoOffenders,
        untried: Untried,
        safeguard: Safeguard | None = None,
    ) -> None:
        """`safeguard` compares the rows of other holders' seals before an answer rests on them; servers have one."""
        self._register = register
        self._sealer = register.sealer
        self._co_offenders = co_offenders
        self._untried = untried
        self._safeguard = safeguard

    def of(self, records: Mapping[bytes, record_pb2.Record], work: Work | None = None) -> set[bytes]:
        """Return the ids of those of `records` whose judgment has, or may have, another offender who is not open.

        A command gives its `work`.
        """
        if not records:
            return set()
        charter = work.charter if work is not None else self._register
        rules = RulesOfToday(legal_day(self._register.now()), charter.profile_on)
        with self._register.journal.reading() as view:
            if self._untried(view, rules):
                return set(records)
        cases = {id: self._sealer.cases(record) for id, record in records.items()}
        here = self._co_offenders.closed(cases, rules)
        here |= {id for id, record in records.items() if tried_apart(record).unknown}
        return here | self._reported({id: record for id, record in records.items() if id not in here})

    def _reported(self, records: Mapping[bytes, record_pb2.Record]) -> set[bytes]:
        """Return the ids of those with a seal at another holder that is not one of the same person."""
        cases = {id: its for id, each in records.items() if (its := self._sealer.watched_cases(each))}
        wanted = {case for its in cases.values() for case in its}
        if not wanted:
            return set()
        if self._safeguard is not None:
            self._safeguard.insist(sealing_watch.name, wanted)
        with self._register.journal.reading() as view:
            keys = hold_store.keys_of(view, wanted)
            return {
                id
                for id, its in cases.items()
                if set[str]().union(*(keys.get(case, set()) for case in its)) - self._own(view, records[id])
            }

    def _own(self, view: View, record: record_pb2.Record) -> set[str]:
        """Return the keys of other holders' seals of the same person's record."""
        marks = self._register.marks(record)
        found = hold_store.keys_of(view, (*marks.numbers, *marks.finals))
        return set[str]().union(*found.values())

    def hide(self, facets: Collection[record_pb2.Facet], extensions: Declarations) -> None:
        """Leave out of `facets`, which are shown without sealed access, what may name a sealed offender."""
        naming = {
            bytes.fromhex(f.record_id): with_its_paper(f.record, f.provenance)
            for f in facets
            if may_name_others(f, extensions)
        }
        hidden = {id.hex() for id in self.of(naming)} if naming else set()
        for facet in facets:
            if facet.record_id in hidden:
                facet_without_others(facet, extensions)

    def hide_in_history(
        self,
        record_id: bytes,
        page: Collection[registry_pb2.RecordEvent],
        versions: Iterable[registry_pb2.RecordEvent],
        extensions: Declarations,
    ) -> None:
        """Leave out of a page of a record's history what may name an offender who is sealed.

        The number of the judgment may have been corrected, so that all `versions` of the record count.
        """
        if any(self.of({record_id: with_its_reasons(event)}) for event in versions):
            for event in page:
                event_without_others(event, extensions)
