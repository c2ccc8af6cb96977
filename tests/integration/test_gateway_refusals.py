"""Everything that a gateway turns away, one by one, each with its reason and its entry in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import grpc
import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.local.layout import GATEWAY, client_installation, node_installation
from federation.charter.envelope import STATEMENT, make_statement, sign_payload
from federation.errors import BadEnvelope, Exhausted, HutongError, InvalidRequest, NotPermitted, Replayed
from federation.statements.methods import ASK, ENTER
from federation.transport.status import error_of
from federation.transport.tls import channel
from federation.v1 import query_pb2 as pb
from federation.v1 import query_pb2_grpc
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values import clock
from federation.values.identity import Installation
from federation.values.keys import Signer
from tests.support import asking
from tests.support.federation import SmallFederation
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import Someone
from tests.support.waiting import PATIENCE_S

WINDOW = client_installation("police")
Change = Callable[[pb.Query], object]


@pytest.fixture(scope="module")
def line(running_federation: LocalFederation) -> Iterator[grpc.Channel]:
    """A bare connection of the police's window to the gateway."""
    with connect(running_federation, WINDOW) as opened:
        yield opened


def connect(federation: LocalFederation, who: Installation) -> grpc.Channel:
    folder, charter = federation.layout.folder(who), federation.charter()
    [gateway] = charter.gateways
    return channel(
        gateway.endpoint,
        server=gateway.installation,
        charter=charter,
        certificate=folder / "tls.pem",
        key=folder / "tls.key",
    )


def signer(federation: LocalFederation, who: Installation = WINDOW) -> Signer:
    return Signer.load(federation.layout.folder(who) / "signing.key", who)


def query(change: Change = lambda query: None) -> pb.Query:
    made = asking.case(Someone().subject())
    change(made)
    return made


def signed(federation: LocalFederation, who: Installation = WINDOW, /, **fields: object) -> Envelope:
    """Return a question in an envelope in which something may differ from what is right."""
    charter = federation.charter()
    right: dict[str, object] = {
        "federation": charter.federation,
        "method": ASK,
        "destination": "gateway",
        "officer": OFFICER,
        "body": query().SerializeToString(),
        "charter_version": charter.version,
        "now": clock.now(),
    }
    return make_statement(signer=signer(federation, who), **{**right, **fields})  # type: ignore[arg-type]


def restated(federation: LocalFederation, change: Callable[[Statement], object]) -> Envelope:
    """Return a statement that was changed before it was signed."""
    statement = Statement.FromString(signed(federation).payload)
    change(statement)
    return sign_payload(STATEMENT, statement.SerializeToString(), signer(federation))


_OF_QUESTIONS = ("refused", "request", "sealed_access", "answer")


def send(line: grpc.Channel, envelope: Envelope) -> pb.Answer:
    try:
        response = query_pb2_grpc.QueryServiceStub(line).Ask(
            pb.AskRequest(envelope=envelope), timeout=PATIENCE_S
        )
    except grpc.RpcError as error:
        raise error_of(error) from error
    return pb.Answer.FromString(response.answer.payload)


def last_refusal(federation: LocalFederation) -> dict[str, object]:
    return dict([e for e in federation.gateway_entries() if e["kind"] == "refused"][-1])


def refused(federation: LocalFederation, line: grpc.Channel, envelope: Envelope, reason: str) -> HutongError:
    """Send an envelope that must be refused for `reason`, with an entry that says so; return the error."""
    before = len(federation.gateway_entries())
    with pytest.raises(HutongError) as caught:
        send(line, envelope)
    # What seals of other tests spread meanwhile is no part of a question.
    entries = [e for e in federation.gateway_entries()[before:] if e["kind"] in _OF_QUESTIONS]
    logged = [(e["kind"], e.get("reason"), e.get("method"), e["by"]) for e in entries]
    assert logged == [("refused", reason, ASK, str(WINDOW))]
    assert caught.value.reason == reason
    return caught.value


def test_what_is_right_is_answered(running_federation: LocalFederation, line: grpc.Channel) -> None:
    assert send(line, signed(running_federation)).finding == pb.FINDING_NO_RECORD


def test_an_envelope_sent_twice_is_refused(running_federation: LocalFederation, line: grpc.Channel) -> None:
    envelope = signed(running_federation)
    send(line, envelope)
    assert isinstance(refused(running_federation, line, envelope, "REPLAYED"), Replayed)


def test_a_retry_is_a_new_envelope_that_names_the_old_one(running_federation: LocalFederation) -> None:
    client = running_federation.client("police")
    first = client.ask(query())
    again = client.ask(query(), retry_of=first.request_digest)
    [entry] = [
        e
        for e in running_federation.gateway_entries()
        if e["kind"] == "request" and e["request"] == again.request_digest.hex()
    ]
    assert entry["retry_of"] == first.request_digest.hex()


def test_an_altered_payload_is_refused(running_federation: LocalFederation, line: grpc.Channel) -> None:
    envelope = signed(running_federation)
    envelope.payload = envelope.payload.replace(asking.CASE.encode(), asking.CASE.replace("1", "2").encode())
    assert isinstance(refused(running_federation, line, envelope, "BAD_SIGNATURE"), BadEnvelope)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"destination": "interconnect/gateway/gateway-1"}, "WRONG_DESTINATION"),
        ({"destination": "police/node/police-1"}, "WRONG_DESTINATION"),
        ({"method": ENTER}, "WRONG_METHOD"),
        ({"federation": "another.federation"}, "WRONG_FEDERATION"),
        ({"now": clock.now() - timedelta(minutes=5)}, "ENVELOPE_EXPIRED"),
        ({"now": clock.now() + timedelta(minutes=15)}, "ENVELOPE_NOT_YET_VALID"),
        ({"officer": ""}, "OFFICER_MISSING"),
        ({"officer": "  "}, "OFFICER_MISSING"),
        ({"officer": "警" * 65}, "OFFICER_MALFORMED"),
        ({"officer": "王\n警官"}, "OFFICER_MALFORMED"),
        ({"charter_version": 99}, "WRONG_CHARTER_VERSION"),
        ({"body": b""}, "BODY_MISSING"),
        ({"retry_of": b"short"}, "BAD_RETRY_OF"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_statement_that_does_not_fit_is_refused(
    running_federation: LocalFederation, line: grpc.Channel, fields: dict[str, object], reason: str
) -> None:
    refused(running_federation, line, signed(running_federation, **fields), reason)


def test_a_statement_longer_than_any_question_is_refused_before_it_is_read(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    long = signed(running_federation, body=bytes(100 * 1024))
    error = refused(running_federation, line, long, "INVALID_REQUEST")
    assert isinstance(error, InvalidRequest)
    assert [(v.field, v.rule) for v in error.violations] == [("request", "SIZE")]
    with pytest.raises(Exhausted):  # longer than any request: not even received
        send(line, signed(running_federation, body=bytes(5 * 1024 * 1024)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: setattr(s, "nonce", b"123"), "BAD_NONCE"),
        (lambda s: setattr(s, "issued_at", "today"), "MALFORMED_STATEMENT"),
        (lambda s: setattr(s, "member", "court"), "WRONG_SIGNER"),
        (lambda s: setattr(s, "installation", "police/client/window-2"), "WRONG_SIGNER"),
    ],
)
def test_a_statement_that_says_something_else_than_its_signature_is_refused(
    running_federation: LocalFederation,
    line: grpc.Channel,
    change: Callable[[Statement], object],
    reason: str,
) -> None:
    refused(running_federation, line, restated(running_federation, change), reason)


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        (Envelope(), "MISSING_ENVELOPE"),
        (Envelope(payload_type="text/plain", payload=b"x"), "WRONG_PAYLOAD_TYPE"),
        (Envelope(payload_type=STATEMENT, payload=b"x"), "ONE_SIGNATURE"),
    ],
)
def test_what_is_no_envelope_is_refused(
    running_federation: LocalFederation, line: grpc.Channel, envelope: Envelope, reason: str
) -> None:
    refused(running_federation, line, envelope, reason)


def test_a_key_that_the_charter_does_not_list_is_refused(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    envelope = signed(running_federation)
    envelope.signatures[0].keyid = "ab" * 32
    refused(running_federation, line, envelope, "UNKNOWN_SIGNER")


def test_a_key_that_only_answers_asks_nothing(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    envelope = signed(running_federation, node_installation("police"))
    refused(running_federation, line, envelope, "WRONG_ROLE")


def test_a_member_delivers_its_own_statements_only(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    envelope = signed(running_federation, client_installation("procuratorate"))
    refused(running_federation, line, envelope, "PEER_IS_NOT_SIGNER")


def test_a_node_asks_nothing(running_federation: LocalFederation) -> None:
    node = node_installation("police")
    with connect(running_federation, node) as opened, pytest.raises(HutongError) as caught:
        send(opened, signed(running_federation))
    assert caught.value.reason == "WRONG_PEER_KIND"
    entry = last_refusal(running_federation)
    assert (entry["reason"], entry["by"]) == ("WRONG_PEER_KIND", str(node))


def _wrong_check(made: pb.Query) -> None:
    number = made.subject.identifiers[0].number
    made.subject.identifiers[0].number = number[:-1] + ("0" if number[-1] != "0" else "1")


def _purpose(purpose: pb.Purpose.ValueType, **fields: object) -> Change:
    def change(made: pb.Query) -> None:
        made.CopyFrom(pb.Query(purpose=purpose, subject=made.subject, **fields))  # type: ignore[arg-type]

    return change


def _clear(*names: str) -> Change:
    def change(made: pb.Query) -> None:
        for name in names:
            made.subject.ClearField(name)  # type: ignore[arg-type]

    return change


UNDERTAKING = asking.promise()
MALFORMED: list[tuple[str, Change, str, str]] = [
    ("no purpose", lambda q: q.ClearField("purpose"), "purpose", "R53"),
    ("unknown purpose", lambda q: setattr(q, "purpose", 99), "purpose", "R53"),
    ("case without case number", _purpose(pb.PURPOSE_CASE), "case_number", "R32"),
    ("defence without case number", _purpose(pb.PURPOSE_DEFENCE), "case_number", "R32"),
    ("public without basis", _purpose(pb.PURPOSE_PUBLIC), "basis", "R36"),
    (
        "sealed case without case number",
        _purpose(pb.PURPOSE_SEALED_CASE, undertaking=UNDERTAKING),
        "case_number",
        "R32",
    ),
    (
        "sealed case without undertaking",
        _purpose(pb.PURPOSE_SEALED_CASE, case_number="1"),
        "undertaking",
        "R44",
    ),
    (
        "sealed provision without basis",
        _purpose(pb.PURPOSE_SEALED_PROVISION, undertaking=UNDERTAKING),
        "basis",
        "R36",
    ),
    (
        "sealed provision without undertaking",
        _purpose(pb.PURPOSE_SEALED_PROVISION, basis="X"),
        "undertaking",
        "R44",
    ),
    ("nobody", _clear("identifiers", "name", "birth_date"), "subject", "R14"),
    ("name alone", _clear("identifiers", "birth_date"), "subject", "R14"),
    ("birth date alone", _clear("identifiers", "name"), "subject", "R14"),
    ("wrong check digit", _wrong_check, "subject.identifiers[0].number", "GB 11643"),
    (
        "empty number",
        lambda q: setattr(q.subject.identifiers[0], "number", ""),
        "subject.identifiers[0].number",
        "GB 11643",
    ),
    (
        "number of unknown type",
        lambda q: setattr(q.subject.identifiers[0], "type", 88),
        "subject.identifiers[0].type",
        "R14",
    ),
    (
        "six numbers",
        lambda q: q.subject.identifiers.extend([q.subject.identifiers[0]] * 5),
        "subject.identifiers",
        "SIZE",
    ),
    ("30 February", lambda q: setattr(q.subject, "birth_date", "1980-02-30"), "subject.birth_date", "DATE"),
    ("name of 61 characters", lambda q: setattr(q.subject, "name", "王" * 61), "subject.name", "SIZE"),
    ("control character", lambda q: setattr(q.subject, "name", "王\x00"), "subject.name", "TEXT"),
    ("case number of a novel", lambda q: setattr(q, "case_number", "号" * 121), "case_number", "SIZE"),
    ("unknown granularity", lambda q: setattr(q, "granularity", 9), "granularity", "FORMAT"),
    ("unknown field", lambda q: q.MergeFromString(b"\xf8\x07\x01"), "query", "UNKNOWN_FIELD"),
    ("unknown field within", lambda q: q.subject.MergeFromString(b"\xf8\x07\x01"), "query", "UNKNOWN_FIELD"),
    (
        "beneficiary of unknown class",
        lambda q: q.on_behalf_of.CopyFrom(pb.Beneficiary(organ_class="king", name="x")),
        "on_behalf_of.organ_class",
        "R34",
    ),
    (
        "beneficiary without a name",
        lambda q: q.on_behalf_of.CopyFrom(pb.Beneficiary(organ_class="lawyer")),
        "on_behalf_of.name",
        "R56",
    ),
]


@pytest.mark.parametrize(
    ("change", "field", "rule"), [m[1:] for m in MALFORMED], ids=[m[0] for m in MALFORMED]
)
def test_a_malformed_question_is_refused_by_field_and_rule(
    running_federation: LocalFederation, line: grpc.Channel, change: Change, field: str, rule: str
) -> None:
    envelope = signed(running_federation, body=query(change).SerializeToString())
    error = refused(running_federation, line, envelope, "INVALID_REQUEST")
    assert isinstance(error, InvalidRequest)
    assert (field, rule) in {(v.field, v.rule) for v in error.violations}
    assert rule in last_refusal(running_federation)["rules"]  # type: ignore[operator]


def test_a_body_that_is_no_question_is_refused(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    error = refused(running_federation, line, signed(running_federation, body=b"\xff\xff"), "INVALID_REQUEST")
    assert [(v.field, v.rule) for v in getattr(error, "violations", ())] == [("body", "FORMAT")]


def test_the_status_of_a_bad_field_is_invalid_argument_with_bad_request(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    envelope = signed(running_federation, body=query(_wrong_check).SerializeToString())
    with pytest.raises(grpc.RpcError) as caught:
        query_pb2_grpc.QueryServiceStub(line).Ask(pb.AskRequest(envelope=envelope), timeout=PATIENCE_S)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "subject.identifiers[0].number" in (caught.value.details() or "")


def test_r33_a_refusal_of_the_policy_is_logged_with_nothing_about_the_person(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    someone = Someone(name="不留名")
    body = asking.defence(someone.subject())
    body.subject_of_case = False
    envelope = signed(running_federation, body=body.SerializeToString())
    error = refused(running_federation, line, envelope, "NOT_PERMITTED")
    assert isinstance(error, NotPermitted)
    assert all(p.id and p.clause and p.says for p in error.policies)
    assert someone.number not in str(last_refusal(running_federation))


def test_a_refused_question_never_reaches_a_node(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    before = len(running_federation.node_entries("police"))
    with pytest.raises(InvalidRequest):
        send(line, signed(running_federation, body=query(_wrong_check).SerializeToString()))
    kinds = [e["kind"] for e in running_federation.node_entries("police")[before:]]
    assert set(kinds) <= {"exported"}


def test_a_message_beyond_the_limit_of_the_wire_is_refused(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    with pytest.raises(HutongError) as caught:
        send(line, Envelope(payload_type=STATEMENT, payload=bytes(9 * 1024 * 1024)))
    assert caught.value.reason == "EXHAUSTED"
    assert send(line, signed(running_federation)).finding == pb.FINDING_NO_RECORD


def test_a_stranger_to_the_federation_is_not_heard(
    running_federation: LocalFederation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = SmallFederation(tmp_path_factory.mktemp("stranger")).party("police/client/desk")
    charter = running_federation.charter()
    [gateway] = charter.gateways
    with (
        channel(
            gateway.endpoint,
            server=GATEWAY,
            charter=charter,
            certificate=stranger.certificate,
            key=stranger.key,
        ) as opened,
        pytest.raises(HutongError) as caught,
    ):
        send(opened, signed(running_federation))
    assert caught.value.reason == "UNREACHABLE"


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (
            ("--purpose", "public", "--basis", "NO-SUCH-ROW", "--on-behalf-of", "unit:第一小学"),
            "name the provision",
        ),
        (("--purpose", "defence", "--case-number", "1", "--on-behalf-of", "unit:第一小学"), "defence lawyer"),
    ],
)
def test_a26_a_refused_question_says_at_the_terminal_what_can_be_done(
    running_federation: LocalFederation, arguments: tuple[str, ...], remedy: str
) -> None:
    home = ("--home", str(running_federation.layout.home), "--as", "police", "--officer", "甲")
    number = ("--id-number", Someone().number)
    for more in ((), ("--json",)):
        ran = CliRunner().invoke(main, ["ask", *home, *arguments, *number, *more])
        assert ran.exit_code == 1
        assert remedy in ran.output
