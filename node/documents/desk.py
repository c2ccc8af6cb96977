"""The library of one node, put together: binding, shelves, files."""

from __future__ import annotations

from federation.law.disclosure import Disclosure
from federation.notices.documents import limits
from node.documents.binding import Binding
from node.documents.library import Library
from node.documents.opening import Shelves
from node.register.acts import Desk
from node.store.keys import NodeKeys
from node.store.reading import open_reader, sealed_reader
from server.hosting import Host
from server.journal.depot import Depot


def library_of(host: Host, keys: NodeKeys, desk: Desk, disclosure: Disclosure) -> Library:
    """Return the library, after tidying its folder in case the process was killed before."""
    engine, sealer = host.journal.engine, desk.sealer
    library = Library(
        desk=desk,
        binding=Binding(records=desk.records, sealer=sealer, lookup_key=keys.lookup),
        shelves=Shelves(
            desk=desk,
            lookup_key=keys.lookup,
            reader=open_reader(engine, sealer.open_vault),
            sealed=sealed_reader(engine, sealer.sealed_vault),
            waiting=sealer.sealed_vault,
        ),
        depot=Depot(host.settings.home / "documents", chunk_bytes=limits().chunk_bytes),
        disclosure=disclosure,
        agency=lambda: host.charter().members[host.installation.member].organ_class,
        signer=host.signer,
        charter=host.charter,
    )
    library.tidy_all()
    return library
