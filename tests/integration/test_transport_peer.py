"""Who gets through the door: each way in which a certificate can be wrong, against a real server."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from federation.charter.model import Charter, InstallationState
from federation.charter.trust import CharterTrust
from federation.errors import HutongError, NotFound, PermissionDenied, Unauthenticated, Unavailable
from federation.transport.status import error_of
from federation.transport.tls import channel, pinned_channel
from federation.v1 import charter_pb2, charter_pb2_grpc, lookup_pb2, lookup_pb2_grpc
from federation.values.clock import now
from federation.values.identity import Installation
from tests.support.echo import ASK, LOOKUP, Echo, serving_echo
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.waiting import PATIENCE_S, wait_for

NODE = "police/node/police-1"
DESK = "court/client/desk"


@pytest.fixture
def federation(tmp_path: Path) -> SmallFederation:
    return SmallFederation(tmp_path)


@pytest.fixture
def trust(federation: SmallFederation) -> Iterator[CharterTrust]:
    with federation.trust() as trust:
        yield trust


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def endpoint(federation: SmallFederation, trust: CharterTrust, echo: Echo) -> Iterator[str]:
    party = federation.party(NODE)
    with serving_echo(
        echo, trust, party.certificate, party.key, own=party.installation, streams=2
    ) as endpoint:
        yield endpoint


def call(federation: SmallFederation, endpoint: str, certificate: Path, key: Path) -> str:
    server = Installation.parse(NODE)
    charter = federation.charter()
    with channel(endpoint, server=server, charter=charter, certificate=certificate, key=key) as to_node:
        return get_charter(to_node)


def get_charter(to_node: grpc.Channel) -> str:
    stub = charter_pb2_grpc.CharterServiceStub(to_node)
    try:
        return stub.GetCharter(charter_pb2.GetCharterRequest(), timeout=PATIENCE_S).digest
    except grpc.RpcError as error:
        raise error_of(error) from error


def refused_as(federation: SmallFederation, endpoint: str, certificate: Path, key: Path) -> HutongError:
    with pytest.raises(HutongError) as caught:
        call(federation, endpoint, certificate, key)
    return caught.value


def test_a_member_is_known_by_its_certificate(federation: SmallFederation, endpoint: str) -> None:
    party = federation.party(DESK)
    assert call(federation, endpoint, party.certificate, party.key) == DESK


def test_without_a_certificate_nothing_is_served(federation: SmallFederation, endpoint: str) -> None:
    credentials = grpc.ssl_channel_credentials(federation.ca("police").read_bytes())
    name = Installation.parse(NODE).dns(federation.name)
    options = [("grpc.ssl_target_name_override", name)]
    with grpc.secure_channel(endpoint, credentials, options=options) as to_node, pytest.raises(Unavailable):
        get_charter(to_node)


def test_an_authority_outside_the_charter_is_refused(
    federation: SmallFederation, endpoint: str, tmp_path: Path
) -> None:
    stranger = SmallFederation(tmp_path / "stranger").party(DESK)
    assert isinstance(refused_as(federation, endpoint, stranger.certificate, stranger.key), Unavailable)


def test_a_trusted_authority_may_not_name_the_member_of_another(
    federation: SmallFederation, endpoint: str, echo: Echo
) -> None:
    forged = federation.issue("procuratorate/client/desk", by="police")
    error = refused_as(federation, endpoint, *forged)
    assert isinstance(error, Unauthenticated)
    assert error.reason == "WRONG_AUTHORITY"
    assert echo.refused == [(ASK, None, "WRONG_AUTHORITY")]


def test_an_installation_that_the_charter_does_not_list_is_refused(
    federation: SmallFederation, endpoint: str
) -> None:
    error = refused_as(federation, endpoint, *federation.issue("court/client/unlisted"))
    assert isinstance(error, PermissionDenied)
    assert error.reason == "UNKNOWN_INSTALLATION"


def test_an_expired_certificate_is_refused(federation: SmallFederation, endpoint: str) -> None:
    past = now() - timedelta(days=2)
    expired = federation.issue(DESK, not_before=past, not_after=past + timedelta(days=1))
    assert isinstance(refused_as(federation, endpoint, *expired), Unavailable)


def test_a_certificate_that_expires_while_connected_is_refused_on_the_next_call(
    federation: SmallFederation, trust: CharterTrust, echo: Echo
) -> None:
    charter, party, time = federation.charter(), federation.party(NODE), [now()]
    certificate, key = federation.issue(DESK, not_after=time[0] + timedelta(minutes=30))
    with (
        serving_echo(
            echo, trust, party.certificate, party.key, own=party.installation, now=lambda: time[0]
        ) as endpoint,
        channel(
            endpoint, server=party.installation, charter=charter, certificate=certificate, key=key
        ) as to_node,
    ):
        assert get_charter(to_node) == DESK
        time[0] += timedelta(minutes=31)
        with pytest.raises(Unauthenticated) as caught:
            get_charter(to_node)
    assert caught.value.reason == "CERTIFICATE_EXPIRED"


def take_up(trust: CharterTrust, published: Charter) -> None:
    """Refresh until the server has the charter: a look that began before it was published does not find it."""
    wait_for(trust.refresh, lambda charter: charter.version >= published.version, what="the new charter")


def test_a_revocation_by_one_agency_ends_an_open_connection(
    federation: SmallFederation, endpoint: str, trust: CharterTrust
) -> None:
    party = federation.party("justice/client/desk")
    charter, server = federation.charter(), Installation.parse(NODE)
    with channel(
        endpoint, server=server, charter=charter, certificate=party.certificate, key=party.key
    ) as to_node:
        get_charter(to_node)
        take_up(trust, federation.revoke("justice/client/desk"))
        with pytest.raises(Unauthenticated) as caught:
            get_charter(to_node)
    assert caught.value.reason == "CERTIFICATE_REVOKED"


def test_a_suspended_installation_is_refused(
    federation: SmallFederation, endpoint: str, trust: CharterTrust
) -> None:
    take_up(trust, federation.set_state(DESK, InstallationState.SUSPENDED))
    party = federation.party(DESK)
    assert refused_as(federation, endpoint, party.certificate, party.key).reason == "INSTALLATION_NOT_ACTIVE"


def test_a_revocation_is_noticed_within_an_open_stream(
    federation: SmallFederation, endpoint: str, trust: CharterTrust, echo: Echo
) -> None:
    party = federation.party(GATEWAY)
    charter, server = federation.charter(), Installation.parse(NODE)
    with channel(
        endpoint, server=server, charter=charter, certificate=party.certificate, key=party.key
    ) as to_node:
        pages = _Pages()
        answers = lookup_pb2_grpc.LookupServiceStub(to_node).Lookup(pages, timeout=PATIENCE_S)
        pages.send(1)
        assert next(answers).page == 1
        take_up(trust, federation.revoke(GATEWAY))
        pages.send(2)
        with pytest.raises(grpc.RpcError) as caught:
            next(answers)
    assert error_of(caught.value).reason == "CERTIFICATE_REVOKED"
    assert echo.refused == [(LOOKUP, Installation.parse(GATEWAY), "CERTIFICATE_REVOKED")]


def test_only_gateways_may_look_up(federation: SmallFederation, endpoint: str, echo: Echo) -> None:
    party = federation.party(DESK)
    charter, server = federation.charter(), Installation.parse(NODE)
    with channel(
        endpoint, server=server, charter=charter, certificate=party.certificate, key=party.key
    ) as to_node:
        answers = lookup_pb2_grpc.LookupServiceStub(to_node).Lookup(iter([]), timeout=PATIENCE_S)
        with pytest.raises(grpc.RpcError) as caught:
            next(answers)
    error = error_of(caught.value)
    assert isinstance(error, PermissionDenied)
    assert error.reason == "WRONG_PEER_KIND"
    assert echo.refused == [(LOOKUP, Installation.parse(DESK), "WRONG_PEER_KIND")]


@pytest.mark.parametrize(
    ("named", "by"),
    [
        ("police/node/police-1", "justice"),
        ("police/node/police-2", "police"),
        ("justice/node/justice-1", None),
    ],
    ids=["another authority in this name", "its authority in another name", "another member's own"],
)
def test_a_caller_refuses_a_server_that_is_not_the_one_it_calls(
    federation: SmallFederation, trust: CharterTrust, named: str, by: str | None
) -> None:
    certificate, key = federation.issue(named, by=by)
    desk = federation.party(DESK)
    with serving_echo(Echo(), trust, certificate, key, own=Installation.parse(NODE)) as endpoint:
        assert isinstance(refused_as(federation, endpoint, desk.certificate, desk.key), Unavailable)


def test_a_caller_refuses_a_server_whose_certificate_has_expired(
    federation: SmallFederation, trust: CharterTrust
) -> None:
    past = now() - timedelta(days=2)
    certificate, key = federation.issue(NODE, not_before=past, not_after=past + timedelta(days=1))
    desk = federation.party(DESK)
    with serving_echo(Echo(), trust, certificate, key, own=Installation.parse(NODE)) as endpoint:
        assert isinstance(refused_as(federation, endpoint, desk.certificate, desk.key), Unavailable)


def test_a_caller_opens_no_channel_to_whom_the_charter_does_not_name(federation: SmallFederation) -> None:
    desk = federation.party(DESK)

    def open_channel(server: str, charter: Charter) -> None:
        who = Installation.parse(server)
        channel("localhost:1", server=who, charter=charter, certificate=desk.certificate, key=desk.key)

    with pytest.raises(NotFound):
        open_channel("police/node/police-9", federation.charter())
    charter = federation.set_state(NODE, InstallationState.SUSPENDED)
    with pytest.raises(Unavailable, match="suspended"):
        open_channel(NODE, charter)


def test_a_server_shows_a_renewed_certificate_without_a_restart(
    federation: SmallFederation, endpoint: str
) -> None:
    party = federation.party(NODE)
    certificate, key = federation.issue(NODE)
    party.key.write_bytes(key.read_bytes())
    party.certificate.write_bytes(certificate.read_bytes())
    desk = federation.party(DESK)
    assert call(federation, endpoint, desk.certificate, desk.key) == DESK


def test_streams_over_the_cap_are_refused_and_unary_calls_still_served(
    federation: SmallFederation, endpoint: str
) -> None:
    party = federation.party(GATEWAY)
    dns, ca = Installation.parse(NODE).dns(federation.name), federation.ca("police").read_bytes()
    with pinned_channel(endpoint, dns=dns, ca=ca, certificate=party.certificate, key=party.key) as to_node:
        stub = lookup_pb2_grpc.LookupServiceStub(to_node)
        opened = [_Pages() for _ in range(3)]
        answers = []
        for pages in opened[:2]:
            answers.append(stub.Lookup(pages, timeout=PATIENCE_S))
            pages.send(7)
            assert next(answers[-1]).page == 7
        with pytest.raises(grpc.RpcError) as caught:
            next(stub.Lookup(opened[2], timeout=PATIENCE_S))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert get_charter(to_node) == GATEWAY
        for pages in opened:
            pages.close()


class _Pages:
    """A stream of pages sent one by one."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def send(self, page: int) -> None:
        self._queue.put(page)

    def close(self) -> None:
        self._queue.put(None)

    def __iter__(self) -> Iterator[lookup_pb2.LookupRequest]:
        return self

    def __next__(self) -> lookup_pb2.LookupRequest:
        page = self._queue.get(timeout=PATIENCE_S)
        if page is None:
            raise StopIteration
        return lookup_pb2.LookupRequest(page=page)
