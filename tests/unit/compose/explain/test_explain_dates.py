"""`hutong explain finality` and `due`: the lawyers' tables (A5, A18, R18, R23, R25)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from compose.explain.explain import explain
from compose.explain.explain_dates import explain_due, explain_finality
from compose.explain.strict_json import BadLine
from federation.law.workdays import VARIABLE

LAW = Path(__file__).parents[3] / "law"
_EXPECTED = ("id", "final_on", "due_on", "note", "error")


def rows(name: str) -> list[Any]:
    table: list[dict[str, Any]] = yaml.safe_load((LAW / name).read_text("utf-8"))
    return [pytest.param(row, id=row["id"]) for row in table]


def question(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _EXPECTED}


def insist_answered(explain: Callable[[object], dict[str, object]], row: dict[str, Any], key: str) -> None:
    if "error" in row:
        with pytest.raises(BadLine) as refused:
            explain(question(row))
        assert refused.value.field == row["error"]
        return
    answer = explain(question(row))
    assert answer[key] == row[key]
    assert ("note" in answer) == ("note" in row)
    assert str(row.get("note", "")) in str(answer.get("note", ""))


@pytest.mark.parametrize("row", rows("final_on.yaml"))
def test_a5_r23_a_judgment_is_final_from_the_day_that_the_table_says(row: dict[str, Any]) -> None:
    insist_answered(explain_finality, row, "final_on")


@pytest.mark.parametrize("row", rows("due_on.yaml"))
def test_a18_r25_a_notice_is_due_on_the_day_that_the_table_says(row: dict[str, Any]) -> None:
    insist_answered(explain_due, row, "due_on")


FINALITY = {"number": "（2024）京0105刑初1号", "pronounced": "2024-03-01", "served": None, "kind": "judgment"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"served": []}, "served"),
        ({"served": ["2024-03-04", None]}, "served"),
        ({"served": 20240304}, "served"),
        ({"private": "yes"}, "private"),
        ({"approved": "2024-02-30"}, "approved"),
        ({"number": ""}, "number"),
        ({"number": None}, "number"),
        ({"since": "2024-03-04"}, "since"),
        ({"pronounced": "２０２４-03-01"}, "pronounced"),
    ],
)
def test_a5_what_cannot_be_used_is_named_by_its_key(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadLine) as refused:
        explain_finality(FINALITY | changes)
    assert refused.value.field == field


@pytest.mark.parametrize("key", sorted(FINALITY))
def test_a5_the_four_facts_are_asked_for(key: str) -> None:
    with pytest.raises(BadLine) as refused:
        explain_finality({name: value for name, value in FINALITY.items() if name != key})
    assert (refused.value.field, refused.value.message) == (key, "missing")


@pytest.mark.parametrize("command", ["finality", "due"])
def test_a_calendar_that_cannot_be_used_is_said_in_a_sentence(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = tmp_path / "holidays.toml"
    calendar.write_text('[2027]\noff = ["2027-02-30"]\n', "utf-8")
    monkeypatch.setenv(VARIABLE, str(calendar))
    done = CliRunner().invoke(explain, [command], input="{}\n")
    assert done.exit_code == 1
    assert "Error: holidays.toml: [2027] off: '2027-02-30'" in done.output
