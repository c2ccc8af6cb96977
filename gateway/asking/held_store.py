"""The store of nodes' signed answers that are withheld from the asker: kept encrypted, for auditors."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from federation.errors import NotFound
from federation.v1 import query_pb2
from gateway.asking.schema import held_answer
from gateway.prepared import Prepared
from server.journal.cipher import Cipher
from server.journal.work import View, Work

_INSERT = insert(held_answer)


class HeldAnswers:
    """Keeps withheld evidence, one row for each answer."""

    def __init__(self, *, key: bytes) -> None:
        self._key = Cipher(key, of="an answer kept for auditors")

    def prepared(self, answer_id: str, evidence: Sequence[query_pb2.NodeEvidence]) -> Prepared[str]:
        """Return the evidence behind an answer encrypted, for `keep`: to be made before the transaction."""
        clear = query_pb2.Answer(evidence=evidence).SerializeToString()
        body = self._key.lock(clear, answer_id.encode())
        return Prepared(answer_id, {"answer_id": answer_id, "body": body})

    def keep(self, work: Work, prepared: Prepared[str]) -> None:
        """Keep the evidence, in the transaction that logs the answer; other commands may share that transaction."""
        work.add(_INSERT, prepared.row)

    def read(self, view: View, answer_id: str) -> list[query_pb2.NodeEvidence]:
        """Return the evidence kept for an answer; raises `NotFound`."""
        query = select(held_answer.c.body).where(held_answer.c.answer_id == answer_id)
        body = view.execute(query).scalar_one_or_none()
        if body is None:
            raise NotFound(f"nothing is kept for answer {answer_id}: it was given whole, or its time is past")
        clear = self._key.unlock(body, answer_id.encode())
        return list(query_pb2.Answer.FromString(clear).evidence)
