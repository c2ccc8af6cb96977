"""Every alarm says in docs/operations.md what to do, and rests on figures that a server or the report gives."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from compose.report.metrics import METRICS
from gateway.asking.meter import QuestionMeter
from gateway.relay.queue_figures import WAITING, QueueFigures
from gateway.sealing.late_figure import LateSealFigure
from server.watching import FIGURES

ROOT = Path(__file__).parents[2]


#: Every figure of a server's own port: its own, and those of the parts of a gateway.
OF_SERVERS = {*FIGURES, *QuestionMeter.meanings, *QueueFigures.meanings, *LateSealFigure.meanings}


def figures_in(rule: dict[str, Any]) -> set[str]:
    """Return the figures that a rule uses; the samples of a histogram count as that."""
    return {re.sub(r"_(bucket|count)$", "", name) for name in re.findall(r"\bhutong_\w+", rule["expr"])}


def alarms() -> dict[str, dict[str, Any]]:
    """Return the rules by the alarm's name."""
    groups = yaml.safe_load((ROOT / "compose" / "serve" / "alarms.yaml").read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) == len({rule["alert"] for rule in rules}), "an alarm is there twice"
    return {rule["alert"]: rule for rule in rules}


def test_each_alarm_says_what_to_do() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    section = page.partition("\n### Alarms\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    assert {name for name, _, _ in rows} == alarms().keys()
    assert all(means.strip() and do.strip() for _, means, do in rows)


def test_each_alarm_rests_on_figures_that_are_given() -> None:
    known = {*OF_SERVERS, *METRICS}
    for name, rule in alarms().items():
        used = figures_in(rule)
        assert used <= known, name
        assert used or rule["expr"].startswith("up{"), name


def test_each_figure_of_a_server_is_watched() -> None:
    used = {figure for rule in alarms().values() for figure in figures_in(rule)}
    assert used >= OF_SERVERS - {WAITING}, (
        "how many notices wait is no fault; since when they wait may be one"
    )


def test_each_figure_of_a_server_is_in_the_document() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert {figure for figure in OF_SERVERS if f"`{figure}" not in page} == set()
