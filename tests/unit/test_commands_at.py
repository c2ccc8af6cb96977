"""The options that commands share, and the two forms in which they answer."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from compose.shared.at import At, Optional, at
from compose.shared.presenting import listed, present
from compose.shared.printing import Table
from federation.v1 import record_pb2


def run(command: click.Command, *arguments: str) -> str:
    ran = CliRunner(env={"HUTONG_HOME": None, "HUTONG_OFFICER": None}).invoke(command, arguments)
    return ran.output


@click.command()
@at(
    node="Node that holds it.",
    member=Optional("Member that asks.", default="court"),
    out=click.option("--out", type=click.Path(path_type=Path)),
)
@click.argument("record_id")
@click.option("--reason", default="")
def everything(at: At, record_id: str, reason: str) -> None:
    at.present([at, record_id, reason], table=repr, document=repr)


def test_shared_options_arrive_as_one_value_beside_those_of_the_command() -> None:
    output = run(
        everything, "--home", "h", "--officer", "王", "--node", "n", "r", "--reason", "w", "--out", "o"
    )
    expected = At(Path("h"), "王", "court", "n", Path("o"), as_json=False)
    assert output == f"{[expected, 'r', 'w']!r}\n"


def test_options_stand_in_the_help_in_one_order() -> None:
    shown = run(everything, "--help")
    places = [shown.index(f"--{name}") for name in ("home", "node", "as", "officer", "out", "reason", "json")]
    assert places == sorted(places)
    assert "[default: court]" in shown


@pytest.mark.parametrize("missing", ["--home", "--officer", "--node"])
def test_a_required_option_that_is_missing_is_named(missing: str) -> None:
    given = {"--home": "h", "--officer": "王", "--node": "n"}
    arguments = [argument for flag, value in given.items() if flag != missing for argument in (flag, value)]
    assert missing in run(everything, *arguments, "r")


@click.command()
@at(officer=Optional("Who looks.", default="report"), json=False)
def looked(at: At) -> None:
    at.present(at.officer, table=str)


def test_a_command_has_only_the_options_that_it_names() -> None:
    assert run(looked, "--home", "h") == "report\n"
    for flag in ("--json", "--node", "--as", "--out"):
        assert flag not in run(looked, "--help")


def test_messages_are_written_with_the_names_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found = [record_pb2.Unknown(field="served_on", reason=record_pb2.UNKNOWN_REASON_ILLEGIBLE)]
    present(found, as_json=True, table=str)
    [written] = json.loads(capsys.readouterr().out)
    assert written["field"] == "served_on"
    assert written["reason"] == "UNKNOWN_REASON_ILLEGIBLE"


def test_a_list_may_have_a_form_for_each_item(capsys: pytest.CaptureFixture[str]) -> None:
    present([1, 2], as_json=True, document=listed(str), table=str)
    assert capsys.readouterr().out == '["1", "2"]\n'


def test_people_get_sentences_and_tables_one_below_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("heading")
    table.add_row("cell")
    present(0, as_json=False, table=lambda _: ["before [red]", table, None, "after"])
    shown = capsys.readouterr().out.splitlines()
    assert (shown[0], shown[-1]) == ("before [red]", "after")
    assert any("cell" in line for line in shown)
