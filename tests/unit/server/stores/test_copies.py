"""Copies of a server's home: no links are followed, and nobody else can read what is put in place."""

import os
from pathlib import Path

import pytest

from federation.errors import Corrupt
from server.stores.copies import copy_file, copy_folder


def test_a_link_in_a_backup_is_named_and_not_followed(tmp_path: Path) -> None:
    secret, backup = tmp_path / "secret", tmp_path / "backup"
    secret.write_text("of somebody else", "utf-8")
    backup.mkdir()
    (backup / "wrap.key").symlink_to(secret)
    with pytest.raises(Corrupt, match=r"wrap\.key is a symbolic link"):
        copy_folder(backup, tmp_path / "home")
    assert not (tmp_path / "home" / "wrap.key").exists()


def test_a_link_to_a_folder_is_not_walked_into(tmp_path: Path) -> None:
    elsewhere, backup = tmp_path / "elsewhere", tmp_path / "backup"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("x", "utf-8")
    backup.mkdir()
    (backup / "documents").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(Corrupt, match="symbolic link"):
        copy_folder(backup, tmp_path / "home")


def test_a_link_inside_the_folder_becomes_the_file_it_leads_to(tmp_path: Path) -> None:
    folder = tmp_path / "charter"
    (folder / "root_history").mkdir(parents=True)
    (folder / "root_history" / "1.root.json").write_text("{}", "utf-8")
    (folder / "root.json").symlink_to(Path("root_history") / "1.root.json")
    copy_folder(folder, tmp_path / "copy")
    assert (tmp_path / "copy" / "root.json").read_text("utf-8") == "{}"
    assert not (tmp_path / "copy" / "root.json").is_symlink()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_copied_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    (tmp_path / "a.key").write_text("x", "utf-8")
    (tmp_path / "a.key").chmod(0o644)
    before = os.umask(umask)
    try:
        copy_file(tmp_path / "a.key", tmp_path / "b.key")
    finally:
        os.umask(before)
    assert (tmp_path / "b.key").stat().st_mode & 0o777 == 0o600
