"""The gateway, part by part: the only module of this package that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from federation.transport import access
from federation.values import clock
from gateway.announcing import part as announcing
from gateway.asking import part as asking
from gateway.asking import schema as asking_schema
from gateway.continuity import part as continuity
from gateway.continuity import schema as continuity_schema
from gateway.documents import part as documents
from gateway.documents import schema as documents_schema
from gateway.following import part as following
from gateway.following import schema as following_schema
from gateway.host import KEYS, GatewayHost
from gateway.key_kinds import GATEWAY_KEYS
from gateway.relay import part as relay
from gateway.relay import schema as relay_schema
from gateway.sealing import part as sealing
from server.hosting import hosting
from server.keyfiles import load_keys
from server.own_certificate import Ending
from server.part import Part
from server.served import served
from server.settings import GatewaySettings
from server.stores.key_checks import KeyRing
from server.stores.making import make_home

SCHEMAS = (
    asking_schema.SCHEMA,
    relay_schema.SCHEMA,
    following_schema.SCHEMA,
    documents_schema.SCHEMA,
    continuity_schema.SCHEMA,
)


def init(home: Path) -> None:
    """Make a gateway's folder, its secret keys and its empty store; existing parts stay unchanged.

    Raises `Unavailable` or `Corrupt` when a key that the store has used, or the store itself, is lost.
    """
    make_home(home, GATEWAY_KEYS)


@contextmanager
def running(
    settings: GatewaySettings, *, now: Callable[[], datetime] = clock.now, ending: Ending | None = None
) -> Iterator[int]:
    """Run a gateway and yield the port it listens on; it stops in order when the context ends."""
    keys = load_keys(settings.home / "keys", KEYS)
    ring = KeyRing(settings.home / "keys", keys, GATEWAY_KEYS)
    with (
        hosting(settings, ring=ring, schemas=SCHEMAS, now=now, ending=ending) as common,
        served(common, parts(GatewayHost.of(common, settings, keys)), rules=access.GATEWAY) as port,
    ):
        yield port


def parts(host: GatewayHost) -> list[Part]:
    """Return the parts of a gateway; each is given those below it that it needs."""
    documented = documents.part(host, relay_schema.undelivered)
    relayed = relay.part(host, documented)
    followed = following.part(host, relayed)
    sealed = sealing.part(host)
    continued = continuity.part(host, relayed)
    asked = asking.part(host, sealed, followed, continued)
    return [documented, relayed, followed, sealed, continued, announcing.part(host), asked]
