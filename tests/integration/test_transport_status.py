"""What a caller sees when something goes wrong, over mutual TLS, and what stays in our own log.

`grpc_channel` stands in for the fixture of pytest-grpc, which knows insecure ports only.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from federation import errors
from federation.errors import FieldViolation, HutongError, PolicyReason
from federation.transport.status import STATUS, error_of, raise_from_rpc
from federation.transport.tls import channel
from federation.v1 import charter_pb2, charter_pb2_grpc, lookup_pb2, lookup_pb2_grpc
from federation.values.identity import Installation
from tests.support.echo import Echo, serving_echo
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.waiting import PATIENCE_S

NODE = "police/node/police-1"


@pytest.fixture(scope="module")
def echo() -> Echo:
    return Echo()


@pytest.fixture(scope="module")
def grpc_channel(echo: Echo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    federation = SmallFederation(Path(tmp_path_factory.mktemp("federation")))
    node, gateway = federation.party(NODE), federation.party(GATEWAY)
    with (
        federation.trust() as trust,
        serving_echo(echo, trust, node.certificate, node.key, own=node.installation) as endpoint,
        channel(
            endpoint,
            server=node.installation,
            charter=trust.current(),
            certificate=gateway.certificate,
            key=gateway.key,
        ) as opened,
    ):
        yield opened


@pytest.fixture(autouse=True)
def _calm(echo: Echo) -> Iterator[None]:
    yield
    echo.error = None
    echo.refused.clear()


def ask(grpc_channel: grpc.Channel) -> str:
    stub = charter_pb2_grpc.CharterServiceStub(grpc_channel)
    try:
        return stub.GetCharter(charter_pb2.GetCharterRequest(), timeout=PATIENCE_S).digest
    except grpc.RpcError as error:
        raise_from_rpc(error)


def every_error() -> Iterator[type[HutongError]]:
    waiting = [HutongError]
    while waiting:
        found = waiting.pop().__subclasses__()
        yield from found
        waiting += found


def test_every_error_has_a_status_of_its_own() -> None:
    assert set(every_error()) == set(STATUS)


SAMPLES: list[HutongError] = [
    errors.InvalidRequest([FieldViolation("person.姓名", "R18", "必须填写"), FieldViolation("a", "b", "c")]),
    errors.Unauthenticated("who?"),
    errors.BadEnvelope("too old", reason="ENVELOPE_EXPIRED"),
    errors.Replayed("seen before"),
    errors.PermissionDenied("not you", reason="WRONG_ROLE"),
    errors.NotPermitted("no", [PolicyReason("q2-basis", "刑诉法第286条", "未成年人犯罪记录封存")]),
    errors.NotFound("nothing there"),
    errors.AlreadyExists("another content", record="abc"),
    errors.Stale("look again"),
    errors.Exhausted("too much", retry_after_s=2.5),
    errors.Unavailable("not now"),
    errors.CharterUnusable("expired", reason="CHARTER_EXPIRED"),
    errors.CannotAccount("cannot account for this"),
    errors.Corrupt("bytes fail"),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_what_the_server_raises_the_client_raises(
    echo: Echo, grpc_channel: grpc.Channel, error: HutongError
) -> None:
    echo.error = error
    with pytest.raises(HutongError) as caught:
        ask(grpc_channel)
    assert type(caught.value) is type(error)
    assert (caught.value.reason, caught.value.message) == (error.reason, error.message)
    for detail in ("violations", "policies", "retry_after_s"):
        assert getattr(caught.value, detail, None) == getattr(error, detail, None)


def test_a26_the_remedy_arrives_at_the_asker(echo: Echo, grpc_channel: grpc.Channel) -> None:
    echo.error = errors.NotPermitted("no", [PolicyReason("q", "R36", "no: it is not", "name one")])
    with pytest.raises(errors.NotPermitted) as caught:
        ask(grpc_channel)
    assert caught.value.policies == echo.error.policies


def test_an_oversized_list_of_violations_still_reaches_the_caller(
    echo: Echo, grpc_channel: grpc.Channel
) -> None:
    echo.error = errors.InvalidRequest([FieldViolation(f"项{i}", "规则", "必" * 500) for i in range(500)])
    with pytest.raises(errors.InvalidRequest) as caught:
        ask(grpc_channel)
    assert caught.value.violations[0].field == "项0"


def test_an_unknown_error_is_a_bare_internal_and_its_detail_stays_in_our_log(
    echo: Echo, grpc_channel: grpc.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    echo.error = KeyError("机密")
    with caplog.at_level(logging.ERROR), pytest.raises(HutongError) as caught:
        ask(grpc_channel)
    assert type(caught.value) is HutongError
    assert "机密" not in caught.value.message
    assert "机密" in caplog.text


def test_an_error_in_a_stream_is_translated_and_recorded(echo: Echo, grpc_channel: grpc.Channel) -> None:
    echo.error = errors.BadEnvelope("altered", reason="BAD_SIGNATURE")
    answers = lookup_pb2_grpc.LookupServiceStub(grpc_channel).Lookup(
        iter([lookup_pb2.LookupRequest()]), timeout=PATIENCE_S
    )
    with pytest.raises(grpc.RpcError) as caught:
        next(answers)
    assert error_of(caught.value).reason == "BAD_SIGNATURE"
    assert [(str(peer), reason) for _, peer, reason in echo.refused] == [(GATEWAY, "BAD_SIGNATURE")]


def test_that_we_cannot_serve_is_not_recorded_as_a_refusal(echo: Echo, grpc_channel: grpc.Channel) -> None:
    echo.error = errors.CannotAccount("disk full")
    with pytest.raises(errors.CannotAccount):
        ask(grpc_channel)
    assert echo.refused == []


def test_a_caller_that_gives_up_is_no_internal_error(
    echo: Echo, grpc_channel: grpc.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    echo.hold.clear()
    echo.error = RuntimeError("too late to matter")
    stub = charter_pb2_grpc.CharterServiceStub(grpc_channel)
    with caplog.at_level(logging.INFO):
        with pytest.raises(grpc.RpcError) as caught:
            stub.GetCharter(charter_pb2.GetCharterRequest(), timeout=0.2)
        echo.hold.set()
        echo.error = None
        assert ask(grpc_channel) == GATEWAY
    assert error_of(caught.value).reason == "DEADLINE_EXCEEDED"
    assert caplog.records == []


def test_a_stream_cancelled_by_its_caller_leaves_no_noise(
    grpc_channel: grpc.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    def pages() -> Iterator[lookup_pb2.LookupRequest]:
        yield lookup_pb2.LookupRequest(page=1)
        stop.wait(5)

    stop = threading.Event()
    with caplog.at_level(logging.INFO):
        answers = lookup_pb2_grpc.LookupServiceStub(grpc_channel).Lookup(pages(), timeout=PATIENCE_S)
        assert next(answers).page == 1
        answers.cancel()
        stop.set()
        assert ask(grpc_channel) == GATEWAY
    assert caplog.records == []


def test_health_and_reflection_answer_authenticated_members(grpc_channel: grpc.Channel) -> None:
    health = health_pb2_grpc.HealthStub(grpc_channel)
    request = health_pb2.HealthCheckRequest(service="federation.v1.LookupService")
    assert health.Check(request, timeout=PATIENCE_S).status == health_pb2.HealthCheckResponse.SERVING
    reflection = reflection_pb2_grpc.ServerReflectionStub(grpc_channel)
    listing = reflection_pb2.ServerReflectionRequest(list_services="")
    answer = next(reflection.ServerReflectionInfo(iter([listing]), timeout=PATIENCE_S))
    assert "federation.v1.LookupService" in {
        service.name for service in answer.list_services_response.service
    }


def test_a_servicer_is_told_who_calls(grpc_channel: grpc.Channel) -> None:
    assert Installation.parse(ask(grpc_channel)) == Installation.parse(GATEWAY)
