"""Nodes' signed answers that an asker is not given: kept encrypted, for auditors."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from federation.errors import NotFound
from federation.v1 import query_pb2
from gateway.asking.schema import held_answer
from server.journal.cipher import Cipher

#: For the transaction that accounts for the answer.
INSERT = insert(held_answer)


class HeldAnswers:
    """The store of withheld evidence, one row per answer."""

    def __init__(self, *, key: bytes) -> None:
        self._key = Cipher(key, of="an answer kept for auditors")

    def row(self, answer_id: str, evidence: Sequence[query_pb2.NodeEvidence]) -> dict[str, object]:
        """Return the row that keeps the evidence behind an answer, for `INSERT`."""
        clear = query_pb2.Answer(evidence=evidence).SerializeToString()
        body = self._key.lock(clear, answer_id.encode())
        return {"answer_id": answer_id, "body": body}

    def read(self, connection: Connection, answer_id: str) -> list[query_pb2.NodeEvidence]:
        """Return the evidence kept for an answer; raises `NotFound`."""
        query = select(held_answer.c.body).where(held_answer.c.answer_id == answer_id)
        body = connection.execute(query).scalar_one_or_none()
        if body is None:
            raise NotFound(f"nothing is kept for answer {answer_id}")
        clear = self._key.unlock(body, answer_id.encode())
        return list(query_pb2.Answer.FromString(clear).evidence)
