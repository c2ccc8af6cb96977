"""Storage of disclosures: one row for each record in each answer, with the asker encrypted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, update

from federation.v1 import recall_pb2
from node.disclosures.schema import DISCLOSED, SUPERSEDED, disclosure
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
_SUPERSEDE_TEXTS = (
    update(disclosure)
    .where(_D.judgment.in_(bindparam("judgments", expanding=True)), _D.state == DISCLOSED)
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
        judgment: bytes | None,
    ) -> None:
        """Record that an answer disclosed a record, together with the rows of the transaction's other commands.

        `disclosed` describes asker and question. `superseded` is true if the record has changed since it was looked up.
        `judgment` is given if a text that may name another of its offenders was shown.
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
            "judgment": judgment,
        }
        work.add(_INSERT, row)

    def was_disclosed(self, view: View, record_id: bytes) -> bool:
        """Return whether an answer that is not superseded disclosed the record."""
        return view.execute(_ANY, {"record": record_id}).first() is not None

    def supersede(self, work: Work, record_id: bytes) -> int:
        """Mark every answer that disclosed the record as superseded; return how many."""
        return int(work.view.execute(_SUPERSEDE, {"record": record_id}).rowcount)

    def supersede_texts(self, work: Work, judgments: Collection[bytes]) -> int:
        """Mark answers that showed a text about an offender of these judgments as superseded; return how many."""
        return int(work.view.execute(_SUPERSEDE_TEXTS, {"judgments": list(judgments)}).rowcount)

    def supersede_both(self, work: Work, some: Collection[bytes], others: Collection[bytes]) -> int:
        """Mark answers that disclosed a record of `some` and one of `others` as superseded; return how many."""
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
