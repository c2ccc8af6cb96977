"""The node, put together: the only module of this package that chooses implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc

from federation.charter.model import Charter, Gateway, Node
from federation.errors import CharterUnusable
from federation.law.disclosure import Disclosure
from federation.law.workdays import load_deadlines
from federation.transport import access
from federation.transport.serving import Service
from federation.transport.tls import channel
from federation.v1 import (
    identity_pb2_grpc,
    lookup_pb2_grpc,
    officer_pb2_grpc,
    recall_pb2_grpc,
    registry_pb2_grpc,
    working_pb2_grpc,
)
from federation.values import clock
from federation.values.identity import Installation
from node.applications import schema as applications
from node.applications.desk import application_service
from node.applications.file_store import Files
from node.applications.mandates import Mandates
from node.asking.accounting import Accounting
from node.asking.answering import Answering
from node.asking.lookup import Lookup
from node.asking.opening import Questions
from node.asking.servicer import LookupServicer
from node.disclosures import schema as disclosure_schema
from node.disclosures.recalling import Recalling
from node.disclosures.told import Disclosures
from node.documents import schema as documents_schema
from node.documents.desk import library_of
from node.identity import link_digests
from node.identity.merge_store import MergeStore
from node.identity.merging import Merging
from node.identity.servicer import IdentityServicer
from node.identity.splitting import Splitting
from node.intake import schema as intake_schema
from node.intake.desk import intake_services
from node.officers import schema as officers_schema
from node.officers.roll import Roll
from node.officers.servicer import OfficerServicer
from node.officers.store import OfficerStore
from node.register import links_schema as identity_schema
from node.register.acts import Desk
from node.register.correcting import Correcting
from node.register.entering import Entering
from node.register.links import Links
from node.register.recall_servicer import RecallServicer
from node.register.servicer import RegistryServicer
from node.register.showing import Showing
from node.sealing.concerning import SpreadingSeals
from node.sealing.desk import orders_service
from node.sealing.outbox import Outbox
from node.sealing.resealing import Resealing
from node.sealing.spreading import Spreading
from node.sealing.welcoming import Welcome
from node.store import schema
from node.store.key_kinds import NODE_KEYS
from node.store.keys import NodeKeys
from node.store.reading import open_reader, sealed_reader
from node.store.records import SqliteRecords
from node.store.rows import Sealer
from node.store.version import StoreVersion
from node.working import schema as working_schema
from node.working.handling import Handling
from node.working.servicer import WorkingServicer
from node.working.store import WorkingStore
from server.hosting import Host, hosting, served
from server.opening import Opening
from server.own_certificate import Ending
from server.settings import NodeSettings
from server.stores.key_checks import KeyRing
from server.stores.making import make_home


def init(home: Path) -> None:
    """Make a node's folder, its secret keys and its empty store; those that exist are left as they are.

    Raises `Unavailable` or `Corrupt` when a key that the store has used, or the store itself, is lost.
    """
    make_home(home, NODE_KEYS)


@contextmanager
def running(
    settings: NodeSettings, *, now: Callable[[], datetime] = clock.now, ending: Ending | None = None
) -> Iterator[int]:
    """Run a node and yield the port it listens on; it stops in order when the context ends."""
    keys = NodeKeys.load(settings.home / "keys")
    with (
        hosting(
            settings,
            ring=KeyRing(settings.home / "keys", asdict(keys), NODE_KEYS),
            schemas=[
                schema.SCHEMA,
                working_schema.SCHEMA,
                disclosure_schema.SCHEMA,
                identity_schema.SCHEMA,
                intake_schema.SCHEMA,
                applications.SCHEMA,
                documents_schema.SCHEMA,
                officers_schema.SCHEMA,
            ],
            now=now,
            ending=ending,
        ) as host,
        Recalling(journal=host.journal, **_handing(host)).running(),
    ):
        desk = _desk(host, keys)
        link_digests.complete(desk, keys.lookup, MergeStore(key=keys.wrap))
        with host.journal.reading() as view:
            desk.links.load(view)
        resealing = Resealing(desk=desk, installation=host.installation)
        outbox = _outbox(host, desk.sealer)
        spreading = Spreading(outbox=outbox, welcome=Welcome(host.journal), **_handing(host))
        desk.version.on_change(spreading.wake)
        with (
            spreading.running(),
            resealing.running(),
            served(host, _services(host, keys, desk, resealing, outbox), rules=access.NODE) as port,
        ):
            yield port


def _outbox(host: Host, sealer: Sealer) -> Outbox:
    return Outbox(
        journal=host.journal,
        sealer=sealer,
        sealed_reader=sealed_reader(host.journal.engine, sealer.sealed_vault),
        signer=host.signer,
        node=_this_node(host).name,
        charter=host.charter,
        now=host.now,
    )


def _handing(host: Host) -> dict[str, Any]:
    settings = host.settings

    def connect(gateway: Gateway, charter: Charter) -> grpc.Channel:
        return channel(
            gateway.endpoint,
            server=gateway.installation,
            charter=charter,
            certificate=settings.certificate,
            key=settings.key,
        )

    return {"signer": host.signer, "charter": host.charter, "connect": connect, "now": host.now}


def _desk(host: Host, keys: NodeKeys) -> Desk:
    sealer = Sealer(keys=keys)
    return Desk(
        journal=host.journal,
        sealer=sealer,
        records=SqliteRecords(sealer=sealer),
        disclosures=Disclosures(vault=sealer.disclosure_vault),
        version=StoreVersion.counting(host.journal),
        profile_on=lambda day: host.charter().profile_on(day),
        now=host.now,
        allow_synthetic=host.settings.unsafe_allow_synthetic,
        links=Links(sealer.link_vault),
        agency=host.charter().members[_this_node(host).agency].organ_class,
    )


def _services(host: Host, keys: NodeKeys, desk: Desk, resealing: Resealing, outbox: Outbox) -> list[Service]:
    settings, sealer = host.settings, desk.sealer
    reader = open_reader(host.journal.engine, sealer.open_vault)
    roll = Roll(
        journal=host.journal,
        store=OfficerStore(key=keys.wrap, lookup_key=keys.lookup),
        own=host.installation.member,
        now=host.now,
    )
    opening = Opening(
        charter=host.charter,
        destination=str(host.installation),
        now=host.now,
        insist_officer=roll.insist,
    )
    sealed = sealed_reader(host.journal.engine, sealer.sealed_vault)
    spreading = SpreadingSeals(desk=desk, outbox=outbox)
    entering = Entering(desk=desk)
    showing = Showing(desk=desk, reader=reader)
    registry = RegistryServicer(
        opening=opening, entering=entering, correcting=Correcting(desk=desk), showing=showing
    )
    recalls = RecallServicer(  # type: ignore[abstract]  # the rest is for gateways, and open to nobody here
        opening=opening, showing=showing
    )
    working = WorkingServicer(
        opening=opening, handling=Handling(desk=desk, store=WorkingStore(key=keys.working))
    )
    disclosure = Disclosure(extra_forbid_dir=settings.policy_folder)
    files = Files(wrap_key=keys.wrap, lookup_key=keys.lookup, node=_this_node(host).name)
    identities = IdentityServicer(
        opening=opening,
        splitting=Splitting(desk=desk, files=files),
        merging=Merging(desk=desk, lookup_key=keys.lookup, wrap_key=keys.wrap),
    )
    lookup = LookupServicer(
        answering=Answering(
            node=_this_node(host),
            federation=host.charter().federation,
            lookup=Lookup(
                lookup_key=keys.lookup,
                open_reader=reader,
                sealed_reader=sealed,
                profile_on=desk.profile_on,
                now=host.now,
                links=desk.links,
                case=sealer.case,
            ),
            questions=Questions(
                disclosure=disclosure,
                mandates=Mandates(
                    journal=host.journal,
                    files=files,
                    node=_this_node(host),
                    deadlines=load_deadlines(),
                    now=host.now,
                ),
                allow_synthetic=settings.unsafe_allow_synthetic,
            ),
            accounting=Accounting(disclosures=desk.disclosures),
            journal=host.journal,
            spreading=spreading,
            signer=host.signer,
            charter=host.charter,
            store_version=desk.version.current,
            now=host.now,
        )
    )
    return [
        Service.of(registry_pb2_grpc.add_RegistryServiceServicer_to_server, registry),
        Service.of(recall_pb2_grpc.add_RecallServiceServicer_to_server, recalls),
        orders_service(
            host,
            _this_node(host),
            desk=desk,
            opening=opening,
            sealed=sealed,
            resealing=resealing,
            spreading=spreading,
        ),
        application_service(
            host, lambda charter: _in(charter, host.installation), files, opening, disclosure
        ),
        Service.of(working_pb2_grpc.add_WorkingServiceServicer_to_server, working),
        Service.of(identity_pb2_grpc.add_IdentityServiceServicer_to_server, identities),
        Service.of(
            officer_pb2_grpc.add_OfficerServiceServicer_to_server, OfficerServicer(opening=opening, roll=roll)
        ),
        *intake_services(
            host,
            desk=desk,
            entering=entering,
            opening=opening,
            reader=reader,
            sealed_reader=sealed,
            library=library_of(host, keys, desk, disclosure),
        ),
        Service.of(lookup_pb2_grpc.add_LookupServiceServicer_to_server, lookup),
    ]


def _this_node(host: Host) -> Node:
    return _in(host.charter(), host.installation)


def _in(charter: Charter, installation: Installation) -> Node:
    """Return the node that `installation` runs; raises `CharterUnusable`."""
    for node in charter.nodes:
        if node.installation == installation:
            return node
    raise CharterUnusable(f"the charter names no node run by {installation}", reason="NODE_NOT_IN_CHARTER")
