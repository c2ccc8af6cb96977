"""A watched folder gives each whole file once, whatever is half written, renamed, repeated or changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.follow.spool import Spool
from compose.follow.watched_folder import WatchedFolder
from federation.errors import InvalidRequest, Unavailable
from tests.support.tables import MAP


class World:
    """A folder, its follower's state, and a clock that goes when it is told."""

    def __init__(self, home: Path) -> None:
        self.folder, self.spool, self.now_s = home / "out", Spool(home / "state"), 0.0
        self.folder.mkdir()
        (home / "state" / "parts").mkdir(parents=True)
        self.start()

    def start(self, mapped: str = "m") -> None:
        """Begin with a new process that has seen nothing."""
        self.watched = WatchedFolder(
            self.folder, self.spool, mapped=mapped, settle_s=5.0, clock=lambda: self.now_s
        )

    def take(self) -> list[str]:
        """Return the contents of all parts that are given after a look, a while, and a second look."""
        contents = self._all()
        self.now_s += 6.0
        return contents + self._all()

    def _all(self) -> list[str]:
        found = list[str]()
        while (part := self.watched.next()) is not None:
            assert self.spool.under_way() == part
            found.append(part.read_text("utf-8"))
            self.spool.finish()
        return found

    def put(self, name: str, text: str) -> None:
        """Write a file of the followed system."""
        (self.folder / name).write_text(text, "utf-8")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_file_is_taken_once_it_has_not_changed_for_a_while_and_then_never_again(world: World) -> None:
    world.put("a.csv", "one")
    assert world.watched.next() is None
    assert world.watched.waits
    world.now_s += 4.0
    world.put("a.csv", "one, half written")
    assert world.watched.next() is None
    assert world.take() == ["one, half written"]
    assert not world.watched.waits
    world.start()
    assert world.take() == []


def test_a_changed_file_is_taken_again_and_the_same_content_under_another_name_is_not(world: World) -> None:
    world.put("a.csv", "one")
    assert world.take() == ["one"]
    world.put("b.csv", "one")
    world.put("a.csv", "one\ntwo")
    assert world.take() == ["one\ntwo"]
    os.utime(world.folder / "a.csv", (1, 1))
    assert world.take() == []


def test_what_is_no_table_or_still_has_a_name_of_its_own_is_left_alone(world: World) -> None:
    for name in (".a.csv", "~$a.xlsx", "a.csv.part", "a.tmp", "README"):
        world.put(name, "x")
    (world.folder / "folder.csv").mkdir()
    (world.folder / "gone.csv").symlink_to(world.folder / "nowhere")
    assert world.take() == []
    assert not world.watched.waits
    (world.folder / "a.csv.part").rename(world.folder / "a.csv")
    assert world.take() == ["x"]


def test_a_part_that_was_begun_is_the_same_after_a_kill_even_if_its_file_is_gone(world: World) -> None:
    world.put("a.csv", "one")
    assert world.watched.next() is None
    world.now_s += 6.0
    part = world.watched.next()
    (world.folder / "a.csv").unlink()
    again = Spool(world.spool.folder).under_way()
    assert part == again
    assert again is not None
    assert again.read_text("utf-8") == "one"


def test_a_part_with_the_name_of_a_quarantine_file_does_not_touch_it(world: World) -> None:
    kept = world.spool.folder / "a.csv.police-1.quarantine.jsonl"
    kept.write_text("as written", "utf-8")
    world.put(kept.name, "mended")
    assert world.take() == ["mended"]
    assert kept.read_text("utf-8") == "as written"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_a_file_that_cannot_be_read_holds_up_no_other(world: World) -> None:
    world.put("a.csv", "locked")
    world.put("b.csv", "open")
    (world.folder / "a.csv").chmod(0)
    assert world.watched.next() is None
    world.now_s += 6.0
    part = world.watched.next()
    assert part is not None
    assert part.name == "b.csv"
    world.spool.finish()
    with pytest.raises(Unavailable, match="cannot be read"):
        world.watched.next()
    (world.folder / "a.csv").chmod(0o600)
    assert world.take() == ["locked"]


def test_the_state_is_not_kept_in_the_folder_that_is_watched(tmp_path: Path) -> None:
    where = ["--home", str(tmp_path), "--node", "police-1", "--officer", "甲", "--map", str(MAP)]
    folder = str(tmp_path)
    ran = CliRunner().invoke(main, ["node", "follow", *where, "--folder", folder, "--state", folder])
    assert ran.exit_code == 2
    assert "another folder" in ran.output


def test_with_another_map_every_file_is_taken_again(world: World) -> None:
    world.put("a.csv", "one")
    assert world.take() == ["one"]
    world.start("another map")
    assert world.take() == ["one"]


def test_a_second_follower_with_the_same_state_is_refused(world: World) -> None:
    with (
        world.spool.alone(),
        pytest.raises(InvalidRequest, match="another follower"),
        Spool(world.spool.folder).alone(),
    ):
        pytest.fail("two at once")


def test_a_damaged_state_is_an_error_that_says_what_to_do(world: World) -> None:
    (world.spool.folder / "taken.json").write_text("{", "utf-8")
    world.put("a.csv", "one")
    with pytest.raises(InvalidRequest, match="remove it"):
        world.take()
