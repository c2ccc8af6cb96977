"""docs/architecture.md draws the ways of a question, a notice and a seal: its functions exist and call what it says."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Collection
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
ROW = re.compile(r"^\|[^|]+\| `([a-z_.]+):([\w.]+)` \| ([^|]+) \|$", re.MULTILINE)
STEPS = ROW.findall(PAGE.read_text("utf-8"))


def called(code: str) -> set[str]:
    """Return what the code calls, as it is written there: `self._opening.statement`."""
    return {
        ast.unparse(each.func)
        for each in ast.walk(ast.parse(textwrap.dedent(code)))
        if isinstance(each, ast.Call)
    }


def is_called(name: str, found: Collection[str]) -> bool:
    return any(re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}$", each) for each in found)


def test_the_page_has_the_three_ways() -> None:
    assert len(STEPS) >= 30
    assert {module.partition(".")[0] for module, _, _ in STEPS} == {"federation", "gateway", "node"}


@pytest.mark.parametrize(("module", "name", "calls"), STEPS, ids=[f"{m}:{n}" for m, n, _ in STEPS])
def test_a_step_calls_what_the_page_says(module: str, name: str, calls: str) -> None:
    function = reduce(getattr, name.split("."), import_module(module))
    found = called(inspect.getsource(function))
    for call in re.findall(r"`([^`]+)`", calls):
        assert is_called(call, found), f"{module}:{name} does not call {call}"


def test_what_is_only_written_about_is_not_called() -> None:
    code = '''
        def step(self) -> None:
            """As `answer()` does."""
            # deliver() comes later
            self._opening.statement(unseal())
    '''
    found = called(code)
    assert [is_called(name, found) for name in ("answer", "deliver", "seal")] == [False, False, False]
    assert is_called("opening.statement", found)
