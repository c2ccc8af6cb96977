"""The inbox: what came, what became of it, and the whole notice where an officer has to decide."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2
from federation.values.identity import Installation
from node.intake import schema
from node.store.rows import Sealer
from node.store.vault import WRAPPED_BYTES, Vault
from server.journal.cipher import Cipher

_RECEIPTS = select(schema.inbox.c.digest, schema.inbox.c.receipt).where(
    schema.inbox.c.digest.in_(bindparam("digests", expanding=True))
)
INSERT = insert(schema.inbox)
_ANY_MOVED = select(schema.moved.c.token).limit(1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice on which an officer has to decide."""

    digest: bytes
    sender: Installation
    officer: str
    content: bytes
    receipt: pb.NoticeReceipt


class Inbox:
    """Rows of the inbox, each under a key of its own that the sealing key wraps."""

    def __init__(self, *, sealer: Sealer) -> None:
        self._sealer = sealer
        self._vault: Vault = sealer.sealed_vault

    def receipts(self, connection: Connection, digests: Collection[bytes]) -> dict[bytes, pb.NoticeReceipt]:
        """Return what became of those of `digests` that came before."""
        return {
            bytes(row.digest): self._receipt(bytes(row.digest), bytes(row.receipt))
            for row in connection.execute(_RECEIPTS, {"digests": list(digests)})
        }

    def row(
        self,
        receipt: pb.NoticeReceipt,
        *,
        sender: Installation,
        officer: str,
        kind: int,
        content: bytes | None,
    ) -> dict[str, object]:
        """Return the row of a notice; `content` is given when an officer has to decide."""
        digest = receipt.notice
        body = None
        if content is not None:
            # An officer's name is printable: it has no line of its own to end.
            body = self._lock(digest, f"{sender}\n{officer}\n".encode() + content, b"body")
        return {
            "digest": digest,
            "sender": sender.member,
            "kind": kind,
            "stage": receipt.stage,
            "late_days": receipt.late_days,
            "receipt": self._lock(digest, receipt.SerializeToString(), b"receipt"),
            "body": body,
        }

    def settle(self, connection: Connection, receipt: pb.NoticeReceipt) -> None:
        """Put a further receipt in the place of the one before."""
        locked = self._lock(receipt.notice, receipt.SerializeToString(), b"receipt")
        connection.execute(
            update(schema.inbox)
            .where(schema.inbox.c.digest == receipt.notice)
            .values(stage=receipt.stage, receipt=locked, late_days=receipt.late_days)
        )

    def waiting(
        self, connection: Connection, stages: Collection[int], *, after: bytes, limit: int, kind: int = 0
    ) -> Iterator[Waiting]:
        """Yield notices in `stages` (of one kind), in the order of their digests."""
        query = (
            select(schema.inbox)
            .where(schema.inbox.c.stage.in_(stages), schema.inbox.c.digest > after)
            .order_by(schema.inbox.c.digest)
            .limit(limit)
        )
        if kind:
            query = query.where(schema.inbox.c.kind == kind)
        for row in connection.execute(query).all():
            yield self._waiting(row)

    def one(self, connection: Connection, digest: bytes) -> Waiting | None:
        """Return the notice, or None when none of this digest waits or waited."""
        query = select(schema.inbox).where(schema.inbox.c.digest == digest, schema.inbox.c.body.is_not(None))
        row = connection.execute(query).one_or_none()
        return None if row is None else self._waiting(row)

    def _waiting(self, row: object) -> Waiting:
        digest = bytes(row.digest)  # type: ignore[attr-defined]
        body = self._unlock(digest, bytes(row.body), b"body")  # type: ignore[attr-defined]
        sender, officer, content = body.split(b"\n", 2)
        return Waiting(
            digest=digest,
            sender=Installation.parse(sender.decode()),
            officer=officer.decode(),
            content=content,
            receipt=self._receipt(digest, bytes(row.receipt)),  # type: ignore[attr-defined]
        )

    def _receipt(self, digest: bytes, locked: bytes) -> pb.NoticeReceipt:
        return pb.NoticeReceipt.FromString(self._unlock(digest, locked, b"receipt"))

    def _lock(self, digest: bytes, clear: bytes, column: bytes) -> bytes:
        data_key = os.urandom(32)
        wrapped = self._vault.wrap(data_key, digest)
        return wrapped + Cipher(data_key).lock(clear, b"inbox" + column + digest)

    def _unlock(self, digest: bytes, locked: bytes, column: bytes) -> bytes:
        data_key = self._vault.unwrap(locked[:WRAPPED_BYTES], digest)
        return Cipher(data_key).unlock(locked[WRAPPED_BYTES:], b"inbox" + column + digest)

    def counts(self, connection: Connection) -> Iterator[tuple[str, int, int, int, int, int]]:
        """Yield (sender, kind, stage, notices, late ones, most days late)."""
        box = schema.inbox
        query = (
            select(
                box.c.sender,
                box.c.kind,
                box.c.stage,
                func.count(),
                func.count(case((box.c.late_days > 0, 1))),
                func.max(box.c.late_days),
            )
            .group_by(box.c.sender, box.c.kind, box.c.stage)
            .order_by(box.c.sender, box.c.kind, box.c.stage)
        )
        for row in connection.execute(query):
            yield row[0], row[1], row[2], row[3], row[4], row[5]

    def notified_by(self, connection: Connection, record_id: bytes) -> bool:
        """Say whether a notice entered or superseded the record."""
        query = select(schema.notified.c.digest).where(schema.notified.c.record_id == record_id)
        return connection.execute(query).one_or_none() is not None

    def notified(self, connection: Connection, rows: list[dict[str, object]]) -> None:
        """Remember which notices entered which records."""
        if rows:
            connection.execute(insert(schema.notified).prefix_with("OR REPLACE"), rows)

    def any_moved(self, connection: Connection) -> bool:
        """Say whether anybody is known to be registered elsewhere now."""
        return connection.execute(_ANY_MOVED).first() is not None

    def moved_to(self, connection: Connection, person: record_pb2.Person) -> str:
        """Return the division that registers the person now, "" when an officer said nothing of it."""
        tokens = self._strong(person)
        if not tokens:
            return ""
        query = select(schema.moved).where(schema.moved.c.token.in_(tokens))
        for row in connection.execute(query):
            token = bytes(row.token)
            return self._unlock(token, bytes(row.division), b"division").decode()
        return ""

    def moves(self, connection: Connection, person: record_pb2.Person, division: str) -> None:
        """Remember where the person is registered now."""
        for token in self._strong(person):
            connection.execute(delete(schema.moved).where(schema.moved.c.token == token))
            row = {"token": token, "division": self._lock(token, division.encode(), b"division")}
            connection.execute(insert(schema.moved), row)

    def _strong(self, person: record_pb2.Person) -> list[bytes]:
        only = record_pb2.Person(identifiers=person.identifiers)
        return list(self._sealer.tokens(only))
