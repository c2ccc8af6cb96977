"""A message that states its moment is checked as of then, and belongs to one federation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.charter.dated import open_dated
from federation.charter.envelope import sign_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, HutongError
from federation.v1 import recall_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.identity import Role
from tests.support.federation import FEDERATION, GATEWAY, Party, SmallFederation

TYPE = "application/vnd.hutong.recalls.v1+protobuf"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(Path(tmp_path_factory.mktemp("federation")))


@pytest.fixture(scope="module")
def gateway(small: SmallFederation) -> Party:
    return small.party(GATEWAY)


def opened(envelope: Envelope, charter: Charter, *, now: datetime = NOW) -> pb.RecallPage:
    page, verified = open_dated(
        envelope,
        TYPE,
        pb.RecallPage,
        charter,
        role=Role.INTERCONNECTS,
        now=now,
        what="page of recalls",
        malformed="MALFORMED_RECALLS",
    )
    assert str(verified.installation) == GATEWAY
    return page


def signed(party: Party, *, at: datetime = NOW, federation: str = FEDERATION) -> Envelope:
    page = pb.RecallPage(federation=federation, signed_at=stamp(at))
    return sign_payload(TYPE, page.SerializeToString(), party.signer)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=1), timedelta(days=-1)])
def test_it_is_checked_as_of_its_own_moment_or_now_if_that_is_to_come(
    small: SmallFederation, gateway: Party, after: timedelta
) -> None:
    envelope = signed(gateway, at=NOW + after)
    assert opened(envelope, small.charter()).signed_at == stamp(NOW + after)


@pytest.mark.parametrize("payload", [b"\xff", pb.RecallPage(federation=FEDERATION).SerializeToString()])
def test_what_cannot_be_read_or_has_no_moment_is_malformed(
    small: SmallFederation, gateway: Party, payload: bytes
) -> None:
    with pytest.raises(BadEnvelope, match="no page of recalls") as refused:
        opened(sign_payload(TYPE, payload, gateway.signer), small.charter())
    assert refused.value.reason == "MALFORMED_RECALLS"


def test_another_federations_message_and_a_key_without_the_role_are_refused(
    small: SmallFederation, gateway: Party
) -> None:
    with pytest.raises(BadEnvelope, match="another federation"):
        opened(signed(gateway, federation="elsewhere"), small.charter())
    with pytest.raises(HutongError):
        opened(signed(small.party("police/node/police-1")), small.charter())


def test_before_the_key_was_valid_nothing_is_signed_with_it(small: SmallFederation, gateway: Party) -> None:
    with pytest.raises(HutongError):
        opened(signed(gateway, at=datetime(1999, 1, 1, tzinfo=UTC)), small.charter())
