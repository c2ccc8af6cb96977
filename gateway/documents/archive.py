"""What everybody works with who keeps, carries or deletes documents at a gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.notices.document_receipts import sign_receipt
from federation.v1 import stored_document_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from gateway.documents.shelf import Shelf
from server.journal.depot import Depot
from server.journal.journal import Journal
from server.journal.log import PreparedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The documents at one gateway: their rows in `shelf`, their encrypted content in `depot`."""

    journal: Journal
    shelf: Shelf
    depot: Depot
    signer: Signer
    charter: Callable[[], Charter]
    now: Callable[[], datetime]

    def receipt(
        self,
        content: pb.DocumentContent,
        stage: pb.DocumentStage.ValueType,
        entry: PreparedEntry,
        at: datetime,
    ) -> Envelope:
        """Sign that the document reached `stage` at `at`, as `entry` of the log states."""
        return sign_receipt(
            content,
            stage,
            at=stamp(at),
            log_entry=entry.leaf,
            charter=self.charter(),
            signer=self.signer,
            now=at,
        )
