"""Nodes' signed answers that an asker is not given: kept encrypted, for auditors."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, insert, select

from federation.errors import NotFound
from federation.v1 import query_pb2
from gateway.asking.schema import held_answer

_NONCE = 12
#: For the transaction that accounts for the answer.
INSERT = insert(held_answer)


class HeldAnswers:
    """The store of withheld evidence, one row per answer."""

    def __init__(self, *, key: bytes) -> None:
        self._key = AESGCM(key)

    def row(self, answer_id: str, evidence: Sequence[query_pb2.NodeEvidence]) -> dict[str, object]:
        """Return the row that keeps the evidence behind an answer, for `INSERT`."""
        clear = query_pb2.Answer(evidence=evidence).SerializeToString()
        nonce = os.urandom(_NONCE)
        body = nonce + self._key.encrypt(nonce, clear, answer_id.encode())
        return {"answer_id": answer_id, "body": body}

    def read(self, connection: Connection, answer_id: str) -> list[query_pb2.NodeEvidence]:
        """Return the evidence kept for an answer; raises `NotFound`."""
        query = select(held_answer.c.body).where(held_answer.c.answer_id == answer_id)
        body = connection.execute(query).scalar_one_or_none()
        if body is None:
            raise NotFound(f"nothing is kept for answer {answer_id}")
        clear = self._key.decrypt(body[:_NONCE], body[_NONCE:], answer_id.encode())
        return list(query_pb2.Answer.FromString(clear).evidence)
