"""`hutong demo` on a dirty file shows what it promises; where it cannot, it says so in one sentence (exit code 1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from tests.support.dirty import ROWS, dirty_outcomes


@pytest.fixture
def dirty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "outcomes.csv"
    path.write_bytes(dirty_outcomes())
    return path


def played(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["demo", *map(str, arguments)])


def test_the_demo_shows_every_scene_on_a_dirty_file(dirty: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ran = played("--outcomes", dirty, "--json", report)
    assert ran.exit_code == 0, ran.output
    found = json.loads(report.read_text("utf-8"))
    assert [scene["id"] for scene in found["scenarios"]] == list("abcdefg")
    assert found["outcomes"] > ROWS
    assert found["entered"] > 2 * ROWS, "the clean rows are entered"
    assert found["quarantined"] > 20, "the spoilt ones are not"


@pytest.mark.parametrize(("walk", "scene"), [([], "a"), (["--walk", "window"], "1")])
def test_a_scene_that_does_not_show_what_it_promises_is_one_sentence_and_exit_code_1(
    dirty: Path, monkeypatch: pytest.MonkeyPatch, walk: list[str], scene: str
) -> None:
    monkeypatch.setenv("HUTONG_GATEWAY_NODE_DEADLINE_S", "0.001")  # no node is ever in time
    ran = played("--outcomes", dirty, "--patience", "1", *walk)
    assert ran.exit_code == 1, ran.output
    assert isinstance(ran.exception, SystemExit), "no traceback"
    lines = ran.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"Error: Scene ({scene}) did not show what it promises: asking again: ")
