"""What a federation demands as it is founded, and what a charter means that was signed before (R34, A27)."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.charter_files import with_windows_needing_mandate
from federation.charter.model import Certification, Release, Undecided
from federation.charter.parse import POLICY
from federation.errors import CharterUnusable
from federation.values.identity import MemberId
from tests.support.federation import SmallFederation


def policy(federation: SmallFederation) -> bytes:
    [path] = (federation.published / "targets").rglob(f"*.{POLICY}")
    return path.read_bytes()


def without(content: bytes, *names: str) -> bytes:
    lines = content.decode().splitlines(keepends=True)
    return "".join(line for line in lines if line.partition(" = ")[0] not in names).encode()


def test_r34_a_federation_as_founded_demands_the_three_steps(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path, windows_ask_directly=False)
    assert federation.charter().needs_mandates
    assert tomllib.loads(policy(federation).decode())["windows_need_mandate"] is True


def test_r12_a_federation_as_founded_has_the_officers_of_every_agency_certified(tmp_path: Path) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    charter = SmallFederation(tmp_path, officers_certified=Certification(since)).charter()
    assert dict(charter.officers_certified) == dict.fromkeys(charter.authorities, Certification(since))
    assert Certification(since).life == timedelta(hours=1)


@pytest.mark.parametrize(
    ("life", "holds"), [("10", True), ("720", True), ("9", False), ("721", False), ("true", False)]
)
def test_r12_a_certificate_holds_for_minutes_not_for_days(tmp_path: Path, life: str, holds: bool) -> None:
    federation = SmallFederation(tmp_path, officers_certified=Certification(datetime(2026, 1, 1, tzinfo=UTC)))

    def edited() -> None:
        federation._edit(
            "police/client/desk",
            lambda content: content.replace(b"life_minutes = 60", f"life_minutes = {life}".encode()),
        )

    if holds:
        edited()
        assert federation.charter().officers_certified[MemberId("police")].life == timedelta(
            minutes=int(life)
        )
    else:
        with pytest.raises(CharterUnusable, match="life_minutes"):
            edited()


def test_r12_a_charter_that_names_no_life_means_an_hour(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path, officers_certified=Certification(datetime(2026, 1, 1, tzinfo=UTC)))
    federation._edit("police/client/desk", lambda content: content.replace(b"life_minutes = 60\n", b""))
    assert federation.charter().officers_certified[MemberId("police")].life == timedelta(hours=1)


def test_r34_an_unsafe_federation_says_so_until_mandates_are_demanded(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path)
    charter = federation.charter()
    assert (charter.windows_need_mandate, charter.needs_mandates) == (True, False)
    assert "unsafe_windows_ask_directly = true" in policy(federation).decode()
    charter = federation.amend_policy(lambda content: with_windows_needing_mandate(content, True))
    assert (charter.unsafe_windows_ask_directly, charter.needs_mandates) == (False, True)


def test_r34_a_charter_that_says_nothing_means_what_it_meant(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path, windows_ask_directly=False)
    charter = federation.amend_policy(lambda content: without(content, "windows_need_mandate"))
    assert not charter.needs_mandates


def test_a27_a_profile_that_says_nothing_waits_and_verifies(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path)
    charter = federation.amend_policy(
        lambda content: without(content, "release", "undecided", "verified_percent")
    )
    for profile in charter.profiles:
        assert (profile.release, profile.undecided) == (Release.NEXT_WORKING_DAY, Undecided.VERIFY)
        assert profile.verified_percent > 0


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('release = "unsafe_on_the_spot"', 'release = "at_once"', "release"),
        ('undecided = "as_sealed"', 'undecided = "ignore"', "undecided"),
        ('release = "unsafe_on_the_spot"', 'release = "next_working_day"', "verified_percent"),
        ("verified_percent = 0", "verified_percent = 51", "verified_percent"),
        ("verified_percent = 0", 'verified_percent = "few"', "verified_percent"),
    ],
)
def test_a27_a_profile_whose_wait_would_tell_is_refused(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    """A share of nought is for the unsafe federation alone: elsewhere every verification would tell of a record."""
    federation = SmallFederation(tmp_path)
    with pytest.raises(CharterUnusable, match=rf"profiles\[\d\]\.{field}"):
        federation.amend_policy(lambda content: content.replace(old.encode(), new.encode()))
