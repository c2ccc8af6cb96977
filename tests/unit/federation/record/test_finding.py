"""What a question finds of a record: the lawyers' table, by the rule and by `hutong explain match` (R14, R34)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from compose.explain.explain import explain
from federation.values.calendar import near_days

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "law" / "finding.yaml").read_text("utf-8")
)


def explained(*questions: object) -> list[dict[str, Any]]:
    lines = "\n".join(json.dumps(each, ensure_ascii=False) for each in questions)
    done = CliRunner().invoke(explain, ["match"], input=lines)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def test_r34_a_question_finds_what_the_table_says() -> None:
    answers = explained(*({"asked": row["asked"], "record": row["record"]} for row in ROWS))
    found = {row["id"]: a["ruled_out_by"] or a["result"] for row, a in zip(ROWS, answers, strict=True)}
    assert found == {row["id"]: row["expect"] for row in ROWS}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": "·"}, "asked.name"),
        ({"name": "?"}, "asked.name"),
        ({"name": "张三", "birth_date": "1980-13-01"}, "asked.birth_date"),
        ({"numbers": [{"type": "tattoo", "number": "1"}]}, "asked.numbers[0].type"),
        ({"numbers": [{"type": "citizen_id", "number": "990000198005065011"}]}, "asked.numbers[0].number"),
        ({"numbers": [{"type": "passport", "number": "护照!!"}]}, "asked.numbers[0].number"),
        (
            {"birth_date": "1990-05-06", "numbers": [{"type": "citizen_id", "number": "990000198005065010"}]},
            "asked.birth_date",
        ),
        (
            {"sex": "female", "numbers": [{"type": "citizen_id", "number": "990000198005065010"}]},
            "asked.sex",
        ),
        ({"nom": "张三"}, "asked.nom"),
    ],
)
def test_a_question_that_cannot_be_read_names_the_field(asked: object, field: str) -> None:
    [answer] = explained({"asked": asked, "record": {}})
    assert answer["field"] == field


@pytest.mark.parametrize(
    ("day", "near"),
    [
        ("1980-05-06", ["1980-06-05", "1979-05-06", "1981-05-06", "1980-05-05", "1980-05-07"]),
        ("1980-05-05", ["1979-05-05", "1981-05-05", "1980-05-04", "1980-05-06"]),
        (
            "1980-02-29",
            ["1979-02-28", "1979-03-01", "1981-02-28", "1981-03-01", "1980-02-28", "1980-03-01"],
        ),
        ("1981-02-28", ["1980-02-28", "1980-02-29", "1982-02-28", "1981-02-27", "1981-03-01"]),
        ("1979-03-01", ["1979-01-03", "1978-03-01", "1980-03-01", "1980-02-29", "1979-02-28", "1979-03-02"]),
        ("1980-01-01", ["1979-01-01", "1981-01-01", "1979-12-31", "1980-01-02"]),
        ("1980-05-31", ["1979-05-31", "1981-05-31", "1980-05-30", "1980-06-01"]),
    ],
)
def test_r34_days_that_are_easily_written_for_one_another(day: str, near: list[str]) -> None:
    assert list(near_days(day)) == near


def test_r34_a_day_that_is_easily_written_for_another_is_so_both_ways() -> None:
    first = date(1979, 1, 1).toordinal()
    days = [date.fromordinal(first + n).isoformat() for n in range(3 * 365)]
    near = {day: set(near_days(day)) for day in days}
    assert [
        (day, other) for day in days for other in near[day] if other in near and day not in near[other]
    ] == []
