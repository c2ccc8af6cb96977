"""The part of documents: bound to the records and notices that name them, and shown under the same sealing."""

from __future__ import annotations

from dataclasses import dataclass

from federation.notices.documents import limits
from node.documents.binding import DocumentBinder
from node.documents.document_store import NodeDocumentStore
from node.documents.library import Library
from node.documents.opening import Shelves
from node.documents.share_store import ShareStore
from node.host import NodeHost
from node.register.part import RegisterPart
from server.journal.depot import Depot
from server.part import Part, at_start


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsPart(Part):
    """The library, for the intake: its service takes documents in, and notices bind them."""

    library: Library


def part(host: NodeHost, register: RegisterPart) -> DocumentsPart:
    """Return the part; at the start it tidies its folder, in case the process was killed before."""
    tools, lookup_key = register.tools, host.keys.lookup
    documents, shares = NodeDocumentStore(), ShareStore()
    library = Library(
        register=tools,
        binding=DocumentBinder(
            documents=documents,
            shares=shares,
            records=tools.records,
            sealer=host.sealer,
            lookup_key=lookup_key,
        ),
        shelves=Shelves(
            documents=documents,
            shares=shares,
            register=tools,
            lookup_key=lookup_key,
            reader=host.open_reader,
            sealed=host.sealed_reader,
            waiting=host.sealer.sealed_vault,
        ),
        depot=Depot(host.settings.home / "documents", chunk_bytes=limits().chunk_bytes),
        disclosure=host.disclosure,
        agency=lambda: host.charter().members[host.installation.member].organ_class,
        signer=host.signer,
        commitments=host.commitments,
        charter=host.charter,
    )
    return DocumentsPart(running=[at_start(library.tidy_all)], library=library)
