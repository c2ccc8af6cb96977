"""Backup and restore by commands: what is wrong with file, passphrase, place or home is named, and changes nothing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from server.backup.members import MemberWriter
from server.backup.sealed_file import SealedWriter
from server.homelock import exclusive
from tests.support.backups import change, done, files, later, new_home, new_passphrase, refused
from tests.support.waiting import PATIENCE_S


@pytest.fixture
def phrase(tmp_path: Path) -> Path:
    return new_passphrase(tmp_path / "phrase")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return new_home(tmp_path / "home")


def back_up(home: Path, phrase: Path, into: Path, *options: object) -> Path:
    """Make an encrypted backup."""
    done("node", "backup", "--home", home, "--passphrase-file", phrase, *options, into)
    return into


def test_data_and_keys_move_to_another_machine_in_two_files(home: Path, phrase: Path, tmp_path: Path) -> None:
    other = new_passphrase(tmp_path / "other", "another passphrase altogether")
    data = back_up(home, phrase, tmp_path / "data")
    keys = back_up(home, other, tmp_path / "keys", "--only-keys")
    away = tmp_path / "away"
    assert "there are no keys" in refused(
        "node", "restore", "--home", away, "--passphrase-file", phrase, data
    )
    done("node", "restore", "--home", away, "--passphrase-file", other, keys)
    says = done("node", "restore", "--home", away, "--passphrase-file", phrase, data)
    assert "acknowledged before" in says
    left = dict(files(away))
    others = {"store.db", "tls.key", "request.json"}  # copied as of one moment; issued anew
    assert {name: content for name, content in files(home) if name not in others}.items() <= left.items()
    assert all(
        (away / name).stat().st_mode & 0o077 == 0 for name in left if not name.startswith("keys/store")
    )
    assert "keys already" in refused("node", "restore", "--home", away, "--passphrase-file", other, keys)


def test_a_signing_key_that_was_replaced_is_not_put_back(home: Path, phrase: Path, tmp_path: Path) -> None:
    keys = back_up(home, phrase, tmp_path / "keys", "--only-keys")
    (home / "keys").rename(tmp_path / "lost")
    (home / "signing.key").write_text("the one that the charter lists now", "ascii")
    done("node", "restore", "--home", home, "--passphrase-file", phrase, keys)
    assert (home / "keys" / "wrap.key").read_bytes() == (tmp_path / "lost" / "wrap.key").read_bytes()
    assert (home / "signing.key").read_text("ascii") == "the one that the charter lists now"


@pytest.mark.parametrize("options", [["--passphrase-file"], []], ids=["file", "folder"])
def test_a_backup_is_on_the_disk_before_the_command_says_so(
    home: Path, phrase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    reached, fsync = set(), os.fsync

    def seen(handle: int) -> None:
        fsync(handle)
        reached.add(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", seen)
    into = tmp_path / "place" / "backup"
    done("node", "backup", "--home", home, *options, *([phrase] if options else []), into)
    for path in (into.parent, into, *into.rglob("*")):
        assert path.stat().st_ino in reached, path


def test_the_data_never_hold_a_key(home: Path, phrase: Path, tmp_path: Path) -> None:
    data = back_up(home, phrase, tmp_path / "data")
    done("node", "restore", "--home", home, "--passphrase-file", phrase, data)
    [aside] = home.glob("before-restore-*")
    assert not {"keys", "signing.key"} & {path.name for path in aside.iterdir()}, "they were replaced"


def test_a_write_ahead_log_that_is_left_over_goes_with_its_database(
    home: Path, phrase: Path, tmp_path: Path
) -> None:
    before = back_up(home, phrase, tmp_path / "before")
    change(home)
    after = back_up(home, phrase, tmp_path / "after")
    done("node", "restore", "--home", home, "--passphrase-file", phrase, before)
    assert later(home) == (False, False)
    [aside] = home.glob("before-restore-*")
    done("node", "restore", "--home", home, aside)
    assert later(home) == (True, True), "what was moved aside is put back, with its write-ahead log"
    done("node", "restore", "--home", home, "--passphrase-file", phrase, before)
    done("node", "restore", "--home", home, "--passphrase-file", phrase, after)
    assert later(home) == (True, True)


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder, but for SQLite's index and an empty write-ahead log, which readers leave too."""
    return {name: found for name, found in files(folder) if not name.endswith(("-shm", "-wal"))}


CHANGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut": (lambda whole: whole[:-100_000], "BACKUP_CUT"),
    "changed": (lambda whole: whole[:2_000_000] + b"?" + whole[2_000_001:], "BACKUP_CHANGED"),
    "another-file": (lambda whole: b"%PDF" + whole, "BACKUP_FOREIGN"),
    "later-form": (lambda whole: whole[:14] + b"\x09" + whole[15:], "BACKUP_NEWER"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_file_that_is_not_whole_changes_nothing(
    home: Path, phrase: Path, tmp_path: Path, case: str
) -> None:
    backup, (changed, reason) = back_up(home, phrase, tmp_path / "data"), CHANGES[case]
    backup.write_bytes(changed(backup.read_bytes()))
    former = dict(files(home))
    assert reason in refused("node", "restore", "--home", home, "--passphrase-file", phrase, backup)
    assert dict(files(home)) == former


def test_passphrases_are_asked_for_and_held_to_their_file(home: Path, phrase: Path, tmp_path: Path) -> None:
    backup = back_up(home, phrase, tmp_path / "data")
    restore = ["node", "restore", "--home", home]
    assert "--passphrase-file" in refused(*restore, backup)
    other = new_passphrase(tmp_path / "other", "another passphrase altogether")
    assert "WRONG_PASSPHRASE" in refused(*restore, "--passphrase-file", other, backup)
    other.chmod(0o640)
    assert "can be read by others" in refused(*restore, "--passphrase-file", other, backup)
    assert "No such file" in refused(*restore, "--passphrase-file", tmp_path / "none", backup)
    for content, says in (("short", "use 16 or more"), ("a\nb", "more than one line"), ("", "has 0")):
        new_passphrase(other, content)
        assert says in refused(*restore, "--passphrase-file", other, backup)
    folder = ["node", "backup", "--home", home, tmp_path / "folder"]
    assert "passphrase-file" in refused(*folder, "--only-keys")
    assert "never holds" in refused(*folder, "--unsafe-with-keys", "--passphrase-file", phrase)


def test_a_home_that_is_held_or_another_ones_is_left_alone(home: Path, phrase: Path, tmp_path: Path) -> None:
    backup = back_up(home, phrase, tmp_path / "data")
    arguments = ["--passphrase-file", phrase, backup]
    with exclusive(home):
        assert "HOME_IN_USE" in refused("node", "restore", "--home", home, *arguments)
    other = new_home(tmp_path / "other", installation="justice/node/justice-1")
    former = dict(files(other))
    assert "BACKUP_OF_ANOTHER" in refused("node", "restore", "--home", other, *arguments)
    assert dict(files(other)) == former
    folder = tmp_path / "folder"
    done("node", "backup", "--home", home, folder)
    assert "BACKUP_OF_ANOTHER" in refused("node", "restore", "--home", other, folder)
    gateway = new_home(tmp_path / "gateway", kind="gateway", installation="interconnect/gateway/gateway-1")
    (gateway / "settings.toml").unlink()
    assert "STORE_FOREIGN" in refused("gateway", "restore", "--home", gateway, *arguments)


def test_a_database_of_a_later_program_is_refused_before_anything_changes(
    home: Path, phrase: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(home / "store.db")) as store, store:
        store.execute("UPDATE journal_schema_version SET version_num = '9999'")
    backup = ["node", "backup", "--home", home]
    assert "STORE_NEWER" in refused(*backup, "--passphrase-file", phrase, tmp_path / "data")
    assert "STORE_NEWER" in refused(*backup, tmp_path / "folder")
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "folder").exists()


def test_a_backup_replaces_nothing_and_is_made_where_one_can_write(
    home: Path, phrase: Path, tmp_path: Path
) -> None:
    backup = ["node", "backup", "--home", home, "--passphrase-file", phrase]
    (tmp_path / "there").write_text("x", "utf-8")
    assert "name a new file" in refused(*backup, tmp_path / "there")
    assert "NOT_WRITABLE" in refused(*backup, tmp_path / "there" / "below")
    assert "NOT_WRITABLE" in refused(*backup, "/proc/self/data")
    assert (tmp_path / "there").read_text("utf-8") == "x"


def limited(most: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command of `hutong` that can write no file longer than `most` bytes."""
    limits = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}));"
    return subprocess.run(
        [
            *(sys.executable, "-c", limits + "from compose.cli import main; main(sys.argv[1:])"),
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("command", ["backup", "restore"])
@pytest.mark.parametrize(
    "most", [1 << 10, 1 << 16, 1 << 21], ids=["nothing", "half-a-database", "half-a-file"]
)
def test_a_full_disk_is_named_and_leaves_nothing(
    home: Path, phrase: Path, tmp_path: Path, command: str, most: int
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    backup = place / "data"
    if command == "restore":
        back_up(home, phrase, backup)
    former = content(home), content(place)
    ran = limited(most, "node", command, "--home", home, "--passphrase-file", phrase, backup)
    assert ran.returncode == 1, ran.stderr
    assert "NO_ROOM" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (content(home), content(place)) == former
    assert not list(place.glob("*.partial"))


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "keys/../../outside", "unknown.txt"])
def test_a_file_inside_that_leads_elsewhere_is_refused(
    home: Path, phrase: Path, tmp_path: Path, name: str
) -> None:
    with (tmp_path / "data").open("wb") as file:
        members = MemberWriter(SealedWriter(file, phrase.read_bytes().strip()))
        members.add_bytes(b"x", name)
        members.finish()
    former = dict(files(home))
    restore = ["node", "restore", "--home", home, "--passphrase-file", phrase, tmp_path / "data"]
    assert "BACKUP_FOREIGN" in refused(*restore)
    assert dict(files(home)) == former
    assert not (tmp_path / "outside").exists()


def test_a_symbolic_link_among_the_documents_is_not_followed(
    home: Path, phrase: Path, tmp_path: Path
) -> None:
    (home / "documents" / "link").symlink_to(os.devnull)
    backup = ["node", "backup", "--home", home, "--passphrase-file", phrase, tmp_path / "data"]
    assert "is a symbolic link" in refused(*backup)
    assert not (tmp_path / "data").exists()


def test_check_says_whether_a_backup_would_be_restored(home: Path, phrase: Path, tmp_path: Path) -> None:
    data = back_up(home, phrase, tmp_path / "data")
    keys = back_up(home, phrase, tmp_path / "keys", "--only-keys")
    folder = tmp_path / "folder"
    done("node", "backup", "--home", home, folder)
    former = dict(files(home))
    check = ["node", "check", "--home", home, "--backup"]
    with exclusive(home):  # while the server runs
        assert "is whole: 1 entries" in done(*check, data, "--passphrase-file", phrase)
        assert "they open the store" in done(*check, keys, "--passphrase-file", phrase)
        assert "is whole: 1 entries" in done(*check, folder)
    data.write_bytes(data.read_bytes()[:-1])
    assert "BACKUP_CUT" in refused(*check, data, "--passphrase-file", phrase)
    (home / "keys" / "journal.key").write_bytes(bytes(32))
    assert "WRONG_KEY" in refused(*check, folder)
    (home / "keys" / "journal.key").write_bytes(former["keys/journal.key"])
    assert dict(files(home)) == former


def test_check_uses_the_keys_that_restoring_would_use(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    done("node", "backup", "--home", home, "--unsafe-with-keys", folder)
    away = tmp_path / "away"
    away.mkdir()
    assert "is whole" in done("node", "check", "--home", away, "--backup", folder)
    (folder / "keys" / "journal.key").write_bytes(bytes(32))
    assert "WRONG_KEY" in refused("node", "restore", "--home", away, folder)
    assert "WRONG_KEY" in refused("node", "check", "--home", home, "--backup", folder)


def test_check_needs_no_room_for_documents(home: Path, phrase: Path, tmp_path: Path) -> None:
    most = 2 * (home / "store.db").stat().st_size
    assert most < (home / "documents" / "piece").stat().st_size
    backup = back_up(home, phrase, tmp_path / "data")
    ran = limited(most, "node", "check", "--home", home, "--passphrase-file", phrase, "--backup", backup)
    assert ran.returncode == 0, ran.stderr
    assert "is whole" in ran.stdout


def test_a_gateway_is_backed_up_restored_and_checked(phrase: Path, tmp_path: Path) -> None:
    home = new_home(tmp_path / "gateway", kind="gateway", installation="interconnect/gateway/gateway-1")
    options = ["--home", home, "--passphrase-file", phrase]
    done("gateway", "backup", *options, tmp_path / "data")
    change(home)
    assert "is whole" in done("gateway", "check", *options, "--backup", tmp_path / "data")
    assert "The store is whole: 1 entries" in done("gateway", "check", "--home", home)
    done("gateway", "restore", *options, tmp_path / "data")
    assert later(home) == (False, False)
