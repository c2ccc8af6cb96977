"""The charter holds only what enough agencies signed, and the pinned root decides whom to believe."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs import charter_files
from certs.charter_drafts import InstallationDraft
from certs.charter_office import CharterOffice
from certs.signing import charter_signer
from federation.charter.model import InstallationState
from federation.charter.trust import CharterTrust, verify_at
from federation.errors import AlreadyExists, CharterUnusable, InvalidRequest
from federation.values.identity import Installation, MemberId
from tests.support.federation import SmallFederation
from tests.support.ticking import Clock

POLICE, JUSTICE = MemberId("police"), MemberId("justice")


def test_a_member_reads_what_the_agencies_published(federation: SmallFederation) -> None:
    charter = federation.trust().refresh()
    assert charter.version == 1
    asked = {node.name for node in charter.required_nodes("case")}
    assert asked == {"justice-1", "police-1", "procuratorate-1", "state-security-1"}
    assert charter.members[MemberId("court")].authority == "procuratorate"
    assert charter.gateways[0].installation == Installation.parse("interconnect/gateway/gateway-1")
    assert charter.profile_on(datetime(2022, 5, 29, tzinfo=UTC).date()) == "opinion-2012"
    assert charter.profile_on(datetime(2022, 5, 30, tzinfo=UTC).date()) == "practice-2022"


def test_three_agencies_found_a_charter_and_two_do_not(federation: SmallFederation, tmp_path: Path) -> None:
    office = CharterOffice(tmp_path / "other", charter_signer(Ed25519PrivateKey.generate()))
    signers = [charter_signer(key) for key in federation.root_keys.values()]
    with pytest.raises(InvalidRequest, match="2 agencies sign, 3 must"):
        office.found(
            b"",
            {},
            agencies={name: charter_signer(key).public_key for name, key in federation.root_keys.items()},
            signers=signers[:2],
            authorities={},
        )
    assert not (tmp_path / "other" / "metadata").exists()


@pytest.mark.parametrize("role", ["root", "targets"])
def test_metadata_with_fewer_than_three_signatures_is_refused(federation: SmallFederation, role: str) -> None:
    path = federation.published / "metadata" / f"1.{role}.json"
    content = json.loads(path.read_bytes())
    content["signatures"] = content["signatures"][:2]
    path.write_text(json.dumps(content))
    with pytest.raises(CharterUnusable) as caught:
        federation.trust("fresh").refresh()
    assert caught.value.reason == "CHARTER_NOT_VERIFIED"


def test_the_same_agency_signing_three_times_counts_once(federation: SmallFederation) -> None:
    path = federation.published / "metadata" / "1.targets.json"
    content = json.loads(path.read_bytes())
    content["signatures"] = content["signatures"][:2] + content["signatures"][:1]
    path.write_text(json.dumps(content))
    with pytest.raises(CharterUnusable):
        federation.trust("fresh").refresh()


def test_a_second_founding_is_refused(federation: SmallFederation) -> None:
    with pytest.raises(AlreadyExists):
        federation._found()


def test_an_agency_cannot_sign_the_installations_of_another(federation: SmallFederation) -> None:
    police = charter_signer(federation.charter_keys[POLICE])
    who = Installation.parse("justice/node/justice-1")
    with pytest.raises(CharterUnusable):
        federation.office.republish(
            JUSTICE, lambda content: charter_files.with_state(content, who, InstallationState.REMOVED), police
        )
    assert federation.charter().version == 1


def test_an_agency_cannot_list_an_installation_of_a_member_it_does_not_vouch_for(
    federation: SmallFederation,
) -> None:
    draft = InstallationDraft(Installation.parse("justice/node/justice-2"), (), "localhost:2")
    police = charter_signer(federation.charter_keys[POLICE])
    with pytest.raises(CharterUnusable, match="police may not vouch for justice"):
        federation.office.republish(
            POLICE, lambda content: charter_files.with_installation(content, draft), police
        )


def test_a_revocation_needs_one_agency_and_one_refresh(federation: SmallFederation) -> None:
    trust = federation.trust()
    assert trust.refresh().revoked[POLICE] == frozenset()
    federation.revoke("police/node/police-1")
    assert trust.current().revoked[POLICE] == frozenset()
    serial = federation.party("police/node/police-1").leaf.serial
    charter = trust.refresh()
    assert (charter.revoked[POLICE], charter.version) == (frozenset({serial}), 2)


def test_an_endpoint_moves_and_a_removed_node_is_required_no_longer(federation: SmallFederation) -> None:
    federation.set_endpoint("police/node/police-1", "localhost:4711")
    charter = federation.charter()
    assert {node.endpoint for node in charter.nodes if node.agency == POLICE} == {"localhost:4711"}
    charter = federation.set_state("police/node/police-1", InstallationState.SUSPENDED)
    assert len(charter.required_nodes("case")) == 4
    charter = federation.set_state("police/node/police-1", InstallationState.REMOVED)
    with pytest.raises(CharterUnusable, match="police, which has no node"):
        charter.required_nodes("case")
    with pytest.raises(InvalidRequest, match="known_purpose"):
        charter.required_nodes("curiosity")


def test_the_digest_tells_charters_apart_and_not_their_freshness(
    federation: SmallFederation,
) -> None:
    trust = federation.trust()
    first = trust.refresh()
    federation.office.refresh()
    assert trust.refresh().digest == first.digest
    federation.revoke("police/node/police-1")
    assert trust.refresh().digest != first.digest


def test_an_old_answer_is_judged_by_the_charter_of_then(federation: SmallFederation, clock: Clock) -> None:
    trust = federation.trust()
    trust.refresh()
    files, then = trust.files(), clock.moment
    federation.revoke("police/node/police-1")
    root = federation.root.read_bytes()
    assert verify_at(files, root, then).digest == trust.current().digest
    with pytest.raises(CharterUnusable, match="expired"):
        verify_at(files, root, then + timedelta(days=2))
    altered = {name: content.replace(b"active", b"action") for name, content in files.items()}
    with pytest.raises(CharterUnusable):
        verify_at(altered, root, then)


def test_the_pinned_root_decides_whom_to_believe(
    federation: SmallFederation, tmp_path: Path, clock: Clock
) -> None:
    other = SmallFederation(tmp_path / "other", clock=clock)
    trust = CharterTrust(federation.published, tmp_path / "state", other.root, clock=clock)
    with pytest.raises(CharterUnusable) as caught:
        trust.refresh()
    assert caught.value.reason == "CHARTER_NOT_VERIFIED"


def test_without_a_pinned_root_only_a_root_seen_before_will_do(
    federation: SmallFederation, tmp_path: Path, clock: Clock
) -> None:
    state = tmp_path / "state" / "node"
    with pytest.raises(CharterUnusable):
        CharterTrust(federation.published, state, None, clock=clock).refresh()
    CharterTrust(federation.published, state, federation.root, clock=clock).refresh()
    assert CharterTrust(federation.published, state, None, clock=clock).refresh().version == 1
