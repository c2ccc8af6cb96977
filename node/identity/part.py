"""The part of identity: persons are split and merged, and the links of all merges are in memory."""

from __future__ import annotations

from federation.transport.serving import Service
from federation.v1 import identity_pb2_grpc
from node.applications.part import ApplicationsPart
from node.host import NodeHost
from node.identity import link_digests
from node.identity.candidates import Candidates
from node.identity.distinguishing import Distinguisher
from node.identity.merge_store import MergeStore
from node.identity.merging import PersonMerger
from node.identity.servicer import IdentityServicer
from node.identity.splitting import RecordSplitter
from node.register.distinction_store import DistinctionStore
from node.register.part import RegisterPart
from server.part import Part, at_start


def part(host: NodeHost, register: RegisterPart, applications: ApplicationsPart) -> Part:
    """Return the part; it starts before anything searches by a person's numbers."""
    tools, keys = register.tools, host.keys

    def load() -> None:
        link_digests.complete(tools, keys.lookup, MergeStore(key=keys.wrap))
        with host.journal.reading() as view:
            tools.links.load(view)

    servicer = IdentityServicer(
        opening=host.opening,
        splitting=RecordSplitter(register=tools, files=applications.files),
        merging=PersonMerger(
            register=tools, others=register.others, lookup_key=keys.lookup, wrap_key=keys.wrap
        ),
        distinguishing=Distinguisher(
            register=tools,
            candidates=Candidates(
                register=tools,
                reader=host.open_reader,
                others=register.others,
                lookup_key=keys.lookup,
                distinctions=register.distinctions,
            ),
            others=register.others,
            distinctions=register.distinctions,
            store=DistinctionStore(key=keys.wrap),
        ),
    )
    return Part(
        services=[Service.of(identity_pb2_grpc.add_IdentityServiceServicer_to_server, servicer)],
        running=[at_start(load)],
    )
