"""What a former authority has issued is accepted until the moment that the charter states, and not after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs import charter_files
from certs.authority import Authority
from federation.errors import Unauthenticated
from federation.transport.peer import PeerVerifier
from federation.transport.tls import trusted_for
from federation.values.identity import Installation, MemberId
from tests.support.federation import FEDERATION, SmallFederation

NODE = "police/node/police-1"
POLICE = MemberId("police")
UNTIL = datetime(2100, 1, 1, tzinfo=UTC)


def replaced(federation: SmallFederation, until: datetime | None) -> None:
    """Give the police another authority beside the former one."""
    after = Authority.create(POLICE, FEDERATION, now=federation.clock())
    federation.amend_policy(
        lambda policy: charter_files.with_authority(policy, POLICE, after.pem, former_until=until)
    )
    federation.authorities[POLICE] = after


def test_certificates_of_both_authorities_are_accepted_until_the_stated_moment(tmp_path: Path) -> None:
    moment = datetime.now(UTC)
    federation = SmallFederation(tmp_path)
    until = (moment + timedelta(days=2)).replace(microsecond=0)
    former = federation.issue(NODE, not_after=moment + timedelta(days=9))[0].read_bytes()
    before = federation.authorities[POLICE].pem
    replaced(federation, until)
    new = federation.issue(NODE, not_after=moment + timedelta(days=9))[0].read_bytes()
    at = moment
    with federation.trust() as trust:
        peers = PeerVerifier(trust, lambda: at)
        assert {str(peers.verify_certificate(each)) for each in (former, new)} == {NODE}
        at = until
        with pytest.raises(Unauthenticated) as caught:
            peers.verify_certificate(former)
        assert caught.value.reason == "CERTIFICATE_EXPIRED"
        assert str(peers.verify_certificate(new)) == NODE
    assert before in trusted_for(Installation.parse(NODE), federation.charter())


def test_without_a_stated_moment_the_former_authority_ends_at_once(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path)
    former = federation.issue(NODE)[0].read_bytes()
    replaced(federation, None)
    with federation.trust() as trust, pytest.raises(Unauthenticated) as caught:
        PeerVerifier(trust).verify_certificate(former)
    assert caught.value.reason == "WRONG_AUTHORITY"


def test_a_client_trusts_a_former_authority_no_longer_than_stated(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path)
    before = federation.authorities[POLICE].pem
    replaced(federation, datetime.now(UTC) - timedelta(seconds=1))
    assert before not in trusted_for(Installation.parse(NODE), federation.charter())
