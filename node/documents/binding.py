"""Bind documents to their holders, records and waiting notices: each has one share of a document's key.

A share is encrypted under the data key that its record has at that time. When a record is sealed, that key is kept
under the next one alone, which closes every document of the record to readers without sealed access; the document
itself need not be written again.
A document of several records needs the keys of all of them: it is open while all of them are open.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from federation.errors import Corrupt
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.values.tokens import token
from node.documents.stored import KeyShares, StoredDocument, StoredDocuments
from node.register.records import Records
from node.store.key_chain import spans
from node.store.rows import Sealer
from node.store.withdrawn import WithdrawnRecords
from server.journal.cipher import Cipher
from server.journal.work import View, Work
from server.uploading import Berth

RECORD_ID_BYTES = 16


@dataclass(slots=True)
class Loose:
    """Work that a transaction leaves for later: names of files to drop, and whether shares were replaced.

    A replaced share must be scrubbed from the write-ahead log (R45).
    """

    names: list[str] = field(default_factory=list)
    anew: bool = False


class DocumentBinder:
    """Makes documents belong to records and notices, inside the writer's transaction."""

    def __init__(
        self,
        *,
        documents: StoredDocuments,
        shares: KeyShares,
        records: Records,
        sealer: Sealer,
        lookup_key: bytes,
    ) -> None:
        self._documents = documents
        self._shares = shares
        self._records = records
        self._withdrawn = WithdrawnRecords(vault=sealer.withdrawn_vault)
        self._sealer = sealer
        self._lookup = lookup_key

    def token(self, sha256: bytes) -> bytes:
        """Return the blind token of a document that a notice named."""
        return document_token(self._lookup, sha256)

    def keep_scan(self, work: Work, content: pb.DocumentContent, record_id: bytes) -> StoredDocument:
        """Make a scan belong to a record, unless it does already; return it.

        The same content with another record is another document, so that keeping one shows nothing about others.
        """
        mine = scan_token(self._lookup, content.sha256, record_id)
        if self._documents.find(work.view, mine) is None:
            key = os.urandom(32)
            self._documents.add(work, mine, key, content)
            self._shares.add(work, mine, record_id, self._lock(work.view, mine, record_id, key))
        return self._found(work.view, mine)

    def bind(
        self, work: Work, named: Sequence[notice_pb2.DocumentReference], holder: bytes, loose: Loose
    ) -> None:
        """Make documents belong to a record, or to a notice that waits, in addition to their present holders."""
        for reference in named:
            mine = self.token(reference.sha256)
            shares = self._shares.of_document(work.view, mine)
            if not shares:
                key = os.urandom(32)
                content = pb.DocumentContent(
                    sha256=reference.sha256, size=reference.size, media_type=reference.media_type
                )
                self._documents.add(work, mine, key, content)
                self._shares.add(work, mine, holder, self._lock(work.view, mine, holder, key))
            elif holder not in shares:
                first, new = next(iter(shares)), os.urandom(32)
                was = self._open(work.view, mine, first, shares[first])
                self._change(work, mine, first, _xor(was, new))
                self._shares.add(work, mine, holder, self._lock(work.view, mine, holder, new))
                loose.anew = True

    def unbind(self, work: Work, holder: bytes, loose: Loose) -> None:
        """End the binding of documents to `holder`; forget a document that then has no holder."""
        for mine in self._shares.documents_of(work.view, holder):
            shares = dict(self._shares.of_document(work.view, mine))
            share = self._open(work.view, mine, holder, shares.pop(holder))
            self._shares.drop(work, mine, holder)
            if shares:
                other = next(iter(shares))
                was = self._open(work.view, mine, other, shares[other])
                self._change(work, mine, other, _xor(was, share))
            else:
                self._documents.drop(work, mine)
                loose.names.append(mine.hex())
            loose.anew = True

    def stored(self, view: View, sha256: bytes) -> StoredDocument | None:
        """Return a document that is here or wanted, with its key, whichever its holders; None for any other."""
        mine = self.token(sha256)
        return self._found(view, mine) if self._documents.known(view, mine) else None

    def again(self, view: View, berth: Berth) -> StoredDocument | None:
        """Return the document whose file is at `berth` as it is now, or None when nobody wants it any more."""
        mine = bytes.fromhex(berth.name)
        return self._found(view, mine) if self._documents.known(view, mine) else None

    def _found(self, view: View, mine: bytes) -> StoredDocument:
        locked = self._documents.find(view, mine)
        if locked is None:
            raise Corrupt(
                "the entry of a document that records name is gone from this store: restore the backup"
            )
        key = bytes(32)
        for holder, body in self._shares.of_document(view, mine).items():
            key = _xor(key, self._open(view, mine, holder, body))
        return locked.open(key)

    def arrived(self, work: Work, berth: Berth, at: str, entry: bytes) -> None:
        """Note that a document is complete, and its description as it was verified."""
        self._documents.arrived(work, bytes.fromhex(berth.name), berth, at, entry)

    def known(self, view: View, name: str) -> bool:
        """Return whether a file of that name belongs to a document."""
        return self._documents.known(view, bytes.fromhex(name))

    def _change(self, work: Work, mine: bytes, holder: bytes, share: bytes) -> None:
        self._shares.change(work, mine, holder, self._lock(work.view, mine, holder, share))

    def _lock(self, view: View, mine: bytes, holder: bytes, share: bytes) -> bytes:
        if len(holder) == RECORD_ID_BYTES:
            return Cipher(self._data_key(view, holder)).lock(share, share_place(mine, holder))
        return self._sealer.sealed_vault.wrap(share, share_place(mine, holder))

    def _open(self, view: View, mine: bytes, holder: bytes, body: bytes) -> bytes:
        if len(holder) == RECORD_ID_BYTES:
            keys = (span.key for span in spans(view, holder, self._data_key(view, holder)))
            return open_share(body, keys, mine, holder)
        return self._sealer.sealed_vault.unwrap(body, share_place(mine, holder))

    def _data_key(self, view: View, record_id: bytes) -> bytes:
        current = self._records.by_id(view, record_id)
        if current is not None:
            return self._sealer.data_key(current)
        data_key = self._withdrawn.data_key(view, record_id)
        if data_key is None:
            raise Corrupt("a document belongs to a record that is gone from this store: restore the backup")
        return data_key


def document_token(lookup_key: bytes, sha256: bytes) -> bytes:
    """Return the blind token of a document that notices named, whichever records it belongs to."""
    return token(lookup_key, "document", sha256.hex())


def scan_token(lookup_key: bytes, sha256: bytes, record_id: bytes) -> bytes:
    """Return the blind token of a scan that was kept with one record."""
    return token(lookup_key, "scan", record_id.hex() + sha256.hex())


def open_share(body: bytes, keys: Iterable[bytes], mine: bytes, holder: bytes) -> bytes:
    """Return a record's share, made under one of its data keys, the newest first; raises `Corrupt`."""
    failed = Corrupt("a document's share belongs to a record without a key")
    for key in keys:
        try:
            return Cipher(key).unlock(body, share_place(mine, holder))
        except Corrupt as error:
            failed = error
    raise failed


def share_place(mine: bytes, holder: bytes) -> bytes:
    """Return the context that a share's ciphertext is bound to."""
    return b"document_share" + mine + holder


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
