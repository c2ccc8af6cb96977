"""The node, part by part: the only module of this package that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from federation.transport import access
from federation.values import clock
from node.announcing import part as announcing
from node.announcing import schema as announcing_schema
from node.applications import part as applications
from node.applications import schema as applications_schema
from node.asking import part as asking
from node.continuity import part as continuity
from node.continuity import schema as continuity_schema
from node.disclosures import part as disclosures
from node.disclosures import schema as disclosures_schema
from node.documents import part as documents
from node.documents import schema as documents_schema
from node.host import NodeHost
from node.identity import part as identity
from node.intake import part as intake
from node.intake import schema as intake_schema
from node.officers import part as officers
from node.officers import schema as officers_schema
from node.officers.certifying import OfficerCertifier
from node.register import links_schema
from node.register import part as register
from node.sealing import part as sealing
from node.sealing import schema as sealing_schema
from node.sealing.run_store import RunStore
from node.sealing.tried import untried
from node.store import schema
from node.store.key_kinds import NODE_KEYS
from node.store.keys import NodeKeys
from node.working import part as working
from node.working import schema as working_schema
from server.hosting import hosting
from server.own_certificate import Ending
from server.part import Part
from server.served import served
from server.settings import NodeSettings
from server.stores.key_checks import KeyRing
from server.stores.making import make_home

SCHEMAS = (
    schema.SCHEMA,
    working_schema.SCHEMA,
    disclosures_schema.SCHEMA,
    links_schema.SCHEMA,
    intake_schema.SCHEMA,
    applications_schema.SCHEMA,
    documents_schema.SCHEMA,
    continuity_schema.SCHEMA,
    officers_schema.SCHEMA,
    announcing_schema.SCHEMA,
    sealing_schema.SCHEMA,
)


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
    ring = KeyRing(settings.home / "keys", asdict(keys), NODE_KEYS)
    with (
        hosting(settings, ring=ring, schemas=SCHEMAS, tally_key=keys.tally, now=now, ending=ending) as common,
        served(common, parts(NodeHost.of(common, keys)), rules=access.NODE) as port,
    ):
        yield port


def parts(host: NodeHost) -> list[Part]:
    """Return the parts of a node in the order of their start; each is given those that it needs.

    Identity comes before seals: what is judged or proposed anew is found under every number of a person.
    """
    continued = continuity.part(host)
    certifying = OfficerCertifier(
        journal=host.journal,
        store=host.officers,
        signer=host.signer,
        now=host.now,
        insist_sound=continued.insist_sound,
    )
    enrolled = officers.part(host.roll, certifying, host.opening)
    disclosed = disclosures.part(host)
    registered = register.part(host, disclosed, untried(RunStore(host.sealer.run_vault)))
    announced = announcing.part(host)
    applied = applications.part(host, announced)
    identified = identity.part(host, registered, applied)
    worked = working.part(host, registered)
    documented = documents.part(host, registered)
    sealed = sealing.part(host, registered, announced, continued)
    notified = intake.part(host, registered, documented)
    asked = asking.part(
        host, registered, announced, applied, sealed, continued, mark_late=notified.late_changes.mark
    )
    return [
        enrolled,
        continued,
        disclosed,
        registered,
        announced,
        applied,
        identified,
        worked,
        documented,
        sealed,
        notified,
        asked,
    ]
