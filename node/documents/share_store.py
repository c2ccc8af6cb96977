"""The store of the shares of documents' keys, in SQL."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from node.documents.schema import share as table
from server.journal.work import View, Work


class ShareStore:
    """Keeps one row for each document and holder."""

    def of_document(self, view: View, token: bytes) -> dict[bytes, bytes]:
        """Return the encrypted shares of a document's key, by holder and in their order."""
        rows = view.execute(select(table).where(table.c.token == token).order_by(table.c.holder))
        return {bytes(row.holder): bytes(row.body) for row in rows}

    def documents_of(self, view: View, holder: bytes) -> list[bytes]:
        """Return the tokens of the documents that belong to `holder`."""
        tokens = view.execute(select(table.c.token).where(table.c.holder == holder)).scalars()
        return [bytes(token) for token in tokens]

    def add(self, work: Work, token: bytes, holder: bytes, body: bytes) -> None:
        """Keep the share of one more holder."""
        work.view.execute(insert(table), {"token": token, "holder": holder, "body": body})

    def change(self, work: Work, token: bytes, holder: bytes, body: bytes) -> None:
        """Replace a holder's share."""
        row = update(table).where(table.c.token == token, table.c.holder == holder).values(body=body)
        work.view.execute(row)

    def drop(self, work: Work, token: bytes, holder: bytes) -> None:
        """Delete a holder's share."""
        work.view.execute(delete(table).where(table.c.token == token, table.c.holder == holder))
