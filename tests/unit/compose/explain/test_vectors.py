"""The golden vectors for nodes written in other languages hold for this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compose.explain.explain_forms import explain_case_number, explain_sealing
from compose.explain.strict_json import BadLine
from federation.errors import InvalidRequest
from federation.values.case_number import parse

VECTORS = Path(__file__).parents[4] / "proto" / "vectors"


def load(name: str) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((VECTORS / name).read_text("utf-8"))["vectors"]
    return vectors


@pytest.mark.parametrize("vector", load("sealing.json"), ids=lambda v: v["name"])
def test_r40_a_sealing_vector_holds(vector: dict[str, Any]) -> None:
    answer = explain_sealing(vector["question"])
    assert {key: answer[key] for key in vector["answer"]} == vector["answer"]


@pytest.mark.parametrize("vector", load("case_numbers.json"), ids=lambda v: v["question"]["text"] or "empty")
def test_r17_a_case_number_vector_holds(vector: dict[str, Any]) -> None:
    if "answer" in vector:
        assert explain_case_number(vector["question"]) == vector["answer"]
        return
    with pytest.raises(BadLine):
        explain_case_number(vector["question"])
    with pytest.raises(InvalidRequest) as refusal:
        parse(vector["question"]["text"])
    assert refusal.value.violations[0].rule == vector["refused"]
