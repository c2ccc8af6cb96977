"""Storage of the shares of documents' keys: one for each holder, which is a record or a notice that waits.

A share is encrypted under the key of its holder; the callers, which have that key, encrypt and decrypt it.
"""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from node.documents.schema import share as table
from server.journal.work import View, Work


def of_document(view: View, token: bytes) -> dict[bytes, bytes]:
    """Return the encrypted shares of a document's key, by holder and in their order."""
    rows = view.execute(select(table).where(table.c.token == token).order_by(table.c.holder))
    return {bytes(row.holder): bytes(row.body) for row in rows}


def documents_of(view: View, holder: bytes) -> list[bytes]:
    """Return the tokens of the documents that belong to `holder`."""
    tokens = view.execute(select(table.c.token).where(table.c.holder == holder)).scalars()
    return [bytes(token) for token in tokens]


def add(work: Work, token: bytes, holder: bytes, body: bytes) -> None:
    """Keep the share of one more holder."""
    work.view.execute(insert(table), {"token": token, "holder": holder, "body": body})


def change(work: Work, token: bytes, holder: bytes, body: bytes) -> None:
    """Replace a holder's share."""
    work.view.execute(update(table).where(table.c.token == token, table.c.holder == holder).values(body=body))


def drop(work: Work, token: bytes, holder: bytes) -> None:
    """Delete a holder's share."""
    work.view.execute(delete(table).where(table.c.token == token, table.c.holder == holder))
