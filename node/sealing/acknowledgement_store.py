"""Storage of other nodes' signed answers to this node's proposals, encrypted: an objection states its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from node.store.schema import sealing_acknowledgement as table
from node.store.vault import Vault
from server.journal.work import View, Work

_NEW = insert(table)
#: A node's newest answer of a kind counts.
_KEEP = _NEW.on_conflict_do_update(
    index_elements=[table.c.key, table.c.node, table.c.stance],
    set_={"received_at": _NEW.excluded.received_at, "envelope": _NEW.excluded.envelope},
)


@dataclass(frozen=True, slots=True)
class ReceivedAcknowledgement:
    """One node's signed answer to a proposal of this node, and when it came."""

    key: str
    body: sealing_pb2.SealingAcknowledgement
    envelope: Envelope
    received_at: str


@dataclass(frozen=True, slots=True)
class LockedAcknowledgement:
    """An answer ready to be kept, its envelope encrypted."""

    answer: ReceivedAcknowledgement
    envelope: bytes


class ReceivedAcknowledgementStore:
    """Reads and writes the answers under the key that encrypts them."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def lock(self, answer: ReceivedAcknowledgement) -> LockedAcknowledgement:
        """Return an answer encrypted: done before the transaction that keeps it."""
        return LockedAcknowledgement(
            answer, self._vault.wrap(answer.envelope.SerializeToString(), answer.key.encode())
        )

    def keep(self, work: Work, answers: Sequence[LockedAcknowledgement]) -> None:
        """Keep answers, each in the place of the same node's earlier one of its kind."""
        rows = [
            {
                "key": each.answer.key,
                "node": each.answer.body.node,
                "stance": int(each.answer.body.stance),
                "received_at": each.answer.received_at,
                "envelope": each.envelope,
            }
            for each in answers
        ]
        if rows:
            work.view.execute(_KEEP, rows)

    def of(self, view: View, key: str) -> Iterator[ReceivedAcknowledgement]:
        """Yield every node's answers to the proposal of that key."""
        query = select(table).where(table.c.key == key).order_by(table.c.node, table.c.stance)
        for row in view.execute(query):
            envelope = Envelope.FromString(self._vault.unwrap(bytes(row.envelope), key.encode()))
            body = sealing_pb2.SealingAcknowledgement.FromString(envelope.payload)
            yield ReceivedAcknowledgement(key, body, envelope, row.received_at)
