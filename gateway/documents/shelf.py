"""All stores of documents at a gateway, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.documents.carriage_store import CarriageStore
from gateway.documents.clearing_store import ClearingStore, Undelivered
from gateway.documents.document_store import DocumentStore
from gateway.documents.kept import Carriages, DocumentReceipts, KeptDocuments, Namings, Removable
from gateway.documents.naming_store import NamingStore
from gateway.documents.receipt_store import DocumentReceiptStore
from gateway.strongbox import Strongbox


@dataclass(frozen=True, slots=True)
class Shelf:
    """The stores of documents at one gateway."""

    documents: KeptDocuments
    receipts: DocumentReceipts
    namings: Namings
    carriages: Carriages
    clearing: Removable


def sql_shelf(*, strongbox: Strongbox, undelivered: Undelivered) -> Shelf:
    """Return the stores in SQL; `undelivered` gives the clause that is true of notices on their way."""
    documents = DocumentStore(strongbox=strongbox)
    return Shelf(
        documents=documents,
        receipts=DocumentReceiptStore(strongbox=strongbox),
        namings=NamingStore(documents=documents),
        carriages=CarriageStore(strongbox=strongbox),
        clearing=ClearingStore(documents=documents, undelivered=undelivered),
    )
