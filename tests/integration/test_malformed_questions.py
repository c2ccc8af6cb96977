"""Questions that are not well formed or that the policy refuses: by field and rule."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from click.testing import CliRunner

from compose.cli import main
from federation.errors import InvalidRequest, NotPermitted
from federation.v1 import query_pb2 as pb
from federation.v1 import query_pb2_grpc
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone
from tests.support.refusing import WINDOW, Change, connect, last_refusal, query, refused, send, signed
from tests.support.waiting import PATIENCE_S


@pytest.fixture(scope="module")
def line(running_federation: LocalFederation) -> Iterator[grpc.Channel]:
    """A bare connection of the police's window to the gateway."""
    with connect(running_federation, WINDOW) as opened:
        yield opened


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
