"""All stores of documents at a gateway, as one value."""

from __future__ import annotations

from gateway.documents.carriage_store import CarriageStore
from gateway.documents.clearing_store import ClearingStore, Undelivered
from gateway.documents.document_store import DocumentStore
from gateway.documents.naming_store import NamingStore
from gateway.documents.receipt_store import DocumentReceiptStore
from gateway.strongbox import Strongbox


class Shelf:
    """The stores of documents at one gateway."""

    def __init__(self, *, strongbox: Strongbox, undelivered: Undelivered) -> None:
        self.documents = DocumentStore(strongbox=strongbox)
        self.receipts = DocumentReceiptStore(strongbox=strongbox)
        self.namings = NamingStore(documents=self.documents)
        self.carriages = CarriageStore(strongbox=strongbox)
        self.clearing = ClearingStore(documents=self.documents, undelivered=undelivered)
