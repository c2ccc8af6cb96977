"""What ends is named from half of its time on: parts, keys and authorities of the charter."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from certs.due import due, ends_of
from federation.charter.load import WHATEVER_AGE, DirectoryFetcher, Loaded, load
from federation.values.clock import now
from tests.support.founding import Founding, founded, prepared


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Founding:
    return founded(prepared(tmp_path_factory.mktemp("founded") / "f"))


@pytest.fixture
def loaded(agencies: Founding, tmp_path: Path) -> Loaded:
    root = (agencies.published / "metadata" / "1.root.json").read_bytes()
    return load(DirectoryFetcher(agencies.published), tmp_path / "seen", root, at=WHATEVER_AGE)


@pytest.mark.parametrize(
    ("days", "names"),
    [
        (0, ()),
        (0.6, ("timestamp",)),
        (16, ("timestamp", "snapshot")),
        (91, ("timestamp", "snapshot", "police", "justice")),
        (184, ("policy", "the signing key of police/node/police-1")),
        (370, ("root",)),
    ],
)
def test_each_is_named_from_half_of_its_time_on(loaded: Loaded, days: float, names: tuple[str, ...]) -> None:
    found = due(loaded, at=now() + timedelta(days=days))
    for name in names:
        assert any(line.startswith(f"{name} ends at ") for line in found), (name, found)
    if not names:
        assert found == []
    if days < 365:
        assert not any(line.startswith("root ") for line in found)


def test_an_authority_is_named_too(loaded: Loaded) -> None:
    found = due(loaded, at=now() + timedelta(days=3650))
    assert any(line.startswith("the authority police ends at ") for line in found)


def test_verify_says_when_each_part_ends(agencies: Founding, loaded: Loaded) -> None:
    says = agencies.facts("charter", "verify", *agencies.base("police"))
    assert {f"{role} ends" for role in ends_of(loaded)} <= says.keys()
    assert says["due"] == []


def test_a_renewed_root_is_not_due(agencies: Founding, tmp_path: Path) -> None:
    shutil.copytree(agencies.place, tmp_path / "f")
    mine = Founding(tmp_path / "f", agencies.endpoints)
    draft = mine.draft(mine.plan("renew.toml", 'format = 1\n[[renewals]]\nof = "root"\n'))
    mine.publish(draft, *(mine.sign(draft, m, "root.key") for m in ("justice", "police", "procuratorate")))
    root = (mine.published / "metadata" / "1.root.json").read_bytes()
    renewed = load(DirectoryFetcher(mine.published), tmp_path / "seen", root, at=WHATEVER_AGE)
    assert (
        ends_of(renewed)["root"]
        >= ends_of(load(DirectoryFetcher(agencies.published), tmp_path / "old", root, at=WHATEVER_AGE))[
            "root"
        ]
    )
