"""The figures of intake as Prometheus reads them from a text file: volumes, lateness, expected and parked notices.

Sealed persons do not show in node figures: expected notices are counted over open records only, and the number of
notices that a node registered, which would include those about sealed persons, is left out. The file is written by
an officer who may see the report: no server opens a port for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

Family = CounterMetricFamily | GaugeMetricFamily
#: Name -> (kind, help, part of the report, labels, figure).
METRICS: Mapping[str, tuple[type[Family], str, str, Sequence[str], str]] = {
    "hutong_notices_accepted_total": (
        CounterMetricFamily, "Notices accepted at the gateway.", "accepted", ("sender", "kind"), "notices",
    ),
    "hutong_notices_late_total": (
        CounterMetricFamily, "Of these, received after their due day (R25).", "accepted", ("sender", "kind"),
        "late",
    ),
    "hutong_notices_most_late_days": (
        GaugeMetricFamily, "Days after its due day of the latest.", "accepted", ("sender", "kind"),
        "most_late_days",
    ),
    "hutong_deliveries": (
        GaugeMetricFamily, "Deliveries to nodes by state.", "deliveries", ("node", "state", "reason"),
        "deliveries",
    ),
    "hutong_recalls_untold": (
        GaugeMetricFamily, "Recalls that wait for a gateway; in_charter no: nobody will send them.", "untold",
        ("node", "gateway", "in_charter"), "recalls",
    ),
    "hutong_notices_wrong_numbers_total": (
        CounterMetricFamily, "Notices whose judgment number and person do not both fit (R31).", "wrong_numbers",
        ("node", "sender"), "notices",
    ),
    "hutong_expected_overdue": (
        GaugeMetricFamily, "Ends of sentences not notified in time, by open records.", "expected",
        ("node", "kind", "executor"), "overdue",
    ),
}  # fmt: skip


class _Report(Collector):
    """One report as metrics."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        self._report = report

    def collect(self) -> Iterable[Family]:
        """Yield each metric with a sample for each row."""
        yield from self._figures()
        reachable = GaugeMetricFamily(
            "hutong_node_reachable", "Whether the node answered when the report was made.", labels=["node"]
        )
        for node, rows in self._report["nodes"].items():
            reachable.add_metric([node], int(rows is not None))
        yield reachable

    def _figures(self) -> Iterator[Family]:
        for name, (kind, says, part, labels, figure) in METRICS.items():
            family = kind(name, says, labels=labels)
            for row in self._report[part]:
                family.add_metric([str(row[label]) for label in labels], row[figure])
            yield family


def exposition(report: Mapping[str, Any]) -> str:
    """Return the report of `compose.report.report_cli.collect` in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Report(report))
    return generate_latest(registry).decode()
