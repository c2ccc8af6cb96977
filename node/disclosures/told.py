"""Remember what is told, in the transaction that logs the answer; mark it when it holds no more."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from federation.charter.envelope import Opened
from federation.evidence.entry import EntryKind
from federation.statements.asking import Asked
from federation.v1 import lookup_pb2, recall_pb2
from federation.values.clock import stamp
from node.disclosures.schema import HANDED_IN, SUPERSEDED, TOLD, disclosure
from node.store.vault import Vault
from server.journal.work import Work

#: For the transaction that accounts for the answer.
INSERT = insert(disclosure)
#: Changes remembered for answers that were looked up before them and are accounted for after them.
MOST_CHANGES = 10_000

_D = disclosure.c
_ANY = select(_D.version).where(_D.record_id == bindparam("record"), _D.state == TOLD).limit(1)
_SUPERSEDE = (
    update(disclosure).where(_D.record_id == bindparam("record"), _D.state == TOLD).values(state=SUPERSEDED)
)
# The state as a literal, so that SQLite uses the index of what waits.
_VIA = select(_D.via).where(text("state = 1")).distinct()
_UNTOLD = (
    select(_D.via, func.count().label("answers")).where(text("state = 1")).group_by(_D.via).order_by(_D.via)
)
_WAITING = select(_D.record_id, _D.request, _D.attempt).where(
    _D.via == bindparam("gateway"), text("state = 1")
)
_HANDED_IN = (
    update(disclosure)
    .where(
        _D.record_id == bindparam("record"), _D.request == bindparam("asked"), _D.attempt == bindparam("nth")
    )
    .values(state=HANDED_IN)
)


class Disclosures:
    """The node's memory of its answers. `rows` and `changed` are for the writer's commands, one at a time."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault
        self._changes: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._forgotten_at = 0.0

    def rows(
        self,
        answer: lookup_pb2.NodeAnswer,
        opened: Opened,
        asked: Asked,
        *,
        attempt: int,
        via: str,
        at: datetime,
        looked_up_at: float,
    ) -> Iterator[dict[str, object]]:
        """Yield the row of each record in an answer that was looked up at a moment of the monotonic clock.

        What changed since then is told as it was, and recalled at once.
        """
        if not answer.facets:
            return
        told = recall_pb2.Disclosure(
            installation=str(opened.installation),
            officer=opened.officer,
            told_at=stamp(at),
            purpose=asked.query.purpose,
            on_behalf_of=asked.query.on_behalf_of.name,
            mandate=asked.query.mandate,
        ).SerializeToString()
        for facet in answer.facets:
            record_id = bytes.fromhex(facet.record_id)
            newest, _ = self._changes.get(record_id, (0, 0.0))
            overtaken = newest > facet.version or looked_up_at < self._forgotten_at
            yield {
                "record_id": record_id,
                "request": answer.request_digest,
                "attempt": attempt,
                "version": facet.version,
                "via": via,
                "state": SUPERSEDED if overtaken else TOLD,
                "body": self._vault.wrap(told, _place(record_id, answer.request_digest, attempt)),
            }

    def changed(
        self, work: Work, record_id: bytes, version: int, at: datetime, *, superseded: Callable[[], bool]
    ) -> None:
        """Mark every answer that told of the record, if `superseded` says that it holds no more.

        They are recalled, and nobody is told why (R45).
        """
        self._changes[record_id] = (version, time.monotonic())
        self._changes.move_to_end(record_id)
        if len(self._changes) > MOST_CHANGES:
            _, (_, self._forgotten_at) = self._changes.popitem(last=False)
        if work.view.execute(_ANY, {"record": record_id}).first() is None or not superseded():
            return
        answers = work.view.execute(_SUPERSEDE, {"record": record_id}).rowcount
        work.log.append(EntryKind.RECALLED, at=stamp(at), record=record_id.hex(), answers=answers)

    def taken_apart(
        self, work: Work, some: Collection[bytes], others: Collection[bytes], at: datetime
    ) -> None:
        """Mark the answers that told of records of both as if they were one person's: a merge was undone.

        Answers that are looked up already and not yet accounted for count as overtaken.
        """
        self._forgotten_at = time.monotonic()
        told_some = select(_D.request).where(_D.record_id.in_(some), _D.state == TOLD)
        both = select(_D.request).where(_D.record_id.in_(others), _D.state == TOLD, _D.request.in_(told_some))
        requests = {bytes(request) for request in work.view.execute(both).scalars()}
        if not requests:
            return
        rests = _D.request.in_(requests) & _D.record_id.in_([*some, *others])
        work.view.execute(update(disclosure).where(rests, _D.state == TOLD).values(state=SUPERSEDED))
        work.log.append(EntryKind.RECALLED, at=stamp(at), answers=len(requests))

    def of(self, connection: Connection, record_id: bytes) -> list[recall_pb2.Disclosure]:
        """Return to whom a record was told, oldest first."""
        found = []
        for row in connection.execute(select(disclosure).where(_D.record_id == record_id)):
            place = _place(record_id, bytes(row.request), row.attempt)
            told = recall_pb2.Disclosure.FromString(self._vault.unwrap(bytes(row.body), place))
            told.request_digest, told.version, told.via = bytes(row.request), row.version, row.via
            told.recalled = row.state != TOLD
            found.append(told)
        return sorted(found, key=lambda told: told.told_at)


def gateways_to_tell(connection: Connection) -> list[str]:
    """Return the gateways for which something waits."""
    return list(connection.execute(_VIA).scalars())


def untold(connection: Connection) -> list[tuple[str, int]]:
    """Return (gateway, answers) of what waits to be handed in."""
    rows = connection.execute(_UNTOLD)
    return [(row.via, row.answers) for row in rows]


def waiting_for(connection: Connection, via: str, limit: int) -> list[tuple[bytes, bytes, int]]:
    """Return (record, request, attempt) of what waits to be handed in at a gateway."""
    rows = connection.execute(_WAITING.limit(limit), {"gateway": via})
    return [(bytes(row.record_id), bytes(row.request), row.attempt) for row in rows]


def handed_in(work: Work, rows: Sequence[tuple[bytes, bytes, int]]) -> None:
    """Remember that the gateway has these durably."""
    if rows:
        work.view.execute(
            _HANDED_IN, [{"record": record, "asked": asked, "nth": nth} for record, asked, nth in rows]
        )


def _place(record_id: bytes, request: bytes, attempt: int) -> bytes:
    return record_id + request + attempt.to_bytes(1, "big")
