"""The store of answers that disclosed records: kept encrypted, so that each can be recalled.

An answer that disclosed nothing is not kept and never recalled: to recall a "no" would disclose that a record exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import bindparam, insert, select

from federation.charter.envelope import OpenedStatement
from federation.statements.asking import CheckedQuestion
from federation.v1 import query_pb2, recall_pb2
from gateway.following.schema import told_answer
from gateway.prepared import Prepared
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_INSERT = insert(told_answer)
_ONE = select(told_answer.c.body).where(told_answer.c.request == bindparam("asked"))


class DisclosedAnswers:
    """The gateway's memory of what its answers disclosed."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox
        self._under_way: set[bytes] = set()

    @contextmanager
    def answering(self, request: bytes) -> Iterator[None]:
        """Note, while the context lasts, that a question is being answered: its disclosures are not stored yet."""
        self._under_way.add(request)
        try:
            yield
        finally:
            self._under_way.discard(request)

    def under_way(self, request: bytes) -> bool:
        """Say whether a question is being answered now. Ask this before `of`."""
        return request in self._under_way

    def prepared(
        self,
        opened: OpenedStatement,
        asked: CheckedQuestion,
        answer: query_pb2.Answer,
        shown: Sequence[query_pb2.FacetReference],
    ) -> Prepared[recall_pb2.ToldAnswer]:
        """Return an answer and the facets behind it, encrypted, for `keep`: to be made before the transaction."""
        query = asked.query
        disclosed = recall_pb2.ToldAnswer(
            member=opened.installation.member,
            recall=recall_pb2.Recall(
                answer_id=answer.answer_id,
                request_digest=opened.digest,
                answered_at=answer.answered_at,
                purpose=query.purpose,
                officer=opened.officer,
                case_number=query.case_number,
                basis=query.basis,
                mandate=query.mandate,
                on_behalf_of=query.on_behalf_of.name,
            ),
            shown=shown,
        )
        body = self._box.lock(disclosed.SerializeToString(), _place(opened.digest))
        return Prepared(disclosed, {"request": opened.digest, "body": body})

    def keep(self, work: Work, prepared: Prepared[recall_pb2.ToldAnswer]) -> None:
        """Keep an answer, in the transaction that accounts for it, together with those of other commands."""
        work.add(_INSERT, prepared.row)

    def of(self, view: View, request: bytes) -> recall_pb2.ToldAnswer | None:
        """Return what the answer to a question disclosed; None when it disclosed no record."""
        body = view.execute(_ONE, {"asked": request}).scalar_one_or_none()
        if body is None:
            return None
        return recall_pb2.ToldAnswer.FromString(self._box.unlock(bytes(body), _place(request)))


def _place(request: bytes) -> bytes:
    return b"told_answer" + request
