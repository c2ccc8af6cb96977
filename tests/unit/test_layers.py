"""The arrows between folders run one way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


def test_folders_depend_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert checked.returncode == 0, checked.stdout


def test_unit_tests_stand_where_the_package_stands_that_they_test() -> None:
    unit = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")} - {Path()}
    strays = {folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()}
    rooms = {
        folder for folder in map(Path, ("compose", "federation", "gateway", "node")) if folder in folders
    }
    assert not strays | rooms, "each idea of a room has a folder of its own"
