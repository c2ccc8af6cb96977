"""The store of nodes' signed receipts for notices: each signed page once, encrypted, with the stages it states."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import insert, select

from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from gateway.prepared import Prepared
from gateway.relay import schema
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_INSERT_PAGE = insert(schema.receipt_page)
_INSERT_RECEIPTS = insert(schema.receipt)
#: The stage of each notice of a page, by its digest.
Stages: TypeAlias = Mapping[bytes, int]
#: Pages older than the moment that are read before an installation's later ones are taken as complete.
_PAGES_PAST = 100


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

    def since(self, view: View, installations: Collection[str], moment: str) -> list[bytes]:
        """Return the notices for which any of `installations` has signed a receipt since then, the oldest last.

        Pages are kept in the order in which they came: reading stops some way past the moment.
        """
        found = dict[bytes, None]()
        older = 0
        query = select(schema.receipt_page).order_by(schema.receipt_page.c.page_id.desc())
        for row in view.execute(query.execution_options(yield_per=100)):
            signed = Envelope.FromString(self._box.unlock(bytes(row.body), b"receipts"))
            page = pb.NoticeReceiptPage.FromString(signed.payload)
            if page.installation not in installations:
                continue
            if page.signed_at >= moment:
                found |= dict.fromkeys(receipt.notice for receipt in page.receipts)
                older = 0
            elif (older := older + 1) > _PAGES_PAST:
                break
        return list(found)
