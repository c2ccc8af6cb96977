"""A server's process is known by more than the time at which the clock says that it started."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compose.local import processes
from compose.local.layout import Layout, node_installation

NODE = node_installation("police")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A home in which this very process has announced itself as the node of the police."""
    layout = Layout(tmp_path)
    layout.server(NODE).mkdir(parents=True)
    processes.announce(layout.server(NODE), 4711)
    return layout


def edited(layout: Layout, edit: Callable[[dict[str, Any]], object]) -> processes.RunningServer | None:
    file = layout.server(NODE) / "run.json"
    facts = json.loads(file.read_text("utf-8"))
    edit(facts)
    file.write_text(json.dumps(facts), "utf-8")
    return processes.running(layout, NODE)


@pytest.mark.parametrize("step_s", [-86_400, -60, 60, 86_400])
def test_a_server_still_runs_after_the_clock_was_set(layout: Layout, step_s: float) -> None:
    up = edited(layout, lambda facts: facts.update(born=facts["born"] + step_s))
    assert up is not None
    assert up.port == 4711


def test_another_process_with_the_same_number_is_not_the_server(layout: Layout) -> None:
    earlier = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert edited(layout, lambda facts: facts.update(pid=earlier.pid)) is None
    finally:
        earlier.communicate()


def test_a_file_of_an_earlier_program_is_understood(layout: Layout) -> None:
    assert edited(layout, lambda facts: facts.pop("since_boot")) is not None
    assert edited(layout, lambda facts: facts.update(born=facts["born"] - 3600)) is None


def test_what_is_no_such_file_names_no_server(layout: Layout) -> None:
    assert edited(layout, lambda facts: facts.update(since_boot=["x"])) is None
    assert edited(layout, lambda facts: facts.update(since_boot="", born="yesterday")) is None
