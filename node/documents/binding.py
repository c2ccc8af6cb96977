"""Binding documents to what they belong to: one share of the key each, so that all of them open it together.

A share is encrypted under the data key of its record. Sealing a record re-wraps that data key, and with it every
document of the record is closed to whoever lacks sealed access; nothing of the document has to be written anew.
A document of several records needs the keys of all: it is open while all of them are open.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from federation.errors import Corrupt
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.values.tokens import token
from node.documents import schema
from node.register.records import Records
from node.store.rows import Sealer
from node.store.withdrawn import WithdrawnRecords
from server.journal.cipher import Cipher
from server.uploading import Berth

_D, _S = schema.document, schema.share
RECORD_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as the node's own machinery sees it: where it lies, and since when it is whole."""

    berth: Berth
    arrived_at: str
    entry: bytes


@dataclass(slots=True)
class Loose:
    """What a transaction leaves to be done after it: names of files to drop, and whether shares were replaced.

    A share that was must be scrubbed from the write-ahead log (R45).
    """

    names: list[str] = field(default_factory=list)
    anew: bool = False


class Binding:
    """The rows of documents, inside the writer's transaction."""

    def __init__(self, *, records: Records, sealer: Sealer, lookup_key: bytes) -> None:
        self._records = records
        self._withdrawn = WithdrawnRecords(vault=sealer.withdrawn_vault)
        self._sealer = sealer
        self._lookup = lookup_key

    def token(self, sha256: bytes) -> bytes:
        """Return the blind token of a document."""
        return token(self._lookup, "document", sha256.hex())

    def bind(
        self,
        connection: Connection,
        named: Sequence[notice_pb2.DocumentReference],
        holder: bytes,
        loose: Loose,
    ) -> None:
        """Make documents belong to a record, or to a notice that waits, besides what they belong to."""
        for reference in named:
            mine = self.token(reference.sha256)
            shares = self._shares(connection, mine)
            if not shares:
                key = os.urandom(32)
                content = pb.DocumentContent(
                    sha256=reference.sha256, size=reference.size, media_type=reference.media_type
                )
                connection.execute(insert(_D), {"token": mine, "content": _locked(content, key, mine)})
                self._put(connection, mine, holder, key)
            elif holder not in shares:
                first, new = next(iter(shares)), os.urandom(32)
                was = self._open(connection, mine, first, shares[first])
                self._change(connection, mine, first, _xor(was, new))
                self._put(connection, mine, holder, new)
                loose.anew = True

    def unbind(self, connection: Connection, holder: bytes, loose: Loose) -> None:
        """Let documents belong no more to `holder`; what belongs to nothing then is forgotten."""
        tokens = connection.execute(select(_S.c.token).where(_S.c.holder == holder)).scalars().all()
        for mine in map(bytes, tokens):
            shares = self._shares(connection, mine)
            share = self._open(connection, mine, holder, shares.pop(holder))
            connection.execute(delete(_S).where(_S.c.token == mine, _S.c.holder == holder))
            if shares:
                other = next(iter(shares))
                was = self._open(connection, mine, other, shares[other])
                self._change(connection, mine, other, _xor(was, share))
            else:
                connection.execute(delete(_D).where(_D.c.token == mine))
                loose.names.append(mine.hex())
            loose.anew = True

    def stored(self, connection: Connection, sha256: bytes) -> Stored | None:
        """Return a document that is here or wanted, with its key, whatever it belongs to; None for others."""
        mine = self.token(sha256)
        row = connection.execute(select(_D).where(_D.c.token == mine)).one_or_none()
        if row is None:
            return None
        key = bytes(32)
        for holder, body in self._shares(connection, mine).items():
            key = _xor(key, self._open(connection, mine, holder, body))
        return stored_of(row, key)

    def arrived(self, connection: Connection, berth: Berth, at: str, entry: bytes) -> None:
        """Say that a document is whole, and as what it was verified: that prevails over what was announced."""
        mine = self.token(berth.content.sha256)
        body = _locked(berth.content, berth.key, mine)
        row = update(_D).where(_D.c.token == mine).values(content=body, arrived_at=at, entry=entry)
        connection.execute(row)

    def known(self, connection: Connection, name: str) -> bool:
        """Say whether a file of that name belongs to a document."""
        query = select(_D.c.token).where(_D.c.token == bytes.fromhex(name))
        return connection.execute(query).one_or_none() is not None

    def _shares(self, connection: Connection, mine: bytes) -> dict[bytes, bytes]:
        rows = connection.execute(select(_S).where(_S.c.token == mine).order_by(_S.c.holder))
        return {bytes(row.holder): bytes(row.body) for row in rows}

    def _put(self, connection: Connection, mine: bytes, holder: bytes, share: bytes) -> None:
        body = self._lock(connection, mine, holder, share)
        connection.execute(insert(_S), {"token": mine, "holder": holder, "body": body})

    def _change(self, connection: Connection, mine: bytes, holder: bytes, share: bytes) -> None:
        body = self._lock(connection, mine, holder, share)
        connection.execute(update(_S).where(_S.c.token == mine, _S.c.holder == holder).values(body=body))

    def _lock(self, connection: Connection, mine: bytes, holder: bytes, share: bytes) -> bytes:
        if len(holder) == RECORD_ID_BYTES:
            return self._data_key(connection, holder).lock(share, share_place(mine, holder))
        return self._sealer.sealed_vault.wrap(share, share_place(mine, holder))

    def _open(self, connection: Connection, mine: bytes, holder: bytes, body: bytes) -> bytes:
        if len(holder) == RECORD_ID_BYTES:
            return self._data_key(connection, holder).unlock(body, share_place(mine, holder))
        return self._sealer.sealed_vault.unwrap(body, share_place(mine, holder))

    def _data_key(self, connection: Connection, record_id: bytes) -> Cipher:
        standing = self._records.by_id(connection, record_id)
        if standing is not None:
            vault = self._sealer.vault_for(standing.status)
            return Cipher(vault.unwrap(standing.wrapped_key, record_id))
        data_key = self._withdrawn.data_key(connection, record_id)
        if data_key is None:
            raise Corrupt("a document belongs to a record that is nowhere")
        return Cipher(data_key)


def share_place(mine: bytes, holder: bytes) -> bytes:
    """Return what a share's ciphertext is bound to."""
    return b"document_share" + mine + holder


def stored_of(row: object, key: bytes) -> Stored:
    """Return the document of a row under its key; raises `Corrupt` for another key."""
    mine = bytes(row.token)  # type: ignore[attr-defined]
    clear = Cipher(key).unlock(bytes(row.content), b"content" + mine)  # type: ignore[attr-defined]
    return Stored(
        Berth(mine.hex(), key, pb.DocumentContent.FromString(clear)),
        row.arrived_at or "",  # type: ignore[attr-defined]
        bytes(row.entry or b""),  # type: ignore[attr-defined]
    )


def _locked(content: pb.DocumentContent, key: bytes, mine: bytes) -> bytes:
    return Cipher(key).lock(content.SerializeToString(), b"content" + mine)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
