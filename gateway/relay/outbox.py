"""The outbox: what is due for a node, in order and in bounded pages, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, text, update

from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.notices.check import parse_notice
from federation.notices.receipts import UNDECIDED
from federation.notices.routing import stops
from federation.transport.limits import PAGE_CONTENT
from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from gateway.documents.shelf import Shelf
from gateway.relay import schema
from gateway.relay.fitting import delivery_rows
from gateway.strongbox import Strongbox
from server.journal.journal import Journal
from server.journal.work import Work

#: A page of deliveries: at most so many notices and about so many bytes.
MOST_PER_PAGE, MOST_BYTES = 256, PAGE_CONTENT

_D, _N, _S = schema.delivery, schema.notice, schema.submission
_earlier = _D.alias("earlier")
#: An earlier delivery of the same judgment or person that waits to be tried again.
_HELD_BACK = exists().where(
    _earlier.c.node == _D.c.node,
    text("earlier.state = 1 AND earlier.attempts > 0"),
    _earlier.c.delivery_id < _D.c.delivery_id,
    _earlier.c.next_at > bindparam("now"),
    or_(_earlier.c.judgment_key == _D.c.judgment_key, _earlier.c.person_key == _D.c.person_key),
)
_WAITING = and_(_D.c.node == bindparam("node"), _D.c.state == pb.DELIVERY_STATE_WAITING)
_DUE = (
    select(
        _D.c.delivery_id,
        _D.c.digest,
        _D.c.attempts,
        _N.c.submission_id,
        _N.c.body,
        (func.length(_S.c.envelope) + func.length(_S.c.acceptance)).label("wrapping"),
    )
    .join(_N, _N.c.digest == _D.c.digest)
    .join(_S, _S.c.submission_id == _N.c.submission_id)
    .where(_WAITING, _D.c.next_at <= bindparam("now"))
    .order_by(_D.c.delivery_id)
    .limit(MOST_PER_PAGE)
)
# In words of its own, so that SQLite uses the index of what waits to be tried again and counts no backlog.
_ANY_LATER = text(
    "SELECT 1 FROM delivery WHERE node = :node AND state = 1 AND attempts > 0 AND next_at > :now LIMIT 1"
)
_SET = (
    update(_D)
    .where(_D.c.digest == bindparam("its"), _D.c.node == bindparam("where"))
    .values(state=bindparam("new_state"), reason=bindparam("why"))
)
_INSERT_RECEIPTS = insert(schema.receipt)


@dataclass(frozen=True, slots=True)
class Due:
    """One notice due for a node."""

    delivery_id: int
    digest: bytes
    attempts: int
    submission_id: int
    content: bytes


@dataclass(frozen=True, slots=True)
class _Onward:
    """A notice that a node sends on to another division, and the rows of its ways there."""

    digest: bytes
    division: str
    ways: Sequence[dict[str, object]]


class Outbox:
    """The deliveries of one gateway."""

    def __init__(
        self,
        *,
        journal: Journal,
        strongbox: Strongbox,
        documents: Shelf,
        carry: Callable[[frozenset[str]], None],
    ) -> None:
        """`carry` hears, after the commit, of a node that needs documents."""
        self._journal = journal
        self._box = strongbox
        self._documents = documents
        self._carry = carry

    def due(self, node: str, now: float) -> list[Due]:
        """Return the next page for `node`: oldest first, none that an earlier one holds back."""
        said = {"node": node, "now": now}
        with self._journal.reading() as connection:
            some_wait = connection.execute(_ANY_LATER, said).first()
            query = _DUE.where(~_HELD_BACK) if some_wait else _DUE
            rows = connection.execute(query, said).all()
        page, size = list[Due](), 0
        for row in rows:
            digest = bytes(row.digest)
            content = self._box.unlock(bytes(row.body), b"notice" + digest)
            size += len(content)
            if not page or page[-1].submission_id != row.submission_id:
                size += row.wrapping
            if page and size > MOST_BYTES:
                break
            page.append(Due(row.delivery_id, digest, row.attempts, row.submission_id, content))
        return page

    def undecided(self, node: str, after: int, limit: int = MOST_PER_PAGE) -> list[tuple[int, bytes]]:
        """Return (delivery, digest) of notices on which an officer of `node` has to decide."""
        query = (
            select(_D.c.delivery_id, _D.c.digest)
            .where(_D.c.node == node, _D.c.state == pb.DELIVERY_STATE_UNDECIDED, _D.c.delivery_id > after)
            .order_by(_D.c.delivery_id)
            .limit(limit)
        )
        with self._journal.reading() as connection:
            return [(row.delivery_id, bytes(row.digest)) for row in connection.execute(query)]

    def consign(self, page: Sequence[Due]) -> list[pb.Consignment]:
        """Return the page as it travels: each sender's own envelope around the notices for this node."""
        wanted = {due.submission_id for due in page}
        query = select(_S.c.submission_id, _S.c.envelope, _S.c.acceptance).where(
            _S.c.submission_id.in_(wanted)
        )
        with self._journal.reading() as connection:
            rows = {row.submission_id: row for row in connection.execute(query)}
        consignments = []
        for submission_id, group in groupby(page, key=lambda due: due.submission_id):
            row = rows[submission_id]
            consignments.append(
                pb.Consignment(
                    envelope=Envelope.FromString(self._box.unlock(bytes(row.envelope), b"submission")),
                    acceptance=Envelope.FromString(self._box.unlock(bytes(row.acceptance), b"acceptance")),
                    notices=[due.content for due in group],
                )
            )
        return consignments

    def record(
        self,
        node: str,
        pages: Sequence[Envelope],
        receipts: Sequence[pb.NoticeReceipt],
        charter: Charter,
        now: datetime,
        delivered: Sequence[Due] = (),
    ) -> frozenset[str]:
        """Keep the receipts of `node` with what follows from them; return the nodes that got something new.

        `delivered` are the deliveries that `receipts` answer, in their order, when they answer deliveries.
        """
        bodies = [self._box.lock(page.SerializeToString(), b"receipts") for page in pages]
        stages = [
            {r.notice: r.stage for r in pb.NoticeReceiptPage.FromString(page.payload).receipts}
            for page in pages
        ]
        onward = [self._onward(node, r, charter) for r in receipts if r.stage == pb.NOTICE_STAGE_FORWARDED]

        def command(work: Work) -> tuple[frozenset[str], bool]:
            rows = list[dict[str, object]]()
            for body, said in zip(bodies, stages, strict=True):
                kept = work.view.execute(insert(schema.receipt_page), {"body": body})
                page_id = kept.inserted_primary_key[0]  # type: ignore[index]
                rows += [{"digest": d, "page_id": page_id, "stage": stage} for d, stage in said.items()]
            work.view.execute(_INSERT_RECEIPTS, rows)
            self._mark(work, node, receipts, delivered)
            woken: set[str] = set()
            for each in onward:
                woken |= self._forward(work, node, each, now)
            return frozenset(woken), self._documents.want(work.view, node, receipts)

        woken_nodes, wanting = self._journal.run(command, yields=True).value
        if wanting:
            self._carry(frozenset({node}))
        return woken_nodes

    def _mark(
        self, work: Work, node: str, receipts: Sequence[pb.NoticeReceipt], delivered: Sequence[Due]
    ) -> None:
        if delivered and all(_state_after(r) == pb.DELIVERY_STATE_DELIVERED for r in receipts):
            done = update(_D).where(_D.c.delivery_id.in_([due.delivery_id for due in delivered]))
            work.view.execute(done.values(state=pb.DELIVERY_STATE_DELIVERED, reason=""))
            return
        changes = [
            {"its": r.notice, "where": node, "new_state": _state_after(r), "why": ""} for r in receipts
        ]
        work.view.execute(_SET, changes)

    def again(self, due: Due, *, next_at: float, reason: str) -> None:
        """Put off one delivery."""

        def command(work: Work) -> None:
            work.view.execute(
                update(_D)
                .where(_D.c.delivery_id == due.delivery_id)
                .values(attempts=due.attempts + 1, next_at=next_at, reason=reason[:400])
            )

        self._journal.run(command, yields=True)

    def park(self, due: Due, node: str, *, reason: str, now: datetime) -> None:
        """Set one delivery aside that cannot be made as it is; what follows it goes on."""

        def command(work: Work) -> None:
            self._park(work, due.digest, node, reason, now)

        self._journal.run(command, yields=True)

    def _park(self, work: Work, digest: bytes, node: str, reason: str, now: datetime) -> None:
        change = {"its": digest, "where": node, "new_state": pb.DELIVERY_STATE_PARKED, "why": reason[:400]}
        work.view.execute(_SET, change)
        work.log.append(
            EntryKind.NOTICE_PARKED, at=stamp(now), notice=digest.hex(), node=node, reason=reason[:400]
        )

    def _onward(self, node: str, receipt: pb.NoticeReceipt, charter: Charter) -> _Onward:
        """Return the ways to the nodes of the same agency that register for the new division."""
        digest = receipt.notice
        with self._journal.reading() as connection:
            body = connection.execute(select(_N.c.body).where(_N.c.digest == digest)).scalar_one()
        notice = parse_notice(self._box.unlock(bytes(body), b"notice" + digest))
        classes = {str(n.name): charter.members[n.agency].organ_class for n in charter.nodes}
        try:
            places = [
                stop
                for stop in stops(charter, notice, division=receipt.division)
                if classes.get(str(stop.node.name)) == classes.get(node)
            ]
        except InvalidRequest:
            places = []
        return _Onward(digest, receipt.division, delivery_rows(self._box, notice, digest, places))

    def _forward(self, work: Work, node: str, onward: _Onward, now: datetime) -> set[str]:
        """Send a notice on where it was not sent yet; park it when that is nowhere."""
        query = select(_D.c.node).where(_D.c.digest == onward.digest)
        there = set(work.view.execute(query).scalars())
        rows = [row for row in onward.ways if row["node"] not in there]
        if not rows:
            reason = f"sent on to {onward.division}, for which no other node registers"
            self._park(work, onward.digest, node, reason, now)
            return set()
        work.view.execute(insert(_D), rows)
        return {str(row["node"]) for row in rows}


def _state_after(receipt: pb.NoticeReceipt) -> int:
    return pb.DELIVERY_STATE_UNDECIDED if receipt.stage in UNDECIDED else pb.DELIVERY_STATE_DELIVERED
