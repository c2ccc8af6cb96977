"""The figures of intake as Prometheus reads them from a text file: volumes, lateness, what is owed and parked.

Open things only: what nodes expect is counted over open records, and how many notices a node registered, which
would count those about sealed persons too, is left out. Written by whoever may see the report: no server opens a
port for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Name -> (type, help, part of the report, labels, figure).
METRICS: Mapping[str, tuple[str, str, str, Sequence[str], str]] = {
    "hutong_notices_accepted_total": (
        "counter", "Notices accepted at the gateway.", "accepted", ("sender", "kind"), "notices",
    ),
    "hutong_notices_late_total": (
        "counter", "Of these, received after their due day (R25).", "accepted", ("sender", "kind"), "late",
    ),
    "hutong_notices_most_late_days": (
        "gauge", "Days after its due day of the latest.", "accepted", ("sender", "kind"), "most_late_days",
    ),
    "hutong_deliveries": (
        "gauge", "Deliveries to nodes by state.", "deliveries", ("node", "state", "reason"), "deliveries",
    ),
    "hutong_recalls_untold": (
        "gauge", "Recalls that wait for a gateway; in_charter no: nobody will tell them.", "untold",
        ("node", "gateway", "in_charter"), "recalls",
    ),
    "hutong_expected_overdue": (
        "gauge", "Ends of sentences not told in time, by open records.", "expected", ("node", "kind", "executor"),
        "overdue",
    ),
}  # fmt: skip


def exposition(report: Mapping[str, Any]) -> str:
    """Return the report of `compose.report.report_cli.collect` in Prometheus' text format 0.0.4."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    for name, (kind, says, part, labels, figure) in METRICS.items():
        yield f"# HELP {name} {says}"
        yield f"# TYPE {name} {kind}"
        for row in report[part]:
            named = ",".join(f'{label}="{_escaped(str(row[label]))}"' for label in labels if row[label])
            yield f"{name}{{{named}}} {row[figure]}"
    yield "# HELP hutong_node_reachable Whether the node answered when the report was made."
    yield "# TYPE hutong_node_reachable gauge"
    for node, rows in report["nodes"].items():
        yield f'hutong_node_reachable{{node="{_escaped(node)}"}} {int(rows is not None)}'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
