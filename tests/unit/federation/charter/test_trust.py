"""The charter holds only what enough agencies signed, never goes back, and is gone when it expires."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs import charter_files
from certs.charter_drafts import InstallationDraft
from certs.charter_office import CharterOffice, Lifetimes
from certs.signing import charter_signer
from federation.charter.model import Charter, InstallationState
from federation.charter.trust import CharterTrust, verify_at
from federation.errors import AlreadyExists, CharterUnusable, InvalidRequest
from federation.values.identity import Installation, MemberId
from tests.support.federation import SmallFederation
from tests.support.waiting import wait_for

POLICE, JUSTICE = MemberId("police"), MemberId("justice")


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def federation(tmp_path: Path, clock: Clock) -> SmallFederation:
    return SmallFederation(tmp_path, clock=clock)


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


def test_a_rollback_is_refused_after_a_restart(federation: SmallFederation, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(federation.published, old)
    federation.revoke("police/node/police-1")
    assert federation.trust("node").refresh().version == 2
    shutil.rmtree(federation.published)
    shutil.copytree(old, federation.published)
    with pytest.raises(CharterUnusable) as caught:
        federation.trust("node").refresh()
    assert caught.value.reason == "CHARTER_NOT_VERIFIED"
    assert federation.trust("newcomer").refresh().version == 1


def test_an_expired_timestamp_leaves_no_charter_until_it_is_refreshed(
    federation: SmallFederation, clock: Clock
) -> None:
    trust = federation.trust()
    trust.refresh()
    clock.moment += timedelta(days=1)
    with pytest.raises(CharterUnusable, match=r"timestamp metadata ended at 2026-03-02T12:00:00") as caught:
        trust.current()
    assert caught.value.reason == "CHARTER_EXPIRED"
    with pytest.raises(CharterUnusable):
        trust.refresh()
    with pytest.raises(CharterUnusable, match=r"timestamp.json is expired, since 2026-03-02T12:00:00"):
        federation.trust("newcomer").refresh()
    federation.office.refresh()
    assert trust.refresh().version == 1


def test_a_long_refreshed_charter_gets_a_new_snapshot_before_the_old_one_ends(
    federation: SmallFederation, clock: Clock
) -> None:
    trust = federation.trust()
    for _ in range(40):
        clock.moment += timedelta(hours=20)
        federation.office.refresh()
        trust.refresh()
    assert trust.current().version == 3


def test_what_is_published_broken_leaves_the_charter_in_force(federation: SmallFederation) -> None:
    trust = federation.trust()
    trust.refresh()
    (federation.published / "metadata" / "timestamp.json").write_text("{}")
    with pytest.raises(CharterUnusable):
        trust.refresh()
    assert trust.current().version == 1


@contextmanager
def state_held(state: Path) -> Iterator[None]:
    """Hold the state as another command of the member does while it reads."""
    state.mkdir(parents=True)
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_the_first_charter_may_take_longer_than_later_ones(federation: SmallFederation) -> None:
    trust = federation.trust("slow", deadline=0.05)
    with ThreadPoolExecutor(1) as pool:
        with state_held(federation.home / "state" / "slow"):
            first = pool.submit(trust.refresh)
            with pytest.raises(TimeoutError):
                first.result(timeout=0.5)  # ten deadlines
        assert first.result(timeout=60).version == 1


def test_who_never_gets_a_first_charter_is_told_how_long_it_waited(federation: SmallFederation) -> None:
    trust = federation.trust("held", deadline=0.05, patience=0.2)
    with (
        state_held(federation.home / "state" / "held"),
        pytest.raises(CharterUnusable, match=r"has not answered for 0\.2 s"),
    ):
        trust.refresh()


def test_a_publisher_that_hangs_cannot_hang_a_refresh(federation: SmallFederation) -> None:
    trust = federation.trust(deadline=0.2)
    wait_for(trust.refresh, what="a publisher that answers", passing=CharterUnusable)
    path = federation.published / "metadata" / "timestamp.json"
    content = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CharterUnusable, match="has not answered"):
        trust.refresh()
    assert trust.current().version == 1
    path.write_bytes(content)  # lets the reader of the pipe go


def test_a_refresh_sees_what_was_published_before_it_although_an_earlier_look_is_under_way(
    federation: SmallFederation,
) -> None:
    looking, go_on = threading.Event(), threading.Event()

    def enter(charter: Charter) -> None:
        if charter.version == 2:
            looking.set()
            go_on.wait()

    trust = federation.trust(deadline=60)
    trust.refresh()
    with trust.entered(enter), ThreadPoolExecutor(2) as pool:
        federation.revoke("court/client/desk")
        earlier = pool.submit(trust.refresh)
        looking.wait()
        federation.revoke("police/client/desk")
        later = pool.submit(trust.refresh)
        wait_for(later.running, what="the second look to have been asked for")
        go_on.set()
        assert earlier.result().version >= 2
        assert later.result().version == 3


def test_a_running_trust_picks_up_a_revocation_by_itself(federation: SmallFederation) -> None:
    with federation.trust(every=0.02) as trust:
        federation.revoke("police/node/police-1")
        wait_for(lambda: trust.current().version == 2, what="the second version")


def test_a_machine_without_room_for_a_thread_misses_a_look_and_no_charter(
    federation: SmallFederation,
) -> None:
    """Were the look that never began awaited for ever, the server would learn of no revocation any more."""
    with federation.trust(deadline=0.5) as trust:
        threading.stack_size(1 << 60)  # more than there are addresses
        try:
            with pytest.raises(CharterUnusable, match="no thread"):
                wait_for(trust.refresh, lambda _: False, what="a look that cannot begin")
        finally:
            threading.stack_size(0)
        published = federation.revoke("justice/client/desk")
        wait_for(lambda: trust.current().version, lambda seen: seen == published.version, what="the charter")
        assert trust.refresh().version == published.version


def test_operators_are_warned_from_half_life_on(
    federation: SmallFederation, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), federation.trust(every=0.02) as trust:
        federation.revoke("police/node/police-1")
        wait_for(lambda: trust.current().version, lambda seen: seen == 2, what="a look at the charter")
        assert "half its life" not in caplog.text
        clock.moment += timedelta(hours=13)
        wait_for(lambda: "half its life" in caplog.text, what="the warning")
    assert caplog.text.count("half its life") == 1


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


def test_no_charter_before_the_first_refresh(federation: SmallFederation) -> None:
    with pytest.raises(CharterUnusable):
        federation.trust().current()


def test_lifetimes_can_be_set(tmp_path: Path, clock: Clock) -> None:
    brief = Lifetimes(timestamp=timedelta(seconds=30))
    trust = SmallFederation(tmp_path, clock=clock, lifetimes=brief).trust()
    trust.refresh()
    clock.moment += timedelta(seconds=31)
    with pytest.raises(CharterUnusable):
        trust.current()
