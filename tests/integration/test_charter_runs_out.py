"""An expired charter is no charter: no service, said so, until its publisher has refreshed it."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import grpc
import pytest

from certs.charter_office import Lifetimes
from federation.charter.model import Gateway, Node
from federation.errors import CharterUnusable, HutongError
from federation.statements.methods import ASK
from federation.transport.status import error_of
from federation.transport.tls import channel
from federation.v1 import charter_pb2, charter_pb2_grpc, query_pb2_grpc
from federation.v1 import query_pb2 as pb
from federation.values import clock
from tests.support import asking
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import Someone
from tests.support.waiting import PATIENCE_S, wait_for

LIFE = Lifetimes().timestamp
#: How long a charter that is about to expire is good for still.
REST = timedelta(seconds=1.5)


class PublishersClock:
    """The publisher's clock: right, or so slow that what it signs now expires in a moment."""

    def __init__(self) -> None:
        self.slow_by = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time as the publisher believes it to be."""
        return clock.now() - self.slow_by


@pytest.fixture
def publisher() -> PublishersClock:
    return PublishersClock()


@pytest.fixture
def federation(tmp_path: Path, publisher: PublishersClock) -> SmallFederation:
    return SmallFederation(tmp_path, agencies=("police",), clock=publisher)


def let_expire(inside: InsideFederation, publisher: PublishersClock, server: str) -> CharterUnusable:
    """Publish what expires in a moment until `server` has taken it up and it has expired; return what it says then.

    On a slow machine it may expire before it is taken up: then it is no charter, and the one before goes on.
    """
    federation = inside.federation
    party, charter = federation.party("police/client/desk"), inside.client("police").charter
    places: list[Node | Gateway] = [*charter.nodes, *charter.gateways]
    [place] = [place for place in places if str(place.installation) == server]

    def said() -> HutongError | None:
        stub = charter_pb2_grpc.CharterServiceStub(line)
        try:
            stub.GetCharter(charter_pb2.GetCharterRequest(), timeout=PATIENCE_S)
        except grpc.RpcError as error:
            return error_of(error)
        return None

    def expired() -> HutongError | None:
        publisher.slow_by = LIFE - REST
        over = clock.now() + REST
        federation.office.refresh()
        publisher.slow_by = timedelta(0)
        wait_for(lambda: clock.now() > over, what="the end of a charter's life")
        return said()

    with channel(
        place.endpoint,
        server=place.installation,
        charter=charter,
        certificate=party.certificate,
        key=party.key,
    ) as line:
        found = wait_for(expired, what="an expired charter at the server")
    assert isinstance(found, CharterUnusable)
    return found


def test_an_expired_charter_ends_service_and_a_refreshed_one_restores_it(
    federation: SmallFederation, publisher: PublishersClock
) -> None:
    with inside_federation(federation) as inside:
        inside.start_node("police")
        inside.start_gateway()
        client = inside.client("police")
        charter, party = client.charter, federation.party("police/client/desk")
        envelope = client.statement(
            asking.case(Someone().subject()).SerializeToString(), method=ASK, destination="gateway"
        )
        [gateway] = charter.gateways
        with channel(
            gateway.endpoint,
            server=gateway.installation,
            charter=charter,
            certificate=party.certificate,
            key=party.key,
        ) as line:
            stub = query_pb2_grpc.QueryServiceStub(line)

            def ask() -> pb.AskResponse:
                try:
                    return stub.Ask(pb.AskRequest(envelope=envelope), timeout=PATIENCE_S)
                except grpc.RpcError as error:
                    raise error_of(error) from error

            assert let_expire(inside, publisher, str(gateway.installation)).reason == "CHARTER_EXPIRED"
            with pytest.raises(CharterUnusable) as told:
                ask()
            assert told.value.reason == "CHARTER_EXPIRED"
            federation.office.refresh()
            answered = wait_for(ask, what="the refreshed charter", passing=CharterUnusable)
        answer = pb.Answer.FromString(answered.answer.payload)
        assert answer.finding == pb.FINDING_NO_RECORD


def test_a_server_stops_in_order_though_its_charter_has_expired(
    federation: SmallFederation, publisher: PublishersClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), inside_federation(federation) as inside:
        inside.start_node("police")
        let_expire(inside, publisher, "police/node/police-1")
        home = federation.home / "servers" / "police-node-police-1"
    assert not (home / "store.run").exists(), "it has stopped in order"
    with closing(sqlite3.connect(home / "store.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
