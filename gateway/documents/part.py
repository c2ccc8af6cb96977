"""The part of documents: kept for their senders, carried to the nodes that wait for them, cleared away."""

from __future__ import annotations

from dataclasses import dataclass

from federation.notices.documents import limits
from gateway.documents.archive import Archive
from gateway.documents.carrying import Carriers
from gateway.documents.clearing import DocumentRemover
from gateway.documents.clearing_store import Undelivered
from gateway.documents.keeping import DocumentKeeper
from gateway.documents.shelf import Shelf, sql_shelf
from gateway.host import GatewayHost
from server.journal.depot import Depot
from server.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDocumentsPart(Part):
    """Documents, for the relay: its service takes them in, and its notices name them."""

    shelf: Shelf
    keeping: DocumentKeeper
    carriers: Carriers


def part(host: GatewayHost, undelivered: Undelivered) -> KeptDocumentsPart:
    """Return the part. `undelivered` says which documents notices on their way still need."""
    shelf = sql_shelf(strongbox=host.box, undelivered=undelivered)
    depot = Depot(host.settings.home / "documents", chunk_bytes=limits().chunk_bytes)
    archive = Archive(
        journal=host.journal, shelf=shelf, depot=depot, signer=host.signer, charter=host.charter, now=host.now
    )
    carriers = Carriers(archive, clearing=DocumentRemover(archive), connect=host.connect)
    keeping = DocumentKeeper(archive, whole=carriers.wake)
    return KeptDocumentsPart(running=[carriers], shelf=shelf, keeping=keeping, carriers=carriers)
