"""Backup and restore, killed at each step: nothing or the whole, and no repair by hand."""

from __future__ import annotations

import json
import shutil
from itertools import count
from pathlib import Path

import pytest

from server.stores.files import PLAN
from tests.support.backups import (
    change,
    command,
    done,
    files,
    killed_at,
    later,
    new_home,
    new_passphrase,
    overtaken,
    refused,
)
from tests.support.waiting import PATIENCE_S

#: A process for each step, one after the other.
pytestmark = pytest.mark.timeout(12 * PATIENCE_S)


def test_a_restore_that_is_killed_leaves_the_former_home_or_the_whole_backup(tmp_path: Path) -> None:
    home, backup = new_home(tmp_path / "home"), tmp_path / "backup"
    phrase = new_passphrase(tmp_path / "phrase")
    done("node", "backup", "--home", home, "--passphrase-file", phrase, backup)
    change(home)
    kept = shutil.copytree(home, tmp_path / "kept")
    former = dict(files(home))
    ends = set()
    for step in count():
        shutil.rmtree(home)
        shutil.copytree(kept, home)
        if not killed_at(step, home, "restore", home, phrase, backup):
            break
        planned = (home / PLAN).exists()
        if planned:
            assert "RESTORE_UNFINISHED" in command("node", "backup", "--home", home, tmp_path / "b").output
        elif not any(home.glob("before-restore-*")):
            left = {name: content for name, content in files(home) if not name.startswith("restore.")}
            assert left == former, f"step {step}"
        # The start settles it first; this one ends afterwards, for want of a charter.
        assert command("node", "run", "--home", home).exit_code == 1
        assert not (home / "restore.new").exists()
        assert not (home / PLAN).exists()
        ends.add(now := later(home))
        assert now in {(True, True), (False, False)}, f"step {step}: a mixture of both"
        if now == (False, False):
            [aside] = home.glob("before-restore-*")
            assert {"store.db", "documents"} <= {path.name for path in aside.iterdir()}
    assert step > 8
    assert ends == {(True, True), (False, False)}
    assert later(home) == (False, False)


@pytest.mark.parametrize("form", ["file", "folder"])
def test_a_restore_in_the_middle_of_a_backup_ends_the_backup(tmp_path: Path, form: str) -> None:
    home, phrase = new_home(tmp_path / "home"), new_passphrase(tmp_path / "phrase")
    earlier, into = tmp_path / "earlier", tmp_path / "into"
    done("node", "backup", "--home", home, "--passphrase-file", phrase, earlier)
    change(home)
    says = overtaken(home, phrase, earlier, into, form)
    assert later(home) == (False, False), says
    assert "begin the backup again" in says
    assert not into.exists()


def test_a_restore_that_cannot_be_finished_says_that_it_is_in_force(tmp_path: Path) -> None:
    home, phrase = new_home(tmp_path / "home"), new_passphrase(tmp_path / "phrase")
    restore = ["node", "restore", "--home", home, "--passphrase-file", phrase, tmp_path / "backup"]
    done("node", "backup", *restore[2:])
    change(home)
    for step in count():
        assert killed_at(step, home, "restore", home, phrase, tmp_path / "backup")
        if (home / PLAN).exists():
            break
    aside = home / json.loads((home / PLAN).read_text("ascii"))["aside"]
    aside.write_text("in the way", "ascii")
    for tried in (restore, ["node", "run", "--home", home]):
        says = refused(*tried)
        assert "RESTORE_UNFINISHED" in says
        assert str(aside) in says
    aside.unlink()
    done(*restore)
    assert later(home) == (False, False)


@pytest.mark.parametrize("linked", [False, True], ids=["folder", "link"])
def test_what_somebody_else_keeps_where_a_backup_is_made_is_left_alone(tmp_path: Path, linked: bool) -> None:
    home, phrase, place = new_home(tmp_path / "home"), new_passphrase(tmp_path / "phrase"), tmp_path / "place"
    theirs = tmp_path / "theirs" if linked else place / "one.partial"
    theirs.mkdir(parents=True)
    (theirs / "notes").write_text("kept", "utf-8")
    if linked:
        place.mkdir()
        (place / "one.partial").symlink_to(theirs)
    says = refused("node", "backup", "--home", home, "--passphrase-file", phrase, place / "one")
    assert "move it away" in says
    assert [path.name for path in theirs.iterdir()] == ["notes"]


def test_a_backup_that_is_killed_leaves_no_file_of_that_name_or_a_whole_one(tmp_path: Path) -> None:
    home, phrase = new_home(tmp_path / "home"), new_passphrase(tmp_path / "phrase")
    place = tmp_path / "backups"
    place.mkdir()
    backup = ["node", "backup", "--home", home, "--passphrase-file", phrase, place / "one"]
    for step in count():
        whole = not killed_at(step, place, "backup", home, phrase, place / "one")
        if (place / "one").exists():
            done("node", "restore", "--home", home, "--passphrase-file", phrase, place / "one")
            (place / "one").unlink()
        if whole:
            break
    done(*backup)
    assert [path.name for path in place.iterdir()] == ["one"]
    assert step > 1
