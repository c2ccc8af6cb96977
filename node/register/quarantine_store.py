"""Storage of quarantined records: encrypted under the sealing key, each content once."""

from __future__ import annotations

import os

from sqlalchemy import insert, select

from federation.v1 import registry_pb2
from node.store.schema import quarantine
from node.store.vault import Vault
from server.journal.cipher import Cipher
from server.journal.work import View, Work


class QuarantineStore:
    """Writes quarantined records under the key that wraps theirs."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def holds(self, view: View, quarantine_id: bytes) -> bool:
        """Return whether this content is in quarantine."""
        there = select(quarantine.c.quarantine_id).where(quarantine.c.quarantine_id == quarantine_id)
        return view.execute(there).one_or_none() is not None

    def keep(self, work: Work, quarantine_id: bytes, event: registry_pb2.RecordEvent) -> None:
        """Keep a record that cannot be entered, with the reasons that `event` gives."""
        data_key = os.urandom(32)
        sealed = Cipher(data_key).lock(event.SerializeToString(), b"quarantine" + quarantine_id)
        wrapped = self._vault.wrap(data_key, quarantine_id)
        work.view.execute(insert(quarantine), {"quarantine_id": quarantine_id, "body": wrapped + sealed})
