"""What became of questions while servers were upgraded, counted by stage, and what servers warned of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

from compose.local.layout import Layout, servers


class Counted(Protocol):
    """A caller whose answers are counted."""

    rows: list[dict[str, Any]]

    def answers(self) -> list[dict[str, Any]]:
        """Return what became of each question so far."""


def table(stages: Sequence[tuple[float, str]], callers: Sequence[Counted]) -> int:
    """Print by stage what became of the questions; return how many answers were wrong."""
    wrong = 0
    for index, (began, name) in enumerate(stages):
        until = stages[index + 1][0] if index + 1 < len(stages) else float("inf")
        counts, why, refused, longest = Counter[str](), Counter[str](), Counter[str](), 0.0
        for caller in callers:
            for each in caller.answers():
                if began <= each["at"] < until:
                    counts[outcome(each, caller.rows[each["row"]]["finding"])] += 1
                    counts["asked"] += 1
                    counts[each.get("verdict", "")] += 1
                    longest = max(longest, each["seconds"])
                    why.update(_why(each))
                    refused.update(f"{e['node']} {e['refused']}" for e in each["entered"] if "refused" in e)
        wrong += counts["wrong"]
        figures = [
            f"{counts[k]:4d} {k}" for k in ("asked", "whole", "partial", "early", "void", "refused", "wrong")
        ]
        print(f"{name:32} {' '.join(figures)}  longest {longest:5.1f} s")
        for what, found in (("", why), ("not entered: ", refused)):
            for reason, count in found.most_common():
                print(f"{'':32} {count:4d} {what}{reason}")
    return wrong


def outcome(each: dict[str, Any], expected: str) -> str:
    """Return what became of a question; "early" shows a record whose seal is at a node that was not asked."""
    if "refused" in each:
        return "refused"
    if each["void"]:
        return "void"
    entered = all("refused" not in e for e in each["entered"])
    if not each["complete"]:
        return "early" if each["finding"] == "RECORD" != expected and entered else "partial"
    return "whole" if each["finding"] == expected or not entered else "wrong"


def _why(each: dict[str, Any]) -> list[str]:
    if "refused" in each:
        return [f"refused: {each['refused']} {each['says'][:90]}"]
    return [f"partial: {node} {reason}" for node, reason in each["missing"].items()]


def reports(layout: Layout) -> Counter[str]:
    """Return what servers have warned of, by server and sentence."""
    found = Counter[str]()
    for server in servers():
        for line in (layout.server(server) / "server.log").read_text("utf-8").splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                found[f"{server.name}: {line[:150]}"] += 1
                continue
            if said.get("level") in ("warning", "error", "critical"):
                found[f"{server.name}: {said['says'][:200]}"] += 1
    return found
