"""The inbox: each notice received, its outcome, and its content where an officer has to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, case, func, insert, or_, select, update

from federation.notices.check import admitted_notice
from federation.notices.receipts import UNDECIDED
from federation.v1 import notice_pb2 as pb
from federation.values.identity import Installation
from node.intake.locking import Locks
from node.intake.pending_change import KINDS, favours, notice_tokens
from node.intake.saying import reported
from node.intake.schema import inbox, late_change
from node.store.vault import Vault
from server.journal.driver_text import Selection
from server.journal.work import View, Work

_RECEIPTS = select(inbox.c.digest, inbox.c.kind, inbox.c.receipt, inbox.c.given).where(
    inbox.c.digest.in_(bindparam("digests", expanding=True))
)
_INSERT = insert(inbox)
_LEAD = insert(late_change)
_UNDECIDED = or_(*(inbox.c.stage == stage for stage in sorted(UNDECIDED)))
# Built once: questions ask it, and composing a statement costs more than running it.
_FAVOURING = Selection(
    select(late_change.c.token, inbox.c.digest, inbox.c.receipt, inbox.c.body)
    .select_from(late_change.join(inbox, inbox.c.digest == late_change.c.digest))
    .where(late_change.c.token.in_(bindparam("tokens", expanding=True)), _UNDECIDED)
    .order_by(inbox.c.digest),
    "tokens",
)
_WITHOUT_TOKENS = (
    select(inbox)
    .where(
        _UNDECIDED,
        inbox.c.kind.in_(sorted(KINDS)),
        inbox.c.favours.is_(None),
        inbox.c.body.is_not(None),
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
class FavouringNotice:
    """A notice that waits and favours somebody, and those of its tokens by which it was found."""

    tokens: frozenset[bytes]
    notice: UndecidedNotice


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

    def __init__(self, *, vault: Vault, lookup_key: bytes) -> None:
        """`lookup_key` makes the tokens of notices in a person's favour."""
        self._locks = Locks(vault)
        self._key = lookup_key

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
            tokens = [self._tokens(each.kind, each.content) for each in notices]
            rows = [self._row(each, bool(its)) for each, its in zip(notices, tokens, strict=True)]
            work.view.execute(_INSERT, rows)
            found = zip(notices, tokens, strict=True)
            _lead(work, ((each.receipt.notice, its) for each, its in found))

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

    def favouring(self, view: View, tokens: Collection[bytes]) -> list[FavouringNotice]:
        """Return the notices in a person's favour that wait and have any of `tokens`, in the order of their digests."""
        rows, found = dict[bytes, Row[Any]](), dict[bytes, set[bytes]]()
        for row in _FAVOURING.run(view, tokens):
            rows[row.digest] = row
            found.setdefault(row.digest, set()).add(row.token)
        return [FavouringNotice(frozenset(found[digest]), self._waiting(row)) for digest, row in rows.items()]

    def without_tokens(self, view: View, limit: int) -> Iterator[UndecidedNotice]:
        """Yield notices of an earlier program that wait and may favour somebody, at most `limit`."""
        for row in view.execute(_WITHOUT_TOKENS.limit(limit)).all():
            yield self._waiting(row)

    def give_tokens(self, work: Work, notices: Sequence[UndecidedNotice]) -> None:
        """Give such notices their tokens."""
        for each in notices:
            its = self._tokens(admitted_notice(each.content).kind, each.content)
            work.view.execute(
                update(inbox).where(inbox.c.digest == each.digest).values(favours=int(bool(its)))
            )
            _lead(work, [(each.digest, its)])

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

    def _tokens(self, kind: int, content: bytes | None) -> list[bytes]:
        """Return the tokens of a notice; none where it does not wait, or favours nobody."""
        if content is None or kind not in KINDS:
            return []
        notice = admitted_notice(content)
        return list(notice_tokens(self._key, notice)) if favours(notice) else []

    def _row(self, received: ReceivedNotice, favouring: bool) -> dict[str, object]:
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
            "favours": int(favouring),
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


def _lead(work: Work, notices: Iterable[tuple[bytes, Sequence[bytes]]]) -> None:
    """Have tokens lead to the notices of these digests."""
    for digest, tokens in notices:
        for token in tokens:
            work.add(_LEAD, {"token": token, "digest": digest})
    work.flush()
