"""The edition of the rules changes with any policy, catalogue or table, and with nothing else."""

import shutil
from pathlib import Path

import pytest

from federation.law import edition as module
from federation.law import policies
from federation.law.edition import edition

DATA = Path(module.__file__).parents[1] / "data"


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Path, Path]:
    """Return copies of both folders of rules, which a test may change."""
    return (
        Path(shutil.copytree(policies.DEFAULT, tmp_path / "policy")),
        Path(shutil.copytree(DATA, tmp_path / "data")),
    )


def test_a_copy_of_the_rules_is_the_same_edition(copies: tuple[Path, Path]) -> None:
    assert edition(*copies) == edition()


@pytest.mark.parametrize("name", ["offences.csv", "bases/children.toml", "holidays.toml"])
def test_a_changed_table_is_another_edition(copies: tuple[Path, Path], name: str) -> None:
    table = copies[1] / name
    table.write_bytes(table.read_bytes() + b"\n")
    assert edition(*copies) != edition()


def test_a_policy_left_out_is_another_edition(copies: tuple[Path, Path]) -> None:
    next(copies[0].glob("*.cedar")).unlink()
    assert edition(*copies) != edition()


def test_a_readme_is_no_rule(copies: tuple[Path, Path]) -> None:
    (copies[1] / "NOTES.md").write_text("no rule", "utf-8")
    assert edition(*copies) == edition()


def test_a_change_of_code_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    before = edition()
    monkeypatch.setattr(module, "CODE", module.CODE + 1)
    edition.cache_clear()
    assert edition() != before
    monkeypatch.undo()
    edition.cache_clear()
    assert edition() == before
