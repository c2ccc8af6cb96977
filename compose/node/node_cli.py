"""`hutong node`: set up, run and feed one node, and look at its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certs.printing import echo
from compose.node.sealing_cli import reseal, sealing
from compose.node.working_cli import working
from compose.report.timeliness_cli import expected
from compose.serve.copy_commands import add_copy_commands
from compose.shared.at import At, at
from compose.shared.options import json_option, settings_or_fail
from compose.shared.presenting import present

if TYPE_CHECKING:
    from server.stores.key_checks import KeyKind


@click.group()
def node() -> None:
    """Set up, run and feed one node."""


@node.command()
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Folder of the node.")
@click.option("--installation", required=True, help='Who it is, e.g. "police/node/police-1".')
@click.option("--listen", default="127.0.0.1:0", show_default=True, help="Address to listen on.")
@click.option("--charter", type=click.Path(path_type=Path), required=True, help="Published charter folder.")
@click.option("--charter-root", type=click.Path(path_type=Path), help="Pinned root, if not yet known.")
def init(home: Path, installation: str, listen: str, charter: Path, charter_root: Path | None) -> None:
    """Make the node's folder: secret keys, empty store, signing key, settings. Nothing that exists is replaced.

    In the folder of a store it makes only a key that a new version needs and the store has never used.
    """
    from compose.serve.server_setup import insist_set_up, set_up
    from federation.values.identity import Kind
    from node.app import init as make

    insist_set_up(installation, Kind.NODE, listen=listen)
    make(home)
    set_up(home, installation, Kind.NODE, listen=listen, charter=charter, charter_root=charter_root)


@node.command()
@click.option(
    "--home", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the node."
)
def run(home: Path) -> None:
    """Run the node in the foreground until SIGTERM or SIGINT; SIGHUP opens its log file anew."""
    from compose.serve.serving import quiet_grpc, serve

    quiet_grpc()
    from node.app import running
    from server.settings import NodeSettings

    settings = settings_or_fail(NodeSettings, home.resolve())
    serve(running(settings), settings.home, log_file=settings.log_file)


@node.command("import")
@click.option(
    "--home", type=click.Path(path_type=Path), envvar="HUTONG_HOME", help="Folder of the federation."
)
@click.option("--node", "name", help="Node to enter at, e.g. police-1.")
@click.option("--officer", envvar="HUTONG_OFFICER", help="Who acts: a natural person.")
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Which column is what.",
)
@click.option("--explain", "first", is_flag=False, flag_value=3, type=click.IntRange(1, 100), metavar="[N]")
@click.option("--dry-run", is_flag=True, help="Check every row by the rules; enter nothing.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_(
    home: Path | None,
    name: str | None,
    officer: str | None,
    map_file: Path | None,
    first: int | None,
    dry_run: bool,
    file: Path,
    as_json: bool,
) -> None:
    """Enter records from FILE: a table (.csv, .xlsx, .jsonl) with a map, or JSON lines of the Record message.

    --explain shows what the first N rows become (3). What cannot be entered is written beside FILE as
    FILE.quarantine.jsonl with every reason; mend it there and import that file, with the same map. An import that
    was interrupted goes on when it is started again; importing the same again changes nothing. docs/import.md
    explains maps.
    """
    from compose.bulk import explaining
    from compose.node.importing import import_file

    if first is not None:
        rows = explaining.explain(file, map_file, first=first)
        present(rows, as_json=as_json, table=explaining.show_explained)
        return
    if dry_run:
        checked = explaining.dry_run(file, map_file)
        present(checked, as_json=as_json, table=explaining.show_dry_run)
        return
    if home is None or name is None or officer is None:
        raise click.UsageError(
            "give --home, --node and --officer: only --explain and --dry-run go without them"
        )
    try:
        summary = import_file(home, name, officer=officer, file=file, quiet=as_json, map_file=map_file)
    except KeyboardInterrupt:
        echo("stopped; run the same command again to go on", err=True)
        raise SystemExit(130) from None
    present(summary, as_json=as_json, table=_imported)


def _imported(summary: Mapping[str, Any]) -> list[str]:
    """Return in sentences what became of the rows of a file."""
    counted = f"{summary['entered']} entered, {summary['repeated']} already there"
    said = [f"{counted}, {summary['quarantined']} in quarantine"]
    if summary["quarantined"]:
        said.append(f"  reasons in {summary['quarantine_file']}")
    return said


@node.command()
@at(node="Node that holds the record.")
@click.argument("record_id")
def show(at: At, record_id: str) -> None:
    """Show a record as it is now. Sealed records are not found here."""
    from compose.shared.showing import facet_table

    with at.client() as client:
        facet = client.show(at.node, record_id)
    at.present(facet, table=facet_table)


@node.command()
@at(node="Node that holds the record.")
@click.argument("record_id")
def history(at: At, record_id: str) -> None:
    """Show every version of a record: who entered it, by which instrument, when, and why it changed."""
    from compose.shared.showing import history_table

    with at.client() as client:
        events = client.history(at.node, record_id)
    at.present(events, table=history_table)


@node.command()
@at(node="Node whose work list to show.")
def withheld(at: At) -> None:
    """List what waits for a person about sealing: why, by when, whether late, and who decides."""
    from compose.shared.showing import worklist_table

    with at.client() as client:
        tasks = client.withheld(at.node)
    at.present(tasks, table=worklist_table)


node.add_command(sealing)
node.add_command(working)
node.add_command(reseal)


node.add_command(expected)


def _key_kinds() -> Sequence[KeyKind]:
    from node.store.key_kinds import NODE_KEYS

    return NODE_KEYS


add_copy_commands(node, _key_kinds)
