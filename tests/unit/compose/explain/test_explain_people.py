"""`hutong explain identifier` and `name`: the lawyers' table of numbers, and faults by their key (R14)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compose.explain.explain_people import explain_identifier, explain_name
from compose.explain.strict_json import BadLine

TABLE: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "law" / "identifiers.yaml").read_text("utf-8")
)


@pytest.mark.parametrize("row", TABLE, ids=[row["id"] for row in TABLE])
def test_r14_a_number_is_kept_and_read_as_the_table_says(row: dict[str, Any]) -> None:
    asked = {key: row[key] for key in ("type", "number", "synthetic") if key in row}
    if "error" in row:
        with pytest.raises(BadLine, match=row["error"]) as refused:
            explain_identifier(asked)
        assert refused.value.field == "number"
        return
    assert explain_identifier(asked) == {key: row[key] for key in ("normal", "birth_date", "sex")}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"type": "tattoo", "number": "1234"}, "type"),
        ({"type": "citizen_id"}, "number"),
        ({"type": "citizen_id", "number": 110105}, "number"),
        ({"type": "citizen_id", "number": ""}, "number"),
        ({"type": "citizen_id", "number": "11010519491231002X", "synthetic": "yes"}, "synthetic"),
        ({"type": "citizen_id", "number": "11010520991231002X"}, "number"),
    ],
)
def test_r14_what_cannot_be_used_is_named_by_its_key(asked: dict[str, object], field: str) -> None:
    with pytest.raises(BadLine) as refused:
        explain_identifier(asked)
    assert refused.value.field == field


def test_r14_a_birth_in_the_future_is_no_birth() -> None:
    with pytest.raises(BadLine, match="future"):
        explain_identifier({"type": "citizen_id", "number": "990105209912310022", "synthetic": True})


def test_r14_a_name_says_its_form_and_its_keys() -> None:
    answer = explain_name({"text": " 买买提•吐尔逊 "})
    assert answer["normal"] == "买买提·吐尔逊"
    assert answer["keys"]


@pytest.mark.parametrize("text", ["·", "-", "?", "*", "。", "---", "（）", "\x00", "\u0301"])
def test_r14_signs_alone_are_no_name(text: str) -> None:
    with pytest.raises(BadLine) as refused:
        explain_name({"text": text})
    assert refused.value.field == "text"
