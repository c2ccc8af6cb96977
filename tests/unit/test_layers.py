"""The arrows between folders run one way, no modules import each other in a ring, and none grows into two ideas."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bench", "certs", "compose", "federation", "gateway", "node", "server")
#: Lines from which a module is two ideas, whatever else is said of it (CONTRIBUTING.md).
MOST_LINES = 300


def modules() -> dict[str, Path]:
    """Return each module of the product that is written by hand, by its name."""
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
        if not path.stem.endswith(("_pb2", "_pb2_grpc"))
    }


def imports(path: Path, known: Collection[str]) -> set[str]:
    """Return the modules among `known` that a module imports, also those it imports inside functions."""
    found = set()
    for each in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(each, ast.Import):
            found |= {alias.name for alias in each.names}
        elif isinstance(each, ast.ImportFrom) and each.module:
            inner = {f"{each.module}.{alias.name}" for alias in each.names}
            found |= inner & set(known) or {each.module}
    return found & set(known)


def ring(arrows: Mapping[str, set[str]]) -> list[str]:
    """Return what remains of `arrows` when whatever imports nothing that remains is taken away, again and again."""
    left = {name: set(targets) for name, targets in arrows.items()}
    while free := {name for name, targets in left.items() if not targets - {name}}:
        left = {name: targets - free for name, targets in left.items() if name not in free}
    return sorted(left)


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


def test_no_modules_import_each_other_in_a_ring() -> None:
    known = modules()
    arrows = {name: imports(path, known) for name, path in known.items()}
    assert sum(map(len, arrows.values())) > 1000, "the imports are read"
    assert ring(arrows) == []


def test_a_ring_is_found() -> None:
    assert ring({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]
    assert ring({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_no_module_has_more_than_300_lines() -> None:
    tests = {str(path.relative_to(ROOT)): path for path in (ROOT / "tests").rglob("*.py")}
    assert len(tests) > 400, "the tests are counted too"
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in (modules() | tests).items()}
    assert {name: number for name, number in lines.items() if number > MOST_LINES} == {}
