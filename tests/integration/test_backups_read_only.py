"""A backup that lies where nobody can write, as on a disk that is mounted read-only, is checked and restored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.backups import change, done, held_to_modes, later, new_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return new_home(tmp_path / "home")


@pytest.fixture
def folder(home: Path, tmp_path: Path) -> Iterator[Path]:
    """Yield a backup as a folder; the test closes it for writing, and it is open again afterwards."""
    folder = tmp_path / "folder"
    done("node", "backup", "--home", home, folder)
    yield folder
    folder.chmod(0o700)


def test_it_is_checked_and_restored(home: Path, folder: Path) -> None:
    change(home)
    folder.chmod(0o500)
    checked = held_to_modes("node", "check", "--home", home, "--backup", folder)
    assert "is whole: 1 entries" in checked.stdout, checked.stderr
    restored = held_to_modes("node", "restore", "--home", home, folder)
    assert restored.returncode == 0, restored.stderr
    assert later(home) == (False, False)
    assert sorted(path.name for path in folder.iterdir() if "-" in path.name) == []


def test_a_write_ahead_log_there_is_not_left_out(home: Path, folder: Path) -> None:
    change(folder)
    (folder / "store.db-shm").unlink()
    folder.chmod(0o500)
    restored = held_to_modes("node", "restore", "--home", home, folder)
    assert restored.returncode == 1
    assert "NOT_WRITABLE" in restored.stderr
    assert f"{folder} cannot be written" in restored.stderr
