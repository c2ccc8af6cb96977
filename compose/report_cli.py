"""`hutong report`: figures for those who run the federation (R66)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from compose.options import home_option, json_option


@click.group()
def report() -> None:
    """Figures: what came in, how late, what waits."""


@report.command()
@home_option
@json_option
def intake(home: Path, as_json: bool) -> None:
    """Notices by sender and kind with their lateness, what waits at nodes, what is parked at the gateway."""
    said = collect(home)
    click.echo(json.dumps(said, ensure_ascii=False)) if as_json else _tables(said)


def collect(home: Path) -> dict[str, Any]:
    """Return the figures of the gateway and of every node that can be reached."""
    from compose.local.layout import GATEWAY, NODES, Layout, node_installation
    from federation.client import Client
    from federation.errors import Unavailable
    from federation.v1 import notice_pb2 as pb
    from federation.words import word

    def row(r: pb.IntakeRow) -> dict[str, Any]:
        return {
            "sender": r.sender,
            "kind": word(pb.NoticeKind.DESCRIPTOR, r.kind),
            "stage": word(pb.NoticeStage.DESCRIPTOR, r.stage),
            "notices": r.notices,
            "late": r.late,
            "most_late_days": r.most_late_days,
        }

    description = Layout(home.resolve()).description
    with Client.open(description, "interconnect", officer="report") as client:
        gateway = client.intake_report(GATEWAY)
    nodes: dict[str, Any] = {}
    for agency, name in NODES.items():
        with Client.open(description, agency, officer="report") as client:
            try:
                nodes[name] = [row(r) for r in client.intake_report(node_installation(agency)).rows]
            except Unavailable:
                nodes[name] = None
    return {
        "accepted": [row(r) for r in gateway.rows],
        "deliveries": [
            {
                "node": d.node,
                "state": word(pb.DeliveryState.DESCRIPTOR, d.state),
                "deliveries": d.deliveries,
                "reason": d.reason,
            }
            for d in gateway.deliveries
        ],
        "nodes": nodes,
    }


def _tables(said: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()

    def table(title: str, rows: list[dict[str, Any]], headings: tuple[str, ...]) -> None:
        made = Table(title=title, title_justify="left")
        for heading in headings:
            made.add_column(heading.replace("_", " "), overflow="fold")
        for each in rows:
            made.add_row(*(str(each[heading]) for heading in headings))
        console.print(made)

    figures = ("sender", "kind", "notices", "late", "most_late_days")
    table("accepted at the gateway", said["accepted"], figures)
    table("deliveries", said["deliveries"], ("node", "state", "deliveries", "reason"))
    for node, rows in said["nodes"].items():
        if rows is None:
            console.print(f"[yellow]{node} cannot be reached[/]")
        elif rows:
            table(node, rows, ("sender", "kind", "stage", "notices", "late", "most_late_days"))
