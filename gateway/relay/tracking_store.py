"""Read the stages of notices with every signed receipt, for their sender, and the operator's figures."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, func, select

from federation.errors import NotFound
from federation.notices.kinds import FOLLOWING
from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.relay import schema
from gateway.strongbox import Strongbox
from server.journal.work import View

_D, _N, _S, _R, _P = (
    schema.delivery,
    schema.notice,
    schema.submission,
    schema.receipt,
    schema.receipt_page,
)


class TrackingStore:
    """Reads the states of notices; writes nothing."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def tracks(
        self, view: View, sender: str, asked: Sequence[bytes], *, newest: int, kind: int
    ) -> list[pb.NoticeTrack]:
        """Return the stages of the notices `asked` for, in order, or else of the sender's `newest`.

        `kind` limits them to one `NoticeKind`. Raises `NotFound` for a notice that this sender never sent.
        """
        query = select(_N.c.digest, _N.c.kind, _N.c.submission_id).where(_N.c.sender == sender)
        if kind:
            query = query.where(_N.c.kind == kind)
        if asked:
            query = query.where(_N.c.digest.in_(asked))
        else:
            query = query.order_by(_N.c.submission_id.desc()).limit(newest)
        found = {bytes(row.digest): row for row in view.execute(query)}
        missing = [digest for digest in asked if digest not in found]
        if missing:
            raise NotFound(
                f"no accepted notice {missing[0].hex()[:64]} of {sender}: take the digest from its receipt"
            )
        tracks = {digest: pb.NoticeTrack(notice=digest, kind=row.kind) for digest, row in found.items()}
        submissions = {row.submission_id for row in found.values()}
        accepted = {
            row.submission_id: Envelope.FromString(self._box.unlock(bytes(row.acceptance), b"acceptance"))
            for row in view.execute(
                select(_S.c.submission_id, _S.c.acceptance).where(_S.c.submission_id.in_(submissions))
            )
        }
        for digest, row in found.items():
            tracks[digest].receipts.append(accepted[row.submission_id])
        received = set[tuple[bytes, str]]()
        unheard = select(_D.c.digest, _D.c.node).where(_D.c.digest.in_(tracks), ~_D.c.heard)
        hidden = {(bytes(row.digest), row.node) for row in view.execute(unheard)}
        pages = (
            select(_R.c.digest, _R.c.stage, _P.c.body)
            .join(_P)
            .where(_R.c.digest.in_(tracks))
            .order_by(_R.c.page_id)
        )
        for digest, stage, body in view.execute(pages):
            track = tracks[bytes(digest)]
            if stage == pb.NOTICE_STAGE_FORWARDED and track.kind in FOLLOWING:
                continue
            page = Envelope.FromString(self._box.unlock(bytes(body), b"receipts"))
            if stage == pb.NOTICE_STAGE_RECEIVED:
                at = track.notice, _giver(page)
                received.add(at)
                if at in hidden:
                    continue
            track.receipts.append(page)
        ways = select(_D).where(_D.c.digest.in_(tracks), _D.c.heard).order_by(_D.c.delivery_id)
        for way in view.execute(ways):
            track = tracks[bytes(way.digest)]
            if (track.notice, way.node) in received:  # whatever became of it since
                track.deliveries.add(node=way.node, state=pb.DELIVERY_STATE_DELIVERED)
            else:
                track.deliveries.add(node=way.node, state=way.state, attempts=way.attempts, reason=way.reason)
        return [tracks[digest] for digest in asked or tracks]

    def unheard(self, view: View, notices: Sequence[bytes]) -> frozenset[str]:
        """Return the nodes that the sender of these notices is not shown: to which they were sent on after receipt."""
        heard = func.count(case((_D.c.heard, 1)))
        query = select(_D.c.node).where(_D.c.digest.in_(notices)).group_by(_D.c.node).having(heard == 0)
        return frozenset(view.execute(query).scalars())

    def report(self, view: View) -> pb.ReportResponse:
        """Return volumes and lateness by sender and kind, and deliveries by node and state (R25, R66)."""
        late = func.count(case((_N.c.late_days > 0, 1)))
        by_sender = (
            select(_N.c.sender, _N.c.kind, func.count(), late, func.max(_N.c.late_days))
            .group_by(_N.c.sender, _N.c.kind)
            .order_by(_N.c.sender, _N.c.kind)
        )
        parked = func.iif(_D.c.state == pb.DELIVERY_STATE_PARKED, _D.c.reason, "")
        by_node = (
            select(_D.c.node, _D.c.state, parked, func.count())
            .group_by(_D.c.node, _D.c.state, parked)
            .order_by(_D.c.node, _D.c.state)
        )
        response = pb.ReportResponse()
        for sender, kind, count, lates, most in view.execute(by_sender):
            response.rows.add(
                sender=sender,
                kind=kind,
                stage=pb.NOTICE_STAGE_ACCEPTED,
                notices=count,
                late=lates,
                most_late_days=most,
            )
        for node, state, reason, count in view.execute(by_node):
            response.deliveries.add(node=node, state=state, reason=reason, deliveries=count)
        return response


def _giver(page: Envelope) -> str:
    """Return the name of the node that signed a page of receipts."""
    return pb.NoticeReceiptPage.FromString(page.payload).installation.rpartition("/")[2]
