"""docs/architecture.md draws the ways of a question, a notice and a seal: its functions exist and call what it says."""

from __future__ import annotations

import inspect
import re
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
ROW = re.compile(r"^\|[^|]+\| `([a-z_.]+):([\w.]+)` \| ([^|]+) \|$", re.MULTILINE)
STEPS = ROW.findall(PAGE.read_text("utf-8"))


def test_the_page_has_the_three_ways() -> None:
    assert len(STEPS) >= 30
    assert {module.partition(".")[0] for module, _, _ in STEPS} == {"federation", "gateway", "node"}


@pytest.mark.parametrize(("module", "name", "calls"), STEPS, ids=[f"{m}:{n}" for m, n, _ in STEPS])
def test_a_step_calls_what_the_page_says(module: str, name: str, calls: str) -> None:
    function = reduce(getattr, name.split("."), import_module(module))
    code = inspect.getsource(function)
    for call in re.findall(r"`([^`]+)`", calls):
        assert re.search(rf"(?<![A-Za-z0-9]){re.escape(call)}\(", code), (
            f"{module}:{name} does not call {call}"
        )
