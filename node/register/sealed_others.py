"""Of which records' judgments another offender is sealed: what may name that offender is then for sealed access alone.

Judgments are found by tokens, so that nothing here tells who the other offender is (2022 Measures art. 5, R41).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from federation.record.extensions import Declarations
from federation.record.others import event_without_others, facet_without_others, may_name_others
from federation.v1 import record_pb2, registry_pb2
from node.store.reading import Reader
from node.store.rows import Sealer


class SealedOthers:
    """Looks for sealed and withheld records of the same judgments."""

    def __init__(self, *, sealer: Sealer, sealed: Reader) -> None:
        self._sealer = sealer
        self._sealed = sealed

    def of(self, records: Mapping[bytes, record_pb2.Record]) -> set[bytes]:
        """Return the ids of those of `records` whose judgment has another offender who is sealed or withheld here."""
        return self._sealed.others({id: self._sealer.case(record) for id, record in records.items()})

    def hide(self, facets: Collection[record_pb2.Facet], extensions: Declarations) -> None:
        """Leave out of `facets`, which are shown without sealed access, what may name a sealed offender."""
        told = {bytes.fromhex(f.record_id): f.record for f in facets if may_name_others(f, extensions)}
        hidden = {id.hex() for id in self.of(told)} if told else set()
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
        if any(self.of({record_id: event.record}) for event in versions):
            for event in page:
                event_without_others(event, extensions)
