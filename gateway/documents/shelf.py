"""The rows of documents at a gateway: announced by notices, handed in by senders, due for nodes, settled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, select, text, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from federation.errors import FieldViolation
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.documents import schema
from gateway.strongbox import Strongbox
from server.uploading import Berth

#: Ways of documents in one answer.
MOST_PATHS = 200
_D, _N, _C, _R = schema.document, schema.naming, schema.carriage, schema.receipt
#: What became of a notice at a node that then needs its documents, an officer's decision included.
_WANTING = (
    notice_pb2.NOTICE_STAGE_REGISTERED,
    notice_pb2.NOTICE_STAGE_UNMATCHED,
    notice_pb2.NOTICE_STAGE_CONFLICT,
)
_CLAIMED = exists().where(_N.c.token == _D.c.token, _N.c.settled.is_(False))
_UNDER_WAY = exists().where(
    _C.c.token == _D.c.token,
    _C.c.state.in_((pb.CARRIAGE_STATE_WAITING, pb.CARRIAGE_STATE_PARKED)),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A document of one sender."""

    token: bytes
    sender: str
    state: int
    berth: Berth


@dataclass(frozen=True, slots=True)
class DueDocument:
    """A document due for a node."""

    kept: Kept
    attempts: int


class Shelf:
    """Reads and writes the rows, inside connections and transactions of its callers."""

    def __init__(
        self, *, strongbox: Strongbox, undelivered: Callable[[ColumnElement[bytes]], ColumnElement[bool]]
    ) -> None:
        """`undelivered` gives the clause that is true while a notice, by its digest, has deliveries under way."""
        self._box = strongbox
        named = exists().where(_N.c.token == _D.c.token, _N.c.settled.is_(False), undelivered(_N.c.notice))
        # In words of its own, so that SQLite uses the index of whole documents.
        self._settled = select(_D.c.token).where(
            and_(text("carried_document.state = 3"), _CLAIMED, ~_UNDER_WAY, ~named)
        )

    def token(self, sender: str, sha256: bytes) -> bytes:
        """Return the token of a sender's document."""
        return self._box.token("document", sender, sha256.hex())

    def find(self, connection: Connection, token: bytes) -> Kept | None:
        """Return the document, or None."""
        row = connection.execute(select(_D).where(_D.c.token == token)).one_or_none()
        return None if row is None else self._kept(row)

    def add(
        self, connection: Connection, sender: str, content: pb.DocumentContent, state: int, at: float
    ) -> Kept:
        """Add a document of which nothing is there yet, under a key of its own."""
        row = self._row(sender, content, state, at)
        connection.execute(insert(_D), row)
        return self._kept(SimpleNamespace(**row))

    def _row(self, sender: str, content: pb.DocumentContent, state: int, at: float) -> dict[str, Any]:
        token = self.token(sender, content.sha256)
        return {
            "token": token,
            "sender": sender,
            "state": state,
            "size": content.size,
            "touched_at": at,
            "content": self._box.lock(content.SerializeToString(), b"content" + token),
            "wrapped_key": self._box.lock(os.urandom(32), b"document" + token),
        }

    def describe_anew(self, connection: Connection, kept: Kept, content: pb.DocumentContent) -> Kept:
        """Change size and type of a document that is not whole: nobody has verified them yet."""
        body = self._box.lock(content.SerializeToString(), b"content" + kept.token)
        row = update(_D).where(_D.c.token == kept.token).values(size=content.size, content=body)
        connection.execute(row)
        berth = Berth(kept.berth.name, kept.berth.key, content)
        return Kept(kept.token, kept.sender, kept.state, berth)

    def set_state(self, connection: Connection, token: bytes, state: int, at: float) -> None:
        """Say how far a document is."""
        connection.execute(update(_D).where(_D.c.token == token).values(state=state, touched_at=at))

    def unclaimed_bytes(self, connection: Connection, sender: str, but: bytes) -> int:
        """Return the bytes that `sender` has here without a notice, the document `but` aside."""
        here = _D.c.state.in_((pb.DOCUMENT_STATE_PARTLY, pb.DOCUMENT_STATE_HELD))
        query = select(func.coalesce(func.sum(_D.c.size), 0)).where(
            _D.c.sender == sender, here, _D.c.token != but, ~_CLAIMED
        )
        return int(connection.execute(query).scalar_one())

    def faults(
        self, connection: Connection, sender: str, notice: notice_pb2.Notice
    ) -> Iterator[FieldViolation]:
        """Yield where a notice announces a document otherwise than it was verified to be."""
        for number, reference in enumerate(notice.documents):
            kept = self.find(connection, self.token(sender, reference.sha256))
            whole = kept is not None and kept.state == pb.DOCUMENT_STATE_HELD
            if kept is not None and whole and kept.berth.content != content_of(reference):
                there = kept.berth.content
                yield FieldViolation(
                    f"documents[{number}]",
                    "R62",
                    f"this content is known as {there.media_type} of {there.size} bytes: name it so",
                )

    def announced(
        self, sender: str, named: Sequence[notice_pb2.DocumentReference], at: float
    ) -> list[dict[str, Any]]:
        """Return the rows of documents that a notice names, as they are while nothing of them is there."""
        return [self._row(sender, content_of(each), pb.DOCUMENT_STATE_ANNOUNCED, at) for each in named]

    def announce(self, connection: Connection, notice: bytes, row: dict[str, Any]) -> None:
        """Note that an accepted notice names the document of this row, which is added unless it is known."""
        token = row["token"]
        state = self.state(connection, token)
        if state is None:
            connection.execute(insert(_D), row)
        elif state != pb.DOCUMENT_STATE_HELD:
            self.set_state(connection, token, pb.DOCUMENT_STATE_ANNOUNCED, row["touched_at"])
        connection.execute(insert(_N), {"token": token, "notice": notice, "settled": False})

    def want(self, connection: Connection, node: str, receipts: Sequence[notice_pb2.NoticeReceipt]) -> bool:
        """Have the documents of notices that `node` took in carried there; say whether there are any."""
        taken = [r.notice for r in receipts if r.stage in _WANTING]
        query = select(_N.c.token).where(_N.c.notice.in_(taken), _N.c.settled.is_(False))
        tokens = set(connection.execute(query).scalars()) if taken else set()
        for token in tokens:
            row = {"token": token, "node": node, "state": pb.CARRIAGE_STATE_WAITING}
            fresh = {"attempts": 0, "next_at": 0.0, "reason": ""}
            connection.execute(
                insert_or(_C)
                .values(**row, **fresh)
                .on_conflict_do_update(index_elements=["token", "node"], set_=row | fresh)
            )
        return bool(tokens)

    def due(self, connection: Connection, node: str, now: float) -> DueDocument | None:
        """Return a whole document that is due for `node`, or None."""
        query = (
            select(_D, _C.c.attempts)
            .join(_C, _C.c.token == _D.c.token)
            .where(
                _C.c.node == node,
                _C.c.state == pb.CARRIAGE_STATE_WAITING,
                _C.c.next_at <= now,
                _D.c.state == pb.DOCUMENT_STATE_HELD,
            )
            .order_by(_C.c.attempts, _C.c.token)
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
        return None if row is None else DueDocument(self._kept(row), row.attempts)

    def waiting_nodes(self, connection: Connection, token: bytes | None = None) -> frozenset[str]:
        """Return the nodes for which something waits."""
        query = select(_C.c.node).where(_C.c.state == pb.CARRIAGE_STATE_WAITING).distinct()
        if token is not None:
            query = query.where(_C.c.token == token)
        return frozenset(connection.execute(query).scalars())

    def carriage(self, connection: Connection, token: bytes, node: str, **said: object) -> None:
        """Say how far a carriage is."""
        connection.execute(update(_C).where(_C.c.token == token, _C.c.node == node).values(**said))

    def receipt_row(self, token: bytes, stage: int, envelope: Envelope, *, own: bool) -> dict[str, Any]:
        """Return the row of a receipt of this gateway (`own`) or of a node, for `keep_receipt`."""
        body = self._box.lock(envelope.SerializeToString(), b"document receipt" + token)
        return {"token": token, "stage": stage, "own": own, "body": body}

    def keep_receipt(self, connection: Connection, row: dict[str, Any]) -> None:
        """Keep a receipt."""
        connection.execute(insert(_R), row)

    def state(self, connection: Connection, token: bytes) -> int | None:
        """Return how far a document is, or None when it is not known here."""
        query = select(_D.c.state).where(_D.c.token == token)
        return connection.execute(query).scalar_one_or_none()

    def receipts(self, connection: Connection, token: bytes) -> list[Envelope]:
        """Return every receipt of a document, oldest first."""
        query = select(_R.c.body).where(_R.c.token == token).order_by(_R.c.receipt_id)
        return [self._receipt(token, body) for body in connection.execute(query).scalars()]

    def last_held(self, connection: Connection, token: bytes) -> Envelope:
        """Return this gateway's newest receipt for the whole document."""
        query = (
            select(_R.c.body)
            .where(_R.c.token == token, _R.c.own.is_(True), _R.c.stage == pb.DOCUMENT_STAGE_HELD)
            .order_by(_R.c.receipt_id.desc())
            .limit(1)
        )
        return self._receipt(token, connection.execute(query).scalar_one())

    def settled(self, connection: Connection, most: int) -> list[Kept]:
        """Return at most so many whole documents that every node that needs them has."""
        tokens = connection.execute(self._settled.limit(most)).scalars().all()
        return [kept for t in tokens if (kept := self.find(connection, t))]

    def still_settled(self, connection: Connection, tokens: Sequence[bytes]) -> set[bytes]:
        """Return those of the documents that every node that needs them has."""
        found = connection.execute(self._settled.where(_D.c.token.in_(tokens))).scalars()
        return {bytes(token) for token in found}

    def paths(
        self, connection: Connection, sender: str, documents: Sequence[bytes], notices: Sequence[bytes]
    ) -> list[pb.DocumentPath]:
        """Return the ways of a sender's documents, asked for by digest or by notices that name them."""
        tokens = {self.token(sender, sha256): None for sha256 in documents}
        named = select(_N.c.token).join(_D, _D.c.token == _N.c.token)
        query = named.where(_N.c.notice.in_(list(notices)), _D.c.sender == sender)
        tokens |= {bytes(t): None for t in connection.execute(query).scalars()}
        return [path for t in [*tokens][:MOST_PATHS] if (path := self._path(connection, t)) is not None]

    def _path(self, connection: Connection, token: bytes) -> pb.DocumentPath | None:
        kept = self.find(connection, token)
        if kept is None:
            return None
        path = pb.DocumentPath(
            content=kept.berth.content,
            state=pb.DocumentState.ValueType(kept.state),
            notices=list(connection.execute(select(_N.c.notice).where(_N.c.token == token)).scalars()),
            receipts=self.receipts(connection, token),
        )
        for row in connection.execute(select(_C).where(_C.c.token == token).order_by(_C.c.node)):
            path.carriages.add(node=row.node, state=row.state, attempts=row.attempts, reason=row.reason)
        return path

    def _kept(self, row: object) -> Kept:
        token = bytes(row.token)  # type: ignore[attr-defined]
        content = self._box.unlock(bytes(row.content), b"content" + token)  # type: ignore[attr-defined]
        key = self._box.unlock(bytes(row.wrapped_key), b"document" + token)  # type: ignore[attr-defined]
        berth = Berth(token.hex(), key, pb.DocumentContent.FromString(content))
        return Kept(token, row.sender, row.state, berth)  # type: ignore[attr-defined]

    def _receipt(self, token: bytes, body: bytes) -> Envelope:
        return Envelope.FromString(self._box.unlock(bytes(body), b"document receipt" + token))


def content_of(reference: notice_pb2.DocumentReference) -> pb.DocumentContent:
    """Return what a notice says of a document's content."""
    return pb.DocumentContent(sha256=reference.sha256, size=reference.size, media_type=reference.media_type)
