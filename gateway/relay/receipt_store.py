"""The store of nodes' signed receipts for notices: each signed page once, encrypted, with the stages it states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import insert

from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.prepared import Prepared
from gateway.relay import schema
from gateway.strongbox import Strongbox
from server.journal.work import Work

_INSERT_PAGE = insert(schema.receipt_page)
_INSERT_RECEIPTS = insert(schema.receipt)
#: The stage of each notice of a page, by its digest.
Stages: TypeAlias = Mapping[bytes, int]


class ReceiptStore:
    """Keeps the receipts of nodes."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def prepared(self, pages: Iterable[Envelope]) -> list[Prepared[Stages]]:
        """Return signed pages of receipts, encrypted, for `keep`: to be made before the transaction."""
        return [
            Prepared(
                {r.notice: r.stage for r in pb.NoticeReceiptPage.FromString(page.payload).receipts},
                {"body": self._box.lock(page.SerializeToString(), b"receipts")},
            )
            for page in pages
        ]

    def keep(self, work: Work, prepared: Sequence[Prepared[Stages]]) -> None:
        """Keep pages of receipts, at least one, each of at least one notice."""
        rows = list[dict[str, object]]()
        for page in prepared:
            kept = work.view.execute(_INSERT_PAGE, page.row)
            page_id = kept.inserted_primary_key[0]  # type: ignore[index]
            rows += [{"digest": d, "page_id": page_id, "stage": stage} for d, stage in page.value.items()]
        work.view.execute(_INSERT_RECEIPTS, rows)
