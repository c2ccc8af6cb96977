"""`hutong report`: figures for those who run the federation (R66)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from certs.printing import echo_block, write_text
from compose.report.metrics import exposition
from compose.report.runs_cli import runs
from compose.shared.at import At, Optional, at
from compose.shared.clients import first_gateway, nodes_in_order, of_gateway, of_member, of_own_members
from compose.shared.printing import Console, listing, marked
from federation.client import Client
from federation.errors import Unavailable
from federation.notices.due import due_times
from federation.notices.kinds import kind_name
from federation.v1 import notice_pb2, timeliness_pb2
from federation.values.enum_names import enum_name

_OFFICER = Optional("Who looks.", default="report")


@click.group()
def report() -> None:
    """Figures: what came in, how late, what waits."""


report.add_command(runs)


@report.command()
@at(officer=_OFFICER)
def intake(at: At) -> None:
    """Notices by sender and kind with their lateness, what waits, what is parked, and what should have come; recalls.

    Notices are counted whoever they are about; no figure says of how many the persons are sealed. Nodes look their
    open records through for ends of sentences without a notice, and log that they did: sealed persons are listed by
    `hutong node expected --sealed` alone.
    """
    at.present(collect(at.home, officer=at.officer), table=_tables)


@report.command()
@at(
    officer=_OFFICER,
    out=click.option(
        "--out", type=click.Path(path_type=Path), help="File to replace in one step; standard output if none."
    ),
    json=False,
)
def metrics(at: At) -> None:
    """Write the figures of intake as Prometheus text, for the textfile collector; open records only."""
    text = exposition(collect(at.home, officer=at.officer))
    if at.out is None:
        echo_block(text, end="")
        return
    write_text(at.out, text, mode=0o644)  # figures without persons, read by the collector's own user


def collect(home: Path, *, officer: str = "report") -> dict[str, Any]:
    """Return the figures of the gateway and of every node that can be reached and is of a member that `home` has."""

    def row(r: notice_pb2.IntakeRow) -> dict[str, Any]:
        return {
            "sender": r.sender,
            "kind": enum_name(notice_pb2.NoticeKind.DESCRIPTOR, r.kind),
            "stage": enum_name(notice_pb2.NoticeStage.DESCRIPTOR, r.stage),
            "notices": r.notices,
            "late": r.late,
            "most_late_days": r.most_late_days,
        }

    asking, own = of_own_members(home, officer)
    with asking:
        registries = nodes_in_order(asking.charter)
        operator = first_gateway(asking.charter).installation.member
    gateway = notice_pb2.ReportResponse()
    if operator in own:
        with of_gateway(home, officer) as client:
            gateway = client.notices.report(first_gateway(client.charter).installation)
    nodes: dict[str, Any] = {}
    expected: list[dict[str, Any]] = []
    unreported: list[dict[str, Any]] = []
    wrong: list[dict[str, Any]] = []
    for registry in registries:
        name = str(registry.name)
        if registry.agency not in own:
            continue
        with of_member(home, registry.agency, officer) as client:
            try:
                report = client.notices.report(registry.installation)
                nodes[name] = [row(r) for r in report.rows]
                unreported += [
                    {
                        "node": name,
                        "gateway": u.gateway,
                        "recalls": u.recalls,
                        "in_charter": "yes" if u.in_charter else "no",
                    }
                    for u in report.untold
                ]
                wrong += [
                    {"node": name, "sender": w.sender, "notices": w.notices, "most_a_day": w.most_a_day}
                    for w in report.wrong_numbers
                ]
                expected += _expected(client, name)
            except Unavailable:
                nodes[name] = None
    return {
        "accepted": [row(r) for r in gateway.rows],
        "deliveries": [
            {
                "node": d.node,
                "state": enum_name(notice_pb2.DeliveryState.DESCRIPTOR, d.state),
                "deliveries": d.deliveries,
                "reason": d.reason,
            }
            for d in gateway.deliveries
        ],
        "recalls": [
            {
                "member": r.member,
                "recalls": r.recalls,
                "acknowledged": r.acknowledged,
                "overdue": r.overdue,
            }
            for r in gateway.recalls
        ],
        "untold": unreported,
        "wrong_numbers": wrong,
        "nodes": nodes,
        "not_asked": [str(each.name) for each in registries if each.agency not in own],
        "expected": expected,
        "due_times": [
            {
                "kind": kind,
                "days": due.days,
                "count": "working" if due.working else "calendar",
                "source": due.source,
            }
            for kind, due in due_times().items()
        ],
    }


def _expected(client: Client, node: str) -> list[dict[str, Any]]:
    """Return how many notices a node's open records still wait for, by kind and by the organ executing the sentence."""
    found: dict[tuple[str, str], list[int]] = {}
    for each in client.timeliness.expected(
        node, timeliness_pb2.ExpectedPage(list=timeliness_pb2.EXPECTED_LIST_OVERDUE)
    ):
        found.setdefault((kind_name(each.kind), each.executor), []).append(each.days_overdue)
    return [
        {
            "node": node,
            "kind": kind,
            "executor": executor,
            "overdue": len(days),
            "most_overdue_days": max(days),
        }
        for (kind, executor), days in sorted(found.items())
    ]


def _tables(report: dict[str, Any]) -> None:
    console = Console()

    def table(title: str, rows: list[dict[str, Any]], headings: tuple[str, ...]) -> None:
        made = listing(title, *(heading.replace("_", " ") for heading in headings))
        for each in rows:
            made.add_row(*(str(each[heading]) for heading in headings))
        console.print(made)

    figures = ("sender", "kind", "notices", "late", "most_late_days")
    table("accepted at the gateway", report["accepted"], figures)
    table("deliveries", report["deliveries"], ("node", "state", "deliveries", "reason"))
    if report["recalls"]:
        table("recalls", report["recalls"], ("member", "recalls", "acknowledged", "overdue"))
    if report["untold"]:
        title = "recalls that wait for a gateway; not in the charter: tell the members"
        table(title, report["untold"], ("node", "gateway", "recalls", "in_charter"))
    if report["wrong_numbers"]:
        title = "notices whose judgment number and person do not both fit"
        table(title, report["wrong_numbers"], ("node", "sender", "notices", "most_a_day"))
    for node, rows in report["nodes"].items():
        if rows is None:
            console.print(marked("[yellow]{} cannot be reached[/]", node))
        elif rows:
            table(node, rows, ("sender", "kind", "stage", "notices", "late", "most_late_days"))
    if report["not_asked"]:
        console.print(
            marked("of other agencies, which report themselves: {}", ", ".join(report["not_asked"]))
        )
    if report["expected"]:
        headings = ("node", "kind", "executor", "overdue", "most_overdue_days")
        table("expected by now and not reported (open records)", report["expected"], headings)
    table("due times", report["due_times"], ("kind", "days", "count", "source"))
