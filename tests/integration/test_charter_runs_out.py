"""An expired charter is no charter: no service, said so, until its publisher has refreshed it."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from certs.charter_office import Lifetimes
from federation.errors import CharterUnusable
from federation.methods import ASK
from federation.transport.status import raise_from_rpc
from federation.transport.tls import channel
from federation.v1 import query_pb2 as pb
from federation.v1 import query_pb2_grpc
from tests.support import asking
from tests.support.federation import SmallFederation
from tests.support.inside import inside_federation
from tests.support.records import Someone

LIFE = timedelta(seconds=4)


def test_an_expired_charter_ends_service_and_a_refreshed_one_restores_it(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path, agencies=("police",), lifetimes=Lifetimes(timestamp=LIFE))
    with inside_federation(federation) as inside:
        inside.start_node("police")
        inside.start_gateway()
        client = inside.client("police")
        charter, party = client.charter, federation.party("police/client/desk")
        published = time.monotonic()
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
                    return stub.Ask(pb.AskRequest(envelope=envelope), timeout=10)
                except grpc.RpcError as error:
                    raise_from_rpc(error)

            time.sleep(max(0.0, published + LIFE.total_seconds() + 0.2 - time.monotonic()))
            with pytest.raises(CharterUnusable) as told:
                ask()
            assert told.value.reason == "CHARTER_EXPIRED"
            with pytest.raises(CharterUnusable):
                client.ask(asking.case(Someone().subject()))
            federation.office.refresh()
            deadline = time.monotonic() + 60
            while True:
                try:
                    answered = ask()
                    break
                except CharterUnusable:
                    assert time.monotonic() < deadline, "the refreshed charter was not taken up"
                    time.sleep(0.05)
        answer = pb.Answer.FromString(answered.answer.payload)
        assert answer.finding == pb.FINDING_NO_RECORD


def test_a_server_stops_in_order_though_its_charter_has_expired(tmp_path: Path) -> None:
    federation = SmallFederation(
        tmp_path, agencies=("police",), lifetimes=Lifetimes(timestamp=timedelta(seconds=2))
    )
    with inside_federation(federation) as inside:
        inside.start_node("police")
        time.sleep(2.2)
