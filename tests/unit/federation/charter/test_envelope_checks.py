"""Each way in which an envelope can fail has a reason of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from federation.charter import envelope as envelopes
from federation.charter.envelope import (
    ANSWER,
    GATEWAY,
    STATEMENT,
    open_statement,
    sign_payload,
    verify_payload,
)
from federation.charter.model import Charter, InstallationState
from federation.charter.statement_checks import MOST_APART
from federation.errors import BadEnvelope, HutongError, PermissionDenied, Unauthenticated
from federation.v1.envelope_pb2 import Envelope, Signature, Statement
from federation.values.clock import stamp
from federation.values.identity import Installation, Role
from federation.values.keys import Signer
from tests.support.federation import GATEWAY as REPLICA
from tests.support.federation import SmallFederation

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASK = "/federation.v1.QueryService/Ask"


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(Path(tmp_path_factory.mktemp("federation")), clock=lambda: NOW)


@pytest.fixture(scope="module")
def charter(federation: SmallFederation) -> Charter:
    return federation.charter()


@pytest.fixture
def desk(federation: SmallFederation) -> Signer:
    return federation.party("court/client/desk").signer


def make(signer: Signer, **changed: Any) -> Envelope:
    facts: dict[str, Any] = {
        "federation": "hutong.test",
        "method": ASK,
        "destination": GATEWAY,
        "officer": "王法官",
        "body": b"a question",
        "charter_version": 1,
        "now": NOW,
    }
    return envelopes.make_statement(signer=signer, **(facts | changed))


def opened(envelope: Envelope, charter: Charter, **changed: Any) -> envelopes.OpenedStatement:
    expected: dict[str, Any] = {"method": ASK, "destination": GATEWAY, "role": Role.ASKS, "now": NOW}
    return open_statement(envelope, charter, **(expected | changed))


def reason(envelope: Envelope, charter: Charter, **changed: Any) -> str:
    with pytest.raises(HutongError) as caught:
        opened(envelope, charter, **changed)
    assert isinstance(caught.value, BadEnvelope | PermissionDenied)
    return caught.value.reason


def resigned(envelope: Envelope, signer: Signer, change: Callable[[Statement], object]) -> Envelope:
    statement = Statement.FromString(envelope.payload)
    change(statement)
    return sign_payload(STATEMENT, statement.SerializeToString(), signer)


def test_a_statement_comes_out_as_it_went_in(charter: Charter, desk: Signer) -> None:
    statement = opened(make(desk), charter)
    assert (statement.officer, statement.statement.body) == ("王法官", b"a question")
    assert (statement.installation, statement.keyid) == (desk.installation, desk.keyid)
    assert len(statement.digest) == 32


def test_every_statement_is_another(desk: Signer, charter: Charter) -> None:
    first, second = opened(make(desk), charter), opened(make(desk), charter)
    assert first.digest != second.digest
    assert first.statement.nonce != second.statement.nonce


def test_no_envelope_is_a_reason_of_its_own(charter: Charter) -> None:
    assert reason(Envelope(), charter) == "MISSING_ENVELOPE"


def test_one_altered_byte_breaks_the_signature(charter: Charter, desk: Signer) -> None:
    envelope = make(desk)
    for position in range(0, len(envelope.payload), 7):
        altered = Envelope()
        altered.CopyFrom(envelope)
        payload = bytearray(envelope.payload)
        payload[position] ^= 1
        altered.payload = bytes(payload)
        assert reason(altered, charter) == "BAD_SIGNATURE"


def test_a_signature_for_another_payload_type_does_not_hold(charter: Charter, desk: Signer) -> None:
    envelope = make(desk)
    envelope.payload_type = ANSWER
    assert reason(envelope, charter) == "WRONG_PAYLOAD_TYPE"
    with pytest.raises(BadEnvelope) as caught:
        verify_payload(envelope, ANSWER, charter, role=Role.ASKS, now=NOW)
    assert caught.value.reason == "BAD_SIGNATURE"


@pytest.mark.parametrize("sig", [b"", b"x", bytes(64), bytes(65)])
def test_a_signature_of_any_wrong_shape_is_bad(charter: Charter, desk: Signer, sig: bytes) -> None:
    envelope = make(desk)
    envelope.signatures[0].sig = sig
    assert reason(envelope, charter) == "BAD_SIGNATURE"


def test_the_key_of_a_stranger_is_unknown(
    charter: Charter, federation: SmallFederation, tmp_path: Path
) -> None:
    stranger = SmallFederation(tmp_path, clock=lambda: NOW).party("court/client/desk").signer
    assert reason(make(stranger), charter) == "UNKNOWN_SIGNER"


@pytest.mark.parametrize(
    "grown",
    [
        lambda s: setattr(s, "officer_signature", bytes(65)),
        lambda s: setattr(s, "officer_signature", bytes(60_000)),
        lambda s: setattr(s.officer_certificate, "payload", bytes(60_000)),
        lambda s: s.officer_certificate.signatures.extend([Signature(keyid="k" * 100)] * 40),
    ],
)
def test_what_nobody_looks_at_is_not_large(
    charter: Charter, desk: Signer, grown: Callable[[Statement], object]
) -> None:
    """Of a member without certified officers the certificate is not opened, and gateways pass the statement on."""
    assert reason(resigned(make(desk), desk, grown), charter) == "OFFICER_MALFORMED"


def test_two_signatures_are_one_too_many(charter: Charter, desk: Signer) -> None:
    envelope = make(desk)
    envelope.signatures.append(envelope.signatures[0])
    assert reason(envelope, charter) == "ONE_SIGNATURE"
    del envelope.signatures[:]
    assert reason(envelope, charter) == "ONE_SIGNATURE"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"federation": "elsewhere.test"}, "WRONG_FEDERATION"),
        ({"method": "/federation.v1.RegistryService/Enter"}, "WRONG_METHOD"),
        ({"destination": "police/node/police-1"}, "WRONG_DESTINATION"),
        ({"officer": ""}, "OFFICER_MISSING"),
        ({"officer": " 　"}, "OFFICER_MISSING"),
        ({"officer": "王" * 65}, "OFFICER_MALFORMED"),
        ({"officer": "王\n法官"}, "OFFICER_MALFORMED"),
        ({"officer": "王法官\u200b"}, "OFFICER_MALFORMED"),
        ({"officer": "王法官\u3164"}, "OFFICER_MALFORMED"),
        ({"officer": "王\ue000"}, "OFFICER_MALFORMED"),
        ({"officer": "……"}, "OFFICER_MALFORMED"),
        ({"body": b""}, "BODY_MISSING"),
        ({"charter_version": 1 + MOST_APART + 1}, "WRONG_CHARTER_VERSION"),
        ({"retry_of": b"short"}, "BAD_RETRY_OF"),
        ({"now": NOW - timedelta(seconds=121)}, "ENVELOPE_EXPIRED"),
        ({"now": NOW + timedelta(seconds=121)}, "ENVELOPE_NOT_YET_VALID"),
        ({"body": bytes(envelopes.MAX_PAYLOAD_BYTES)}, "ENVELOPE_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_what_was_signed_for_something_else_is_refused(
    charter: Charter, desk: Signer, changed: dict[str, Any], expected: str
) -> None:
    assert reason(make(desk, **changed), charter) == expected


@pytest.mark.parametrize("seconds", [-120, 0, 120])
def test_the_window_includes_its_edges(charter: Charter, desk: Signer, seconds: int) -> None:
    made = make(desk, now=NOW + timedelta(seconds=seconds))
    assert opened(made, charter).statement.issued_at == stamp(NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("text", ["", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.00000+Z", "x" * 27])
def test_the_time_has_one_form(charter: Charter, desk: Signer, text: str) -> None:
    envelope = resigned(make(desk), desk, lambda s: setattr(s, "issued_at", text))
    assert reason(envelope, charter) == "MALFORMED_STATEMENT"


@pytest.mark.parametrize("nonce", [b"", bytes(15), bytes(17)])
def test_a_nonce_has_sixteen_bytes(charter: Charter, desk: Signer, nonce: bytes) -> None:
    assert reason(resigned(make(desk), desk, lambda s: setattr(s, "nonce", nonce)), charter) == "BAD_NONCE"


@pytest.mark.parametrize(
    ("field", "value"), [("member", "police"), ("installation", "police/client/desk"), ("installation", "")]
)
def test_nobody_signs_in_the_name_of_another(charter: Charter, desk: Signer, field: str, value: str) -> None:
    assert reason(resigned(make(desk), desk, lambda s: setattr(s, field, value)), charter) == "WRONG_SIGNER"


def test_a_payload_that_is_no_statement_is_malformed(charter: Charter, desk: Signer) -> None:
    assert reason(sign_payload(STATEMENT, b"\xff\xff\xff", desk), charter) == "MALFORMED_STATEMENT"


def test_a_key_outside_its_role_is_not_permitted(charter: Charter, federation: SmallFederation) -> None:
    node = federation.party("police/node/police-1").signer
    assert reason(make(node), charter) == "WRONG_ROLE"
    answer = sign_payload(ANSWER, b"an answer", node)
    assert (
        verify_payload(answer, ANSWER, charter, role=Role.ANSWERS, now=NOW).installation == node.installation
    )


def test_a_key_is_good_for_its_time_only(charter: Charter, desk: Signer) -> None:
    early = datetime(2019, 1, 1, tzinfo=UTC)
    assert reason(make(desk, now=early), charter, now=early) == "KEY_NOT_VALID"


@pytest.mark.parametrize(
    "state", [InstallationState.SUSPENDED, InstallationState.REMOVED, InstallationState.MAINTENANCE]
)
def test_only_an_active_installation_makes_requests(tmp_path: Path, state: InstallationState) -> None:
    federation = SmallFederation(tmp_path, clock=lambda: NOW)
    charter = federation.set_state("court/client/desk", state)
    envelope = make(federation.party("court/client/desk").signer, charter_version=2)
    assert reason(envelope, charter) == "INSTALLATION_NOT_ACTIVE"


def test_sender_and_server_may_be_as_far_apart_as_agencies_publish_at_once(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path, clock=lambda: NOW)
    desk = federation.party("court/client/desk").signer
    first = federation.charter()
    for _ in range(3):
        later = federation.set_endpoint("police/node/police-1", "localhost:2")
    assert later.version == first.version + 3
    opened(make(desk, charter_version=first.version), later)
    opened(make(desk, charter_version=later.version), first)
    far = replace(first, version=first.version + MOST_APART)
    opened(make(desk, charter_version=first.version), far)
    with pytest.raises(BadEnvelope, match="fetch the charter and sign anew"):
        opened(make(desk, charter_version=first.version), replace(far, version=far.version + 1))
    with pytest.raises(BadEnvelope, match="send it again in a few seconds"):
        opened(make(desk, charter_version=far.version + 1), first)


def test_a_member_delivers_its_own_statements(charter: Charter, desk: Signer) -> None:
    statement = opened(make(desk), charter)
    envelopes.require_same_member(statement, Installation.parse("court/client/window"))
    with pytest.raises(Unauthenticated) as caught:
        envelopes.require_same_member(statement, Installation.parse(REPLICA))
    assert caught.value.reason == "PEER_IS_NOT_SIGNER"


def test_a_signing_key_is_loaded_from_its_file(federation: SmallFederation, charter: Charter) -> None:
    party = federation.party("court/client/desk")
    assert party.signing_key.stat().st_mode & 0o777 == 0o600
    opened(make(Signer.load(party.signing_key, party.installation)), charter)
    with pytest.raises(ValueError, match="no Ed25519 key"):
        Signer.load(party.key, party.installation)
