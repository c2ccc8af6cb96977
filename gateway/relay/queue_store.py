"""The store's look at the queue of notices: how many wait for each node, and since when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from federation.v1 import notice_pb2 as pb
from gateway.relay import schema
from server.journal.work import View

_D, _N, _S = schema.delivery, schema.notice, schema.submission
_QUEUES = (
    select(_D.c.node, func.count(), func.min(_S.c.accepted_at))
    .join(_N, _N.c.digest == _D.c.digest)
    .join(_S, _S.c.submission_id == _N.c.submission_id)
    .where(_D.c.state == pb.DELIVERY_STATE_WAITING, _N.c.kind != pb.NOTICE_KIND_SEALING)
    .group_by(_D.c.node)
)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one node: deliveries, and the moment (ISO 8601) at which the oldest was accepted."""

    node: str
    deliveries: int
    since: str


class QueueStore:
    """Reads queues of notices. Notices of sealing are left out: their number would count sealed records."""

    def queues(self, view: View) -> list[Queue]:
        """Return the queue of each node for which any notice waits."""
        return [Queue(node, number, since) for node, number, since in view.execute(_QUEUES).all()]
