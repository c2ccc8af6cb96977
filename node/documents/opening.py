"""Open a document for an officer: with the keys of all the records it belongs to, or not at all.

Ordinary access names only the table of open records and holds only their key, like the ordinary reader of
records; it cannot open a document with one sealed, withheld or withdrawn record.
"""

from __future__ import annotations

from federation.law.sealing import Status
from node.documents.binding import (
    RECORD_ID_BYTES,
    document_token,
    open_share,
    scan_token,
    share_place,
)
from node.documents.stored import KeyShares, StoredDocument, StoredDocuments
from node.register.acts import Register
from node.register.sealed_others import SealedOthers
from node.store.reading import Reader
from node.store.vault import Vault
from server.journal.work import View


class Shelves:
    """Finds documents for officers."""

    def __init__(
        self,
        *,
        documents: StoredDocuments,
        shares: KeyShares,
        register: Register,
        lookup_key: bytes,
        reader: Reader,
        sealed: Reader,
        others: SealedOthers,
        waiting: Vault,
    ) -> None:
        """`reader` reads open records; `sealed` and `waiting` are for sealed access alone."""
        self._documents = documents
        self._shares = shares
        self._register = register
        self._lookup = lookup_key
        self._reader = reader
        self._sealed = sealed
        self._others = others
        self._waiting = waiting

    def find(
        self, view: View, sha256: bytes, *, sealed: bool, record_id: bytes = b""
    ) -> StoredDocument | None:
        """Return a complete document that may be shown, or None; `sealed` is sealed access, admitted before.

        With `record_id` it is a scan that was kept with that record, or else another document of that record.
        """
        mine = document_token(self._lookup, sha256)
        if record_id:
            scan = scan_token(self._lookup, sha256, record_id)
            held = self._shares.documents_of(view, record_id)
            mine = next((each for each in (scan, mine) if each in held), b"")
        return self._opened(view, mine, sealed=sealed)

    def of_record(self, view: View, record_id: bytes) -> list[StoredDocument]:
        """Return the complete documents of a record that may be shown without sealed access."""
        found = (
            self._opened(view, mine, sealed=False) for mine in self._shares.documents_of(view, record_id)
        )
        return [document for document in found if document is not None]

    def _opened(self, view: View, mine: bytes, *, sealed: bool) -> StoredDocument | None:
        locked = self._documents.find(view, mine)
        shares = self._shares.of_document(view, mine)
        key = bytes(32)
        for holder, body in shares.items():
            part = self._part(mine, holder, body, sealed=sealed)
            if part is None:
                return None
            key = bytes(a ^ b for a, b in zip(key, part, strict=True))
        if locked is None or not shares or not locked.arrived_at:
            return None
        return locked.open(key)

    def _part(self, mine: bytes, holder: bytes, body: bytes, *, sealed: bool) -> bytes | None:
        if len(holder) != RECORD_ID_BYTES:
            return self._waiting.unwrap(body, share_place(mine, holder)) if sealed else None
        data_keys = self._open_keys(holder, sealed=sealed) or (
            self._sealed.data_keys(holder) if sealed else []
        )
        return open_share(body, data_keys, mine, holder) if data_keys else None

    def _open_keys(self, record_id: bytes, *, sealed: bool) -> list[bytes]:
        """Return the data keys of a record that is open by today's rules too (A14).

        A document of a judgment in which another offender is sealed names that offender too, so it is for
        sealed access alone (2022 Measures art. 5).
        """
        stored = self._reader.show(record_id)
        if stored is None:
            return []
        if self._register.stands(stored.event, self._register.now()) is not Status.OPEN:
            return []
        if not sealed and self._others.of({record_id: stored.event.record}):
            return []
        return self._reader.data_keys(record_id)
