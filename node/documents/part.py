"""The part of documents: bound to the records and notices that name them, and shown under the same sealing."""

from __future__ import annotations

from dataclasses import dataclass

from federation.notices.documents import limits
from federation.transport.serving import Service
from federation.v1 import stored_document_pb2_grpc
from node.documents.attaching import Scans
from node.documents.binding import DocumentBinder
from node.documents.document_store import NodeDocumentStore
from node.documents.library import Library
from node.documents.opening import Shelves
from node.documents.receiving import DocumentReceiver
from node.documents.servicer import DocumentServicer
from node.documents.share_store import ShareStore
from node.host import NodeHost
from node.register.part import RegisterPart
from node.register.showing import OpenRecords
from server.journal.depot import Depot
from server.part import Part, at_start


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsPart(Part):
    """The library, for the intake: its service takes documents of notices in, and notices bind them."""

    library: Library


def part(host: NodeHost, register: RegisterPart) -> DocumentsPart:
    """Return the part; at the start it tidies its folder, in case the process was killed before."""
    tools, lookup_key = register.tools, host.keys.lookup
    documents, shares = NodeDocumentStore(), ShareStore()
    depot = Depot(host.settings.home / "documents", chunk_bytes=limits().chunk_bytes)
    binding = DocumentBinder(
        documents=documents,
        shares=shares,
        records=tools.records,
        sealer=host.sealer,
        lookup_key=lookup_key,
    )
    shelves = Shelves(
        documents=documents,
        shares=shares,
        register=tools,
        lookup_key=lookup_key,
        reader=host.open_reader,
        sealed=host.sealed_reader,
        others=register.others,
        waiting=host.sealer.sealed_vault,
    )
    receiver = DocumentReceiver(
        register=tools,
        binding=binding,
        depot=depot,
        signer=host.signer,
        commitments=host.commitments,
        charter=host.charter,
    )
    library = Library(
        register=tools,
        binding=binding,
        shelves=shelves,
        depot=depot,
        disclosure=host.disclosure,
        agency=lambda: host.charter().members[host.installation.member].organ_class,
        signer=host.signer,
        receiver=receiver,
        charter=host.charter,
    )
    scans = Scans(
        register=tools,
        showing=OpenRecords(register=tools, reader=host.open_reader, others=register.others),
        binding=binding,
        shelves=shelves,
        receiver=receiver,
    )
    servicer = DocumentServicer(opening=host.opening, scans=scans)
    return DocumentsPart(
        services=[Service.of(stored_document_pb2_grpc.add_DocumentServiceServicer_to_server, servicer)],
        running=[at_start(library.tidy_all)],
        library=library,
    )
