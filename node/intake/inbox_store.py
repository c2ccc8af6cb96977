"""The inbox: each notice received, its outcome, and its content where an officer has to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, case, func, insert, select, update

from federation.v1 import notice_pb2 as pb
from federation.values.identity import Installation
from node.intake.locking import Locks
from node.intake.saying import reported
from node.intake.schema import inbox
from node.store.vault import Vault
from server.journal.work import View, Work

_RECEIPTS = select(inbox.c.digest, inbox.c.kind, inbox.c.receipt, inbox.c.given).where(
    inbox.c.digest.in_(bindparam("digests", expanding=True))
)
_INSERT = insert(inbox)
# Built once: questions ask it, and composing a statement costs more than running it.
_UNDECIDED = (
    select(inbox.c.digest)
    .where(
        inbox.c.stage.in_(bindparam("stages", expanding=True)),
        inbox.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(inbox.c.digest)
)


@dataclass(frozen=True, slots=True)
class ReceivedNotice:
    """A notice received and its outcome; its content is kept when an officer has to decide."""

    receipt: pb.NoticeReceipt
    sender: Installation
    officer: str
    kind: int
    content: bytes | None


@dataclass(frozen=True, slots=True)
class KnownNotice:
    """A notice received before: its kind, its present receipt, and the receipt that its sender keeps all the same."""

    kind: int
    receipt: pb.NoticeReceipt
    given: pb.NoticeReceipt | None

    def reported(self) -> pb.NoticeReceipt:
        """Return the receipt for its sender."""
        return self.given or reported(self.kind, self.receipt)


@dataclass(frozen=True, slots=True)
class UndecidedNotice:
    """A notice on which an officer has to decide."""

    digest: bytes
    sender: Installation
    officer: str
    content: bytes
    receipt: pb.NoticeReceipt


@dataclass(frozen=True, slots=True)
class Count:
    """How many notices of one kind came from one member and stand at one stage, and how late they came."""

    sender: str
    kind: pb.NoticeKind.ValueType
    stage: pb.NoticeStage.ValueType
    notices: int
    late: int
    most_late_days: int


class Inbox:
    """Reads and writes notices; receipts and contents are encrypted, each under a key that `vault` wraps."""

    def __init__(self, *, vault: Vault) -> None:
        self._locks = Locks(vault)

    def known(self, view: View, digests: Collection[bytes]) -> dict[bytes, KnownNotice]:
        """Return those of `digests` that were received before, with their receipts."""
        found = dict[bytes, KnownNotice]()
        for row in view.execute(_RECEIPTS, {"digests": list(digests)}):
            digest = bytes(row.digest)
            given = None if row.given is None else self._receipt(digest, bytes(row.given), b"given")
            found[digest] = KnownNotice(row.kind, self._receipt(digest, bytes(row.receipt)), given)
        return found

    def put(self, work: Work, notices: Sequence[ReceivedNotice]) -> None:
        """Keep notices that have not come before."""
        if notices:
            work.view.execute(_INSERT, [self._row(each) for each in notices])

    def settle(self, work: Work, receipt: pb.NoticeReceipt, *, given: pb.NoticeReceipt | None) -> None:
        """Replace a notice's receipt by a further one; its sender keeps `given`, unless that is None."""
        digest = receipt.notice
        values: dict[str, object] = {"stage": receipt.stage, "late_days": receipt.late_days}
        values["receipt"] = self._locks.lock(digest, receipt.SerializeToString(), b"receipt")
        if given is not None:
            values["given"] = self._locks.lock(digest, given.SerializeToString(), b"given")
        work.view.execute(update(inbox).where(inbox.c.digest == digest).values(**values))

    def waiting(
        self, view: View, stages: Collection[int], *, after: bytes, limit: int, kind: int = 0
    ) -> Iterator[UndecidedNotice]:
        """Yield notices in `stages` (of one kind), in the order of their digests."""
        query = (
            select(inbox)
            .where(inbox.c.stage.in_(stages), inbox.c.digest > after)
            .order_by(inbox.c.digest)
            .limit(limit)
        )
        if kind:
            query = query.where(inbox.c.kind == kind)
        for row in view.execute(query).all():
            yield self._waiting(row)

    def undecided(self, view: View, stages: Collection[int], kinds: Collection[int]) -> list[bytes]:
        """Return the digests of the notices of these kinds in `stages`, in their order."""
        wanted = {"stages": list(stages), "kinds": list(kinds)}
        return [bytes(digest) for digest in view.execute(_UNDECIDED, wanted).scalars()]

    def one(self, view: View, digest: bytes) -> UndecidedNotice | None:
        """Return the notice, or None when none of this digest waits or waited."""
        query = select(inbox).where(inbox.c.digest == digest, inbox.c.body.is_not(None))
        row = view.execute(query).one_or_none()
        return None if row is None else self._waiting(row)

    def counts(self, view: View) -> Iterator[Count]:
        """Yield counts by sender, kind and stage."""
        query = (
            select(
                inbox.c.sender,
                inbox.c.kind,
                inbox.c.stage,
                func.count(),
                func.count(case((inbox.c.late_days > 0, 1))),
                func.max(inbox.c.late_days),
            )
            .group_by(inbox.c.sender, inbox.c.kind, inbox.c.stage)
            .order_by(inbox.c.sender, inbox.c.kind, inbox.c.stage)
        )
        for row in view.execute(query):
            yield Count(*row)

    def _row(self, received: ReceivedNotice) -> dict[str, object]:
        receipt, content = received.receipt, received.content
        digest, body = receipt.notice, None
        if content is not None:
            # An officer's name is printable, so it contains no line break.
            clear = f"{received.sender}\n{received.officer}\n".encode() + content
            body = self._locks.lock(digest, clear, b"body")
        return {
            "digest": digest,
            "sender": received.sender.member,
            "kind": received.kind,
            "stage": receipt.stage,
            "late_days": receipt.late_days,
            "receipt": self._locks.lock(digest, receipt.SerializeToString(), b"receipt"),
            "body": body,
        }

    def _waiting(self, row: Row[Any]) -> UndecidedNotice:
        digest = bytes(row.digest)
        body = self._locks.unlock(digest, bytes(row.body), b"body")
        sender, officer, content = body.split(b"\n", 2)
        return UndecidedNotice(
            digest=digest,
            sender=Installation.parse(sender.decode()),
            officer=officer.decode(),
            content=content,
            receipt=self._receipt(digest, bytes(row.receipt)),
        )

    def _receipt(self, digest: bytes, locked: bytes, column: bytes = b"receipt") -> pb.NoticeReceipt:
        return pb.NoticeReceipt.FromString(self._locks.unlock(digest, locked, column))
