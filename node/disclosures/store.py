"""Storage of disclosures: one row for each record in each answer, with the asker encrypted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, tuple_, update

from federation.v1 import recall_pb2
from node.disclosures.schema import DISCLOSED, SUPERSEDED, disclosure, disclosure_text
from node.store.vault import Vault
from server.journal.work import View, Work

_INSERT = insert(disclosure)
_D = disclosure.c
_ANY = select(_D.version).where(_D.record_id == bindparam("record"), _D.state == DISCLOSED).limit(1)
_SUPERSEDE = (
    update(disclosure)
    .where(_D.record_id == bindparam("record"), _D.state == DISCLOSED)
    .values(state=SUPERSEDED)
)
_INSERT_TEXT = insert(disclosure_text)
_SUPERSEDE_TEXTS = (
    update(disclosure)
    .where(
        tuple_(_D.record_id, _D.request, _D.attempt).in_(
            select(disclosure_text.c.record_id, disclosure_text.c.request, disclosure_text.c.attempt).where(
                disclosure_text.c.judgment.in_(bindparam("judgments", expanding=True))
            )
        ),
        _D.state == DISCLOSED,
    )
    .values(state=SUPERSEDED)
)


@dataclass(frozen=True, slots=True)
class AnswerReference:
    """One answer: the digest of its question, which attempt at it this was, and the gateway that asked."""

    request: bytes
    attempt: int
    via: str


class DisclosureStore:
    """Reads and writes disclosures under the key that encrypts the asker."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def add(
        self,
        work: Work,
        answered: AnswerReference,
        record_id: bytes,
        version: int,
        disclosed: bytes,
        *,
        superseded: bool,
        judgments: Collection[bytes],
    ) -> None:
        """Record that an answer disclosed a record, together with the rows of the transaction's other commands.

        `disclosed` describes asker and question. `superseded` is true if the record has changed since it was looked up.
        `judgments` are those of which a text that was shown may name an offender.
        """
        place = _place(record_id, answered.request, answered.attempt)
        row: dict[str, object] = {
            "record_id": record_id,
            "request": answered.request,
            "attempt": answered.attempt,
            "version": version,
            "via": answered.via,
            "state": SUPERSEDED if superseded else DISCLOSED,
            "body": self._vault.wrap(disclosed, place),
        }
        work.add(_INSERT, row)
        for judgment in judgments:
            its = {"record_id": record_id, "request": answered.request, "attempt": answered.attempt}
            work.add(_INSERT_TEXT, {"judgment": judgment, **its})

    def was_disclosed(self, work: Work, record_id: bytes) -> bool:
        """Return whether an answer that is not superseded disclosed the record, one of this transaction included."""
        work.flush()
        return work.view.execute(_ANY, {"record": record_id}).first() is not None

    def supersede(self, work: Work, record_id: bytes) -> int:
        """Mark every answer that disclosed the record as superseded; return how many."""
        return int(work.view.execute(_SUPERSEDE, {"record": record_id}).rowcount)

    def supersede_texts(self, work: Work, judgments: Collection[bytes]) -> int:
        """Mark answers that showed a text about an offender of these judgments as superseded; return how many."""
        work.flush()
        return int(work.view.execute(_SUPERSEDE_TEXTS, {"judgments": list(judgments)}).rowcount)

    def supersede_both(self, work: Work, some: Collection[bytes], others: Collection[bytes]) -> int:
        """Mark answers that disclosed a record of `some` and one of `others` as superseded; return how many."""
        work.flush()
        of_some = select(_D.request).where(_D.record_id.in_(some), _D.state == DISCLOSED)
        both = select(_D.request).where(
            _D.record_id.in_(others), _D.state == DISCLOSED, _D.request.in_(of_some)
        )
        requests = {bytes(request) for request in work.view.execute(both).scalars()}
        if requests:
            rests = _D.request.in_(requests) & _D.record_id.in_([*some, *others])
            work.view.execute(update(disclosure).where(rests, _D.state == DISCLOSED).values(state=SUPERSEDED))
        return len(requests)

    def of(self, view: View, record_id: bytes) -> list[recall_pb2.Disclosure]:
        """Return the disclosures of a record, oldest first."""
        found = []
        for row in view.execute(select(disclosure).where(_D.record_id == record_id)):
            place = _place(record_id, bytes(row.request), row.attempt)
            shown = recall_pb2.Disclosure.FromString(self._vault.unwrap(bytes(row.body), place))
            shown.request_digest, shown.version, shown.via = bytes(row.request), row.version, row.via
            shown.recalled = row.state != DISCLOSED
            found.append(shown)
        return sorted(found, key=lambda shown: shown.told_at)


def _place(record_id: bytes, request: bytes, attempt: int) -> bytes:
    return record_id + request + attempt.to_bytes(1, "big")
