"""What may not be entered, and who may not enter it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import grpc
import pytest

from compose.local.layout import client_installation, node_installation
from federation.charter.envelope import make_statement
from federation.client import Client
from federation.errors import BadEnvelope, HutongError, InvalidRequest, PermissionDenied, Replayed
from federation.statements.methods import AMEND, ENTER, ENTER_MANY, SHOW
from federation.v1 import lookup_pb2, lookup_pb2_grpc, record_pb2, registry_pb2, registry_pb2_grpc
from federation.values import clock
from federation.values.identity import Installation
from federation.values.keys import Signer
from tests.support import asking
from tests.support.entering import NODE, connect, enter, kinds, page, translated
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import COURT, Someone, open_record
from tests.support.waiting import PATIENCE_S


@pytest.fixture
def police(running_federation: LocalFederation) -> Client:
    return running_federation.client("police")


@pytest.fixture(scope="module")
def line(running_federation: LocalFederation) -> Iterator[grpc.Channel]:
    """A bare connection of the police's window to its node."""
    with connect(running_federation, client_installation("police"), NODE) as opened:
        yield opened


def test_a_page_replayed_is_refused_and_changes_nothing(
    running_federation: LocalFederation, police: Client, line: grpc.Channel
) -> None:
    stub = registry_pb2_grpc.RegistryServiceStub(line)
    request = registry_pb2.EnterManyRequest(envelope=page(police, open_record("police")[1]))
    [response] = stub.EnterMany(iter([request]), timeout=PATIENCE_S)
    with pytest.raises(Replayed), translated():
        list(stub.EnterMany(iter([request]), timeout=PATIENCE_S))
    assert kinds(running_federation, response.outcomes[0].receipt.record_id) == ["entered"]
    last = [e for e in running_federation.node_entries("police") if e["kind"] == "refused"][-1]
    assert (last["reason"], last["by"]) == ("REPLAYED", "police/client/window-1")


def test_a_single_entry_replayed_is_refused(police: Client, line: grpc.Channel) -> None:
    envelope = page(police, open_record("police")[1], method=ENTER)
    enter(line, envelope)
    with pytest.raises(Replayed):
        enter(line, envelope)


def test_a_statement_for_one_method_is_none_for_another(police: Client, line: grpc.Channel) -> None:
    for method in (ENTER_MANY, AMEND, SHOW):
        with pytest.raises(BadEnvelope) as refused:
            enter(line, page(police, open_record("police")[1], method=method))
        assert refused.value.reason == "WRONG_METHOD"


@pytest.mark.parametrize(
    ("records", "message"), [(0, "exactly one"), (2, "exactly one")], ids=["none", "two"]
)
def test_enter_takes_exactly_one_record(
    police: Client, line: grpc.Channel, records: int, message: str
) -> None:
    made = [open_record("police")[1] for _ in range(records)]
    body = registry_pb2.EntryPage(records=made).SerializeToString() or b"\x00"
    envelope = police.connection.statement(body, method=ENTER, destination=str(NODE))
    with pytest.raises(InvalidRequest) as refused:
        enter(line, envelope)
    assert refused.value.violations[0].field in ("records", "body")


def test_a_body_that_is_no_page_is_refused(police: Client, line: grpc.Channel) -> None:
    with pytest.raises(InvalidRequest) as refused:
        enter(line, police.connection.statement(b"\xff\xff\xff", method=ENTER, destination=str(NODE)))
    assert refused.value.violations[0].field == "body"


def test_r12_another_agency_enters_nothing_here(running_federation: LocalFederation, police: Client) -> None:
    _, made = open_record("justice")
    with pytest.raises(PermissionDenied) as refused:
        running_federation.client("justice").register.enter("police-1", made)
    assert refused.value.reason == "NOT_OWN_MEMBER"
    last = [e for e in running_federation.node_entries("police") if e["kind"] == "refused"][-1]
    assert (last["reason"], last["by"]) == ("NOT_OWN_MEMBER", "justice/client/window-1")


def test_r12_a_statement_of_another_agency_is_not_carried_in_by_the_own_window(
    running_federation: LocalFederation, police: Client, line: grpc.Channel
) -> None:
    justice = running_federation.client("justice")
    with pytest.raises(HutongError) as refused:
        enter(line, page(justice, open_record("police")[1], method=ENTER))
    assert refused.value.reason == "PEER_IS_NOT_SIGNER"


def test_a_key_that_only_answers_enters_nothing(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    charter = running_federation.charter()
    signer = Signer.load(running_federation.layout.server(NODE) / "signing.key", NODE)
    envelope = make_statement(
        signer=signer,
        federation=charter.federation,
        method=ENTER,
        destination=str(NODE),
        officer=OFFICER,
        body=registry_pb2.EntryPage(records=[open_record("police")[1]]).SerializeToString(),
        charter_version=charter.version,
        now=clock.now(),
    )
    with pytest.raises(PermissionDenied) as refused:
        enter(line, envelope)
    assert refused.value.reason == "WRONG_ROLE"


def test_a_court_has_no_register(running_federation: LocalFederation) -> None:
    with pytest.raises(PermissionDenied):
        running_federation.client("court").register.enter("police-1", open_record("police")[1])


@pytest.mark.parametrize("member", ["police", "court"])
def test_only_gateways_look_up_at_a_node(running_federation: LocalFederation, member: str) -> None:
    someone = Someone()
    client = running_federation.client(member)
    envelope = client.connection.statement(
        asking.case(someone.subject()).SerializeToString(),
        method="/federation.v1.QueryService/Ask",
        destination="gateway",
    )
    request = lookup_pb2.LookupRequest(page=1, questions=[lookup_pb2.Question(envelope=envelope, attempt=1)])
    with connect(running_federation, client_installation(member), NODE) as opened:
        stub = lookup_pb2_grpc.LookupServiceStub(opened)
        with pytest.raises(PermissionDenied) as refused, translated():
            list(stub.Lookup(iter([request]), timeout=PATIENCE_S))
    assert refused.value.reason == "WRONG_PEER_KIND"


def test_only_the_own_member_reads_a_log_in_clear(running_federation: LocalFederation) -> None:
    with pytest.raises(PermissionDenied):
        list(running_federation.client("police").evidence.entries(node_installation("justice")))
    with pytest.raises(PermissionDenied):
        list(
            running_federation.client("police").evidence.entries(
                Installation.parse("interconnect/gateway/gateway-1")
            )
        )


def _altered(change: Callable[[record_pb2.Record], object]) -> record_pb2.Record:
    _, made = open_record("police")
    change(made)
    return made


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        (lambda m: m.ClearField("court"), "court", "R16"),
        (lambda m: m.ClearField("final_on"), "final_on", "R18"),
        (lambda m: setattr(m, "final_on", "2100-01-01"), "final_on", "R23"),
        (lambda m: setattr(m.person, "sex", 5), "person.sex", "GB/T 2261.1"),
        (lambda m: setattr(m.court, "name", COURT + "\x00"), "court.name", "TEXT"),
        (lambda m: m.MergeFromString(b"\xf8\x07\x01"), "record", "UNKNOWN_FIELD"),
    ],
)
def test_a_bad_record_is_refused_over_the_wire_by_field_and_rule(
    police: Client, change: Callable[[record_pb2.Record], object], field: str, rule: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        police.register.enter("police-1", _altered(change))
    assert (field, rule) in {(v.field, v.rule) for v in refused.value.violations}
