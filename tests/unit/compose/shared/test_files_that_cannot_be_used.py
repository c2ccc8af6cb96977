"""A file or folder that a command is given and cannot use ends it with one sentence and exit code 1, no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main

INIT = ("--charter", "published", "--installation")


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("below", ["", "folder"])
@pytest.mark.parametrize(
    "command",
    [
        ("up",),
        ("demo",),
        ("node", "init", *INIT, "police/node/police-1"),
        ("gateway", "init", *INIT, "interconnect/gateway/gateway-1"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_home_that_is_a_file_or_lies_below_one_is_named(
    tmp_path: Path, command: tuple[str, ...], below: str
) -> None:
    file = tmp_path / "file"
    file.write_text("somebody's", "utf-8")
    ran = CliRunner().invoke(main, [*command, "--home", str(file / below)])
    assert (ran.exit_code, type(ran.exception)) == (1, SystemExit), ran.exception
    assert f"cannot use {file}" in ran.stderr
    assert file.read_text("utf-8") == "somebody's"


def test_a_program_gets_the_sentence_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    arguments = ["up", "--json", "--home", str(file)]
    monkeypatch.setattr("sys.argv", ["hutong", *arguments])
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 1
    error = json.loads(ran.stdout)["error"]
    assert error["reason"] == "INVALID_REQUEST"
    assert str(file) in error["message"]
