"""Every command answers programs in one way: with `--json` it writes one JSON value to standard output."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from compose.cli import main

ROOT = Path(__file__).parents[2]
#: Commands without `--json`, and why.
WITHOUT = {
    "node run": "serves until it is stopped",
    "gateway run": "serves until it is stopped",
    "report metrics": "writes the text of Prometheus",
}
#: Questions to the rules: JSON lines in, one JSON line out for each, with no other form.
QUESTIONS = "explain "
#: Modules that write several values, and why.
LINES = {
    "compose/follow/follow_cli.py": "reports each part when it is done, without an end",
}


def commands(command: click.Command = main, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None, name
        yield from commands(found, f"{path} {name}".strip())


def test_every_command_answers_programs() -> None:
    without = {
        path for path, command in commands() if not any("--json" in each.opts for each in command.params)
    }
    questions = {path for path in without if path.startswith(QUESTIONS)}
    assert without - questions == WITHOUT.keys()
    takes_a_file = {
        path for path, command in commands() if any(each.name == "file" for each in command.params)
    }
    assert questions <= takes_a_file


def test_json_is_one_value() -> None:
    """No value is written within a loop, but where a command goes on without an end."""
    found = set()
    for folder in ("compose", "certs"):
        for path in (ROOT / folder).rglob("*.py"):
            for loop in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(loop, ast.For | ast.While) and any(
                    isinstance(each, ast.Call) and getattr(each.func, "id", "") == "echo_json"
                    for each in ast.walk(loop)
                ):
                    found.add(str(path.relative_to(ROOT)))
    assert found == LINES.keys() | {"compose/explain/explain.py"}, "explain answers line by line"


@pytest.mark.parametrize("what", ["bases", "stores"])
def test_a_catalogue_is_one_list(what: str) -> None:
    listed = json.loads(CliRunner().invoke(main, ["explain", what, "--json"]).output)
    assert isinstance(listed, list)
    assert {"id"} <= listed[0].keys()


def test_an_export_and_what_is_said_of_it_do_not_share_standard_output(tmp_path: Path) -> None:
    where = ["--home", str(tmp_path), "--officer", "甲", "--server", "police-1"]
    ended = CliRunner().invoke(main, ["audit", "export", *where, "--json", "-"])
    assert ended.exit_code == 2
    assert "give the export a FILE" in ended.output


@pytest.mark.parametrize("kind", ["node", "gateway"])
def test_what_sets_up_copies_and_restores_a_server_says_so_in_json(kind: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> dict[str, object]:
        ran = CliRunner().invoke(main, [kind, *arguments, "--json"])
        assert ran.exit_code == 0, ran.output
        found: dict[str, object] = json.loads(ran.stdout)
        return found

    home, copy, who = str(tmp_path / "home"), str(tmp_path / "copy"), f"police/{kind}/{kind}-1"
    made = run("init", "--home", home, "--installation", who, "--charter", str(tmp_path))
    assert made["installation"] == who
    assert len(str(made["public"])) == 64
    copied = run("backup", "--home", home, "--unsafe-with-keys", copy)
    assert (copied["destination"], copied["with_keys"]) == (copy, True)
    restored = run("restore", "--home", home, copy)
    assert restored["entries"] == copied["entries"]
    assert Path(str(restored["aside"])).exists()
