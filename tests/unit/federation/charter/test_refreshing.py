"""A member's charter never goes back, is refreshed though a publisher hangs, and is gone when it expires."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from certs.charter_office import Lifetimes
from federation.charter.model import Charter
from federation.errors import CharterUnusable
from tests.support.federation import SmallFederation
from tests.support.ticking import Clock
from tests.support.waiting import wait_for


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
