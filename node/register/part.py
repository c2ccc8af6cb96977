"""The part of the register: records are entered, corrected, withdrawn and shown to their own agency."""

from __future__ import annotations

from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import recall_pb2_grpc, registry_pb2_grpc
from node.disclosures.part import DisclosuresPart
from node.host import NodeHost
from node.register.acts import Register
from node.register.co_offenders import CoOffenders, Untried
from node.register.correcting import RecordCorrections
from node.register.distinctions import Distinctions
from node.register.entering import Registrar
from node.register.links import PersonLinks
from node.register.recall_servicer import RecallServicer
from node.register.sealed_others import SealedOthers
from node.register.servicer import RegistryServicer
from node.register.showing import OpenRecords
from node.store.records import SqliteRecords
from server.part import Part, at_start


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPart(Part):
    """The register, for every idea whose acts change it."""

    tools: Register
    entering: Registrar
    co_offenders: CoOffenders
    others: SealedOthers
    distinctions: Distinctions


def part(host: NodeHost, disclosures: DisclosuresPart, untried: Untried) -> RegisterPart:
    """Return the part; its links between persons are those of `node.identity.part`."""
    tools = Register(
        journal=host.journal,
        sealer=host.sealer,
        records=SqliteRecords(sealer=host.sealer),
        disclosures=disclosures.disclosures,
        profile_on=lambda day: host.charter().profile_on(day),
        now=host.now,
        allow_synthetic=host.settings.unsafe_allow_synthetic,
        links=PersonLinks(host.sealer.link_vault),
        extensions=lambda: host.charter().extensions,
        agency=host.charter().members[host.node.agency].organ_class,
    )
    co_offenders = CoOffenders(opened=host.open_reader, sealed=host.sealed_reader)
    others = SealedOthers(
        register=tools, co_offenders=co_offenders, untried=untried, safeguard=host.guarded.safeguard
    )
    entering = Registrar(register=tools)
    showing = OpenRecords(register=tools, reader=host.open_reader, others=others)
    registry = RegistryServicer(
        opening=host.opening,
        entering=entering,
        correcting=RecordCorrections(register=tools, others=others),
        showing=showing,
    )
    recalls = RecallServicer(  # type: ignore[abstract]  # the rest is for gateways, and open to nobody here
        opening=host.opening, showing=showing
    )
    return RegisterPart(
        services=[
            Service.of(registry_pb2_grpc.add_RegistryServiceServicer_to_server, registry),
            Service.of(recall_pb2_grpc.add_RecallServiceServicer_to_server, recalls),
        ],
        running=[at_start(host.guarded.begin), host.guarded.recounting.running()],
        tools=tools,
        entering=entering,
        co_offenders=co_offenders,
        others=others,
        distinctions=Distinctions(
            lookup_key=host.keys.lookup, journal=host.journal, safeguard=host.guarded.safeguard
        ),
    )
