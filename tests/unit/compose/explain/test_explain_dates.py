"""`hutong explain due`: the lawyers' table (A18, R25)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compose.explain.explain_dates import explain_due
from compose.explain.strict_json import BadLine

LAW = Path(__file__).parents[3] / "law"
_EXPECTED = ("id", "due_on", "note", "error")


def rows(name: str) -> list[Any]:
    table: list[dict[str, Any]] = yaml.safe_load((LAW / name).read_text("utf-8"))
    return [pytest.param(row, id=row["id"]) for row in table]


def question(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _EXPECTED}


@pytest.mark.parametrize("row", rows("due_on.yaml"))
def test_a18_r25_a_notice_is_due_on_the_day_that_the_table_says(row: dict[str, Any]) -> None:
    if "error" in row:
        with pytest.raises(BadLine) as refused:
            explain_due(question(row))
        assert refused.value.field == row["error"]
        return
    answer = explain_due(question(row))
    assert answer["due_on"] == row["due_on"]
    assert ("note" in answer) == ("note" in row)
    assert str(row.get("note", "")) in str(answer.get("note", ""))
