"""`hutong node check`: is the register in a home what its node wrote?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from compose.serve.backup_checking import backup_option, check_backup, passphrase_option
from compose.serve.quiet import quiet_grpc
from compose.shared.options import json_option
from compose.shared.presenting import present
from compose.shared.printing import Console, ProgressBar
from federation.errors import InvalidRequest
from node.store.checking import RegisterCheck
from node.store.key_kinds import NODE_KEYS
from node.store.recounting import RECOUNT

#: Findings that are shown to a person; with --json all of them are.
_MOST_SHOWN = 20


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="Folder of the node, with its keys.",
)
@click.option("--mend", is_flag=True, help="Take out what the log does not show; the node must be stopped.")
@backup_option
@passphrase_option
@click.option("--officer", default="", help="Who decides to mend it: a natural person.")
@click.option("--reason", default="", help="Why it is mended; it is logged.")
@json_option
def check(
    home: Path,
    mend: bool,
    backup: Path | None,
    passphrase_file: Path | None,
    officer: str,
    reason: str,
    as_json: bool,
) -> None:
    """Compare every record, token and version with the tally that the node keeps; the node may be running.

    Exit code 1 when something was changed from outside. A running node then recounts at once and stops answering.
    With --backup a backup is checked instead, as restoring it would.
    """
    if backup is not None:
        quiet_grpc()
        from node.app import SCHEMAS

        return check_backup(home, backup, passphrase_file, NODE_KEYS, SCHEMAS, as_json=as_json)
    if mend and not (officer and reason):
        raise InvalidRequest.of(
            "reason", "R2", "with --mend say who decides it (--officer) and why (--reason)"
        )
    checked = RegisterCheck(home.resolve())
    with ProgressBar(console=Console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("compared", total=None)
        for done, total in checked.pieces():
            bar.update(task, total=max(done, total, 1), completed=done if total else 1)
    found = checked.findings
    if mend:
        checked.mend(officer=officer, reason=reason)
    elif found.differences:
        (home / RECOUNT).touch()
        checked.name()
    result: dict[str, Any] = {
        "rows": found.rows,
        "keys_not_bound_yet": found.unbound,
        "differences": found.differences,
        "named": found.named,
        "mended": mend,
    }
    present(result, as_json=as_json, table=_shown)
    if found.differences and not mend:
        raise SystemExit(1)


def _shown(result: dict[str, Any]) -> list[object]:
    rows: list[object] = [f"{number:,} rows of {table}" for table, number in result["rows"].items()]
    if result["keys_not_bound_yet"]:
        rows.append(f"{result['keys_not_bound_yet']:,} keys of an earlier program are still to be bound")
    if not result["differences"]:
        return [*rows, "The register is what the node wrote."]
    found = [*_some(result["differences"]), "In the light of the log:", *_some(result["named"])]
    if result["mended"]:
        return [*rows, "The register was changed from outside, and is mended:", *found]
    remedy = "Keep store.db aside, and see docs/operations.md, The register was changed from outside."
    return [*rows, "The register was changed from outside:", *found, remedy]


def _some(found: list[str]) -> list[str]:
    shown = [f"  {each}" for each in found[:_MOST_SHOWN]] or ["  nothing"]
    return [*shown, f"  and {len(found) - _MOST_SHOWN} more"] if len(found) > _MOST_SHOWN else shown
