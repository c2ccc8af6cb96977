"""Withdrawn records: in no answer; their events are kept as audit evidence and for attached documents (A16)."""

from __future__ import annotations

from sqlalchemy import select

from federation.v1 import registry_pb2
from node.store import schema
from node.store.rows import WITHDRAWN
from node.store.vault import RecordVault, event_place
from server.journal.cipher import Cipher
from server.journal.work import View


class WithdrawnRecords:
    """Reads withdrawn records under the key that closes them."""

    def __init__(self, *, vault: RecordVault) -> None:
        self._vault = vault

    def newest(self, view: View, record_id: bytes) -> registry_pb2.RecordEvent | None:
        """Return the event by which the record was withdrawn; None when no such record was withdrawn."""
        table, event = schema.withdrawn_record, schema.record_event
        row = view.execute(select(table).where(table.c.record_id == record_id)).one_or_none()
        if row is None:
            return None
        key = Cipher(self._vault.unwrap_bound(bytes(row.wrapped_key), record_id, row.version, WITHDRAWN))
        body = view.execute(
            select(event.c.body).where(event.c.record_id == record_id, event.c.version == row.version)
        ).scalar_one()
        clear = key.unlock(bytes(body), event_place(record_id, row.version))
        return registry_pb2.RecordEvent.FromString(clear)

    def data_key(self, view: View, record_id: bytes) -> bytes | None:
        """Return the data key of a withdrawn record, for its documents; None when no such record was withdrawn."""
        gone = schema.withdrawn_record
        query = select(gone.c.wrapped_key, gone.c.version).where(gone.c.record_id == record_id)
        row = view.execute(query).one_or_none()
        if row is None:
            return None
        return self._vault.unwrap_bound(bytes(row.wrapped_key), record_id, row.version, WITHDRAWN)
