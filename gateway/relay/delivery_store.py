"""The store of deliveries: those due for a node, in order and in bounded pages, and their outcomes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, text, update

from federation.v1 import notice_pb2 as pb
from gateway.relay import schema
from gateway.relay.deliveries import MOST_BYTES, MOST_PER_PAGE, DeliveryChange, Due, NoticeRoute
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

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
# With literals, so that SQLite uses the index of deliveries to be tried again and reads no backlog.
_ANY_LATER = text(
    "SELECT 1 FROM delivery WHERE node = :node AND state = 1 AND attempts > 0 AND next_at > :now LIMIT 1"
)
_SET = (
    update(_D)
    .where(_D.c.digest == bindparam("its"), _D.c.node == bindparam("where"))
    .values(state=bindparam("new_state"), reason=bindparam("why"), awaited=False)
)
_INSERT = insert(_D)
#: Digests named in one query.
_STEP = 500


class DeliveryStore:
    """Keeps deliveries: the `Deliveries` of a gateway."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def add(self, work: Work, ways: Collection[NoticeRoute]) -> None:
        """Put notices on their way to nodes, due at once."""
        rows = [
            {
                "digest": way.digest,
                "node": way.node,
                "addressing": way.addressing,
                "state": pb.DELIVERY_STATE_WAITING,
                "attempts": 0,
                "next_at": 0.0,
                "reason": "",
                "judgment_key": way.judgment_key,
                "person_key": way.person_key,
                "heard": way.heard,
            }
            for way in ways
        ]
        if rows:
            work.view.execute(_INSERT, rows)

    def due(self, view: View, node: str, now: float) -> list[Due]:
        """Return the next page for `node`: oldest first, without those that must wait for an earlier one."""
        wanted = {"node": node, "now": now}
        some_wait = view.execute(_ANY_LATER, wanted).first()
        query = _DUE.where(~_HELD_BACK) if some_wait else _DUE
        page, size = list[Due](), 0
        for row in view.execute(query, wanted).all():
            digest = bytes(row.digest)
            content = self._box.unlock(bytes(row.body), b"notice" + digest)
            size += len(content)
            if not page or page[-1].submission_id != row.submission_id:
                size += row.wrapping
            if page and size > MOST_BYTES:
                break
            page.append(Due(row.delivery_id, digest, row.attempts, row.submission_id, content))
        return page

    def undecided(self, view: View, node: str, after: int, most: int) -> list[tuple[int, bytes]]:
        """Return (delivery, digest) of notices on which an officer of `node` has to decide, after that delivery.

        Those that were received count too: they are delivered to their sender, but may still be sent on.
        """
        query = (
            select(_D.c.delivery_id, _D.c.digest)
            .where(_D.c.node == node, _D.c.delivery_id > after)
            .order_by(_D.c.delivery_id)
            .limit(most)
        )
        # Two queries and with a literal, so that SQLite uses the index of each.
        found = {
            row.delivery_id: bytes(row.digest)
            for waits in (_D.c.state == pb.DELIVERY_STATE_UNDECIDED, text("delivery.awaited = 1"))
            for row in view.execute(query.where(waits))
        }
        return sorted(found.items())[:most]

    def nodes_of(self, view: View, digest: bytes) -> frozenset[str]:
        """Return the nodes that a notice was sent to, whatever the outcome there."""
        return frozenset(view.execute(select(_D.c.node).where(_D.c.digest == digest)).scalars())

    def delivered(self, work: Work, page: Sequence[Due]) -> None:
        """Mark a whole page as delivered."""
        done = update(_D).where(_D.c.delivery_id.in_([due.delivery_id for due in page]))
        work.view.execute(done.values(state=pb.DELIVERY_STATE_DELIVERED, reason=""))

    def change(self, work: Work, node: str, changes: Collection[DeliveryChange]) -> None:
        """Record the outcome of each of these notices at `node`."""
        rows = [
            {"its": each.digest, "where": node, "new_state": each.state, "why": each.reason}
            for each in changes
        ]
        work.view.execute(_SET, rows)

    def again(self, work: Work, node: str, digests: Sequence[bytes]) -> list[bytes]:
        """Make those of these notices due again that `node` has taken; return them."""
        taken = (int(pb.DELIVERY_STATE_DELIVERED), int(pb.DELIVERY_STATE_UNDECIDED))
        found = list[bytes]()
        for start in range(0, len(digests), _STEP):
            its = (_D.c.node == node, _D.c.digest.in_(digests[start : start + _STEP]), _D.c.state.in_(taken))
            found += map(bytes, work.view.execute(select(_D.c.digest).where(*its)).scalars())
            work.view.execute(
                update(_D)
                .where(*its)
                .values(state=pb.DELIVERY_STATE_WAITING, attempts=0, next_at=0.0, reason="")
            )
        return found

    def received(self, work: Work, node: str, digests: Collection[bytes], *, kept_until: float) -> None:
        """Mark notices as delivered that `node` may still send on; their documents are kept until then."""
        work.view.execute(
            update(_D)
            .where(_D.c.node == node, _D.c.digest.in_(digests))
            .values(state=pb.DELIVERY_STATE_DELIVERED, reason="", awaited=True, kept_until=kept_until)
        )

    def put_off(self, work: Work, due: Due, *, next_at: float, reason: str) -> None:
        """Count an attempt that failed; the next one is not before `next_at`, in seconds since 1970."""
        work.view.execute(
            update(_D)
            .where(_D.c.delivery_id == due.delivery_id)
            .values(attempts=due.attempts + 1, next_at=next_at, reason=reason)
        )
