"""Read recalls for the owners of the records that caused them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from federation.v1 import recall_pb2
from federation.v1.envelope_pb2 import Envelope
from gateway.following.kept_recalls import KeptRecall, RecallRange
from gateway.following.member_recall_store import kept, paged
from gateway.following.schema import recall, recall_cause
from gateway.strongbox import Strongbox
from server.journal.work import View


@dataclass(frozen=True, slots=True)
class CausedRecall:
    """A recall, and the node and record that caused it."""

    node: str
    record_id: bytes
    recall: KeptRecall


class CausedRecallStore:
    """Reads recalls by their causes; writes nothing."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def page(self, view: View, nodes: Collection[str], page: RecallRange) -> list[CausedRecall]:
        """Return a page of the recalls that `nodes` caused, one item for each recall and record."""
        joined = select(recall, recall_cause.c.node, recall_cause.c.record_id).join(recall_cause)
        query = paged(joined.where(recall_cause.c.node.in_(nodes)), page)
        return [CausedRecall(row.node, bytes(row.record_id), kept(row)) for row in view.execute(query).all()]

    def opened(self, its: KeptRecall) -> recall_pb2.Recall:
        """Return the decrypted recall; raises `Corrupt`."""
        return recall_pb2.Recall.FromString(self._box.unlock(its.body, b"recall" + its.request))

    def receipt(self, its: KeptRecall) -> Envelope | None:
        """Return the member's signed acknowledgement, or None while there is none; raises `Corrupt`."""
        if its.receipt is None:
            return None
        return Envelope.FromString(self._box.unlock(its.receipt, b"acknowledgement" + its.request))
