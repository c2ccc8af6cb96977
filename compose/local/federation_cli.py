"""`hutong up`, `down` and `status`: the local federation as one thing."""

from __future__ import annotations

from pathlib import Path

import click

from compose.local import elsewhere_shown, local, processes
from compose.local.elsewhere import ask_servers
from compose.local.layout import Layout, servers
from compose.local.ownership import insist_local, is_window
from compose.shared.exit_codes import ExitCode
from compose.shared.language import lang_option
from compose.shared.options import home_option, json_option
from compose.shared.presenting import present
from compose.shared.printing import Table, echo, marked
from federation.values import clock


@click.command()
@home_option
@click.argument("names", nargs=-1)
@json_option
def up(home: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Start the local federation at HOME (founding it first if it is new), or only the servers NAMES.

    For trying and testing: one machine holds all authorities' keys, and synthetic persons are accepted.
    """
    description = local.up(home, names, told=lambda line: None if as_json else echo(f"  {line}"))
    layout = Layout(home.resolve())
    present(
        description,
        as_json=as_json,
        table=lambda _: [_table(layout), f"described in {layout.description}"],
    )


@click.command()
@home_option
@click.argument("names", nargs=-1)
@json_option
def down(home: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Stop the local federation at HOME, or only the servers NAMES. Data stays."""
    _insist_there(home)
    stopped = [server.name for server in local.down(home, names)]
    sentence = f"stopped {', '.join(stopped)}" if stopped else "nothing was running"
    present({"stopped": stopped}, as_json=as_json, table=lambda _: sentence)


@click.command()
@home_option
@click.option(
    "--wait",
    type=click.FloatRange(0.1, 120.0),
    default=10.0,
    show_default=True,
    help="Seconds in which servers elsewhere must answer, all together.",
)
@json_option
@lang_option
def status(home: Path, wait: float, as_json: bool) -> None:
    """Show which servers run, and the charter in force.

    In a window's folder every server of its federation is asked; exit code 1 when one that is active does not serve.
    """
    layout = Layout(home.resolve())
    if not is_window(layout):
        _insist_there(home)
        return present(layout, as_json=as_json, document=_document, table=_table)
    found = ask_servers(layout.home, at=clock.now(), patience_s=wait)
    present(found, as_json=as_json, document=elsewhere_shown.document, table=elsewhere_shown.table)
    if any(server.fails for server in found.servers):
        raise SystemExit(ExitCode.FAILED)


def _document(layout: Layout) -> dict[str, object]:
    charter = local.current_charter(layout)
    where = local.endpoints(charter)
    alive = {s: processes.running(layout, s) for s in servers()}
    rows = [
        {
            "name": server.name,
            "installation": str(server),
            "endpoint": where[str(server)],
            "pid": process.pid if process else 0,
            "running": process is not None,
        }
        for server, process in alive.items()
    ]
    return {"federation": charter.federation, "charter_version": charter.version, "servers": rows}


def _insist_there(home: Path) -> None:
    insist_local(Layout(home.resolve()))


def _table(layout: Layout) -> Table:
    charter = local.current_charter(layout)
    where = local.endpoints(charter)
    table = Table(title=f"{charter.federation}, charter version {charter.version}", title_justify="left")
    for heading in ("server", "installation", "endpoint", "process"):
        table.add_column(heading)
    for server in servers():
        up = processes.running(layout, server)
        state = marked("[green]running[/] {}", up.pid) if up else marked("[red]stopped[/]")
        table.add_row(server.name, str(server), where[str(server)], state)
    return table
