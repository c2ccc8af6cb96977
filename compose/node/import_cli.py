"""`hutong node import`: enter a file of records, or show the records that its rows would become."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from certs.printing import echo
from compose.node import explaining
from compose.node.importing import import_file
from compose.shared.exit_codes import ExitCode
from compose.shared.options import json_option
from compose.shared.presenting import present


@click.command("import")
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
    FILE.NODE.quarantine.jsonl with every reason; mend it there and import that file, with the same map. An import that
    was interrupted goes on when it is started again; importing the same again changes nothing. docs/import.md
    explains maps. Ends with 5 when rows are in quarantine, or when --dry-run finds rows that cannot be entered.
    """
    if first is not None:
        rows = explaining.explain(file, map_file, first=first)
        present(rows, as_json=as_json, table=explaining.show_explained)
        return
    if dry_run:
        checked = explaining.dry_run(file, map_file)
        present(checked, as_json=as_json, table=explaining.show_dry_run)
        raise SystemExit(ExitCode.ROWS_LEFT if checked["faulty"] else ExitCode.DONE)
    if home is None or name is None or officer is None:
        given = {"--home": home, "--node": name, "--officer": officer}
        missing = " and ".join(option for option, value in given.items() if value is None)
        raise click.UsageError(f"give {missing}: only --explain and --dry-run go without")
    try:
        summary = import_file(home, name, officer=officer, file=file, quiet=as_json, map_file=map_file)
    except KeyboardInterrupt:
        echo("stopped; run the same command again to go on", err=True)
        raise SystemExit(ExitCode.INTERRUPTED) from None
    present(summary, as_json=as_json, table=_imported)
    if summary["quarantined"]:
        raise SystemExit(ExitCode.ROWS_LEFT)


def _imported(summary: Mapping[str, Any]) -> list[str]:
    """Return in sentences the outcomes of the rows of a file."""
    counted = f"{summary['entered']} entered, {summary['repeated']} already there"
    lines = [f"{counted}, {summary['quarantined']} in quarantine"]
    if summary["quarantined"]:
        lines.append(f"  reasons in {summary['quarantine_file']}")
    return lines
