"""An expired charter is no charter: no service, said so, until its publisher has refreshed it."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import grpc
import pytest

from certs.charter_office import Lifetimes
from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.charter.envelope import make_statement
from federation.charter.model import Charter, Gateway, Node
from federation.errors import CharterUnusable
from federation.statements.methods import ASK
from federation.transport.status import understood
from federation.transport.tls import channel
from federation.v1 import charter_pb2, charter_pb2_grpc, query_pb2_grpc
from federation.v1 import query_pb2 as pb
from federation.values import clock
from tests.support import asking
from tests.support.federation import SmallFederation
from tests.support.inside import inside_federation
from tests.support.local import OFFICER
from tests.support.records import Someone
from tests.support.waiting import PATIENCE_S, wait_for

PAST_ITS_LIFE = Lifetimes().timestamp + timedelta(minutes=1)


class Clock:
    """The clock of publisher and servers, which a test puts forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time as publisher and servers believe it to be."""
        return clock.now() + self.ahead


@pytest.fixture
def time() -> Clock:
    return Clock()


@pytest.fixture
def federation(tmp_path: Path, time: Clock) -> SmallFederation:
    return SmallFederation(tmp_path, agencies=("police",), clock=time)


@contextmanager
def line_to(federation: SmallFederation, charter: Charter, server: Node | Gateway) -> Iterator[grpc.Channel]:
    """Yield a line of the police to a server."""
    party = federation.party("police/client/desk")
    with channel(
        server.endpoint,
        server=server.installation,
        charter=charter,
        certificate=party.certificate,
        key=party.key,
    ) as line:
        yield line


def ask(line: grpc.Channel, federation: SmallFederation, charter: Charter) -> pb.Answer:
    """Ask about nobody in particular, at the time of the federation's clock."""
    envelope = make_statement(
        signer=federation.party("police/client/desk").signer,
        federation=charter.federation,
        method=ASK,
        destination=ANY_GATEWAY,
        officer=OFFICER,
        body=asking.case(Someone().subject()).SerializeToString(),
        charter_version=charter.version,
        now=federation.clock(),
    )
    with understood():
        response = query_pb2_grpc.QueryServiceStub(line).Ask(
            pb.AskRequest(envelope=envelope), timeout=PATIENCE_S
        )
    return pb.Answer.FromString(response.answer.payload)


def test_an_expired_charter_ends_service_and_a_refreshed_one_restores_it(
    federation: SmallFederation, time: Clock
) -> None:
    with inside_federation(federation) as inside:
        inside.start_node("police")
        inside.start_gateway()
        charter = inside.client("police").charter
        [gateway] = charter.gateways
        with line_to(federation, charter, gateway) as line:
            assert ask(line, federation, charter).finding == pb.FINDING_NO_RECORD
            time.ahead = PAST_ITS_LIFE
            with pytest.raises(CharterUnusable) as refusal:
                ask(line, federation, charter)
            assert refusal.value.reason == "CHARTER_EXPIRED"
            federation.office.refresh()
            wait_for(
                lambda: ask(line, federation, charter),
                lambda answer: answer.finding == pb.FINDING_NO_RECORD,
                what="an answer under the refreshed charter",
                passing=CharterUnusable,
            )


def test_a_server_stops_in_order_though_its_charter_has_expired(
    federation: SmallFederation, time: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    home = federation.home / "servers" / "police-node-police-1"
    with caplog.at_level(logging.WARNING), inside_federation(federation) as inside:
        inside.start_node("police")
        charter = federation.charter()
        [node] = charter.nodes
        with line_to(federation, charter, node) as line:
            time.ahead = PAST_ITS_LIFE
            with pytest.raises(CharterUnusable, match="expired"), understood():
                charter_pb2_grpc.CharterServiceStub(line).GetCharter(
                    charter_pb2.GetCharterRequest(), timeout=PATIENCE_S
                )
        assert (home / "store.run").exists()
        caplog.clear()
    assert re.search(r"no checkpoint was signed: charter \d has expired", caplog.text), (
        "the last, at the stop"
    )
    assert "does not tell of this stop" not in caplog.text
    assert not (home / "store.run").exists(), "it has stopped in order"
    with closing(sqlite3.connect(home / "store.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
