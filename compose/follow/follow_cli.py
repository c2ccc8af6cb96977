"""`hutong node follow`: import by itself what appears in another system's folder or view."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from certs.printing import echo, echo_json
from compose.bulk.map_file import load_map
from compose.bulk.mapping import TableMap
from compose.follow.following import Followed, follow
from compose.follow.spool import Spool
from compose.follow.watched_folder import WatchedFolder
from compose.node.importing import import_file
from compose.shared.at import At, at


@click.command("follow")
@at(node="Node to enter at, e.g. police-1.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Folder to watch."
)
@click.option(
    "--database", envvar="HUTONG_FOLLOW_DATABASE", help="URL of a database: sqlite:////..., postgresql://..."
)
@click.option("--view", help="View or table to read there: NAME or SCHEMA.NAME.")
@click.option("--cursor", help="Column of the view by which later rows have greater values.")
@click.option(
    "--map", "map_file", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Which column is what.",
)  # fmt: skip
@click.option(
    "--state", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the follower: how far it is, and the quarantine files.",
)  # fmt: skip
@click.option(
    "--every", "every_s", type=click.FloatRange(min=0.1), default=10.0, show_default=True,
    help="Seconds between two looks.",
)  # fmt: skip
@click.option(
    "--settle", "settle_s", type=click.FloatRange(min=0), default=5.0, show_default=True,
    help="Seconds for which a file must not have changed.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="Take what is there, and end.")
def follow_(
    at: At,
    folder: Path | None,
    database: str | None,
    view: str | None,
    cursor: str | None,
    map_file: Path,
    state: Path,
    every_s: float,
    settle_s: float,
    once: bool,
) -> None:
    """Import by itself what appears in --folder, or in the --view of a --database.

    Every part is imported as by `hutong node import`, with the same map and the same quarantine; the quarantine files
    lie in --state. It goes on where it ended, also when it was killed, and enters nothing twice. One folder or view
    has one --state.
    """
    spool, table = Spool(state), load_map(map_file)
    if folder is not None and folder.resolve() == state.resolve():
        raise click.UsageError("--state is another folder than --folder")
    followed: Followed
    if folder is not None and view is None and cursor is None:
        digest = hashlib.sha256(map_file.read_bytes()).hexdigest()
        followed = WatchedFolder(folder, spool, mapped=digest, settle_s=settle_s)
    elif folder is None and database is not None and view is not None and cursor is not None:
        followed = _view(spool, table, database, view, cursor)
    else:
        raise click.UsageError("give either --folder, or --database, --view and --cursor")
    with spool.alone():
        # A map that is edited meanwhile counts from the next start on.
        mapped = spool.folder / "map.toml"
        mapped.write_bytes(map_file.read_bytes())

        def take(part: Path) -> dict[str, Any]:
            return import_file(
                at.home,
                at.node,
                officer=at.officer,
                file=part,
                quiet=True,
                map_file=mapped,
                beside=spool.folder,
            )

        try:
            for report in follow(followed, spool, take, every_s=every_s, once=once):
                echo_json(report) if at.as_json else echo(_sentence(report), err="error" in report)
        except KeyboardInterrupt:
            echo("stopped; the same command goes on where this one ended", err=True)
            raise SystemExit(130) from None


def _view(spool: Spool, table: TableMap, database: str, view: str, cursor: str) -> Followed:
    # Whoever follows a folder loads nothing of databases.
    from compose.follow.view_store import ViewStore
    from compose.follow.watched_view import WatchedView

    def without_cursor(missed: int) -> None:
        echo(f"{missed} rows of {view} have no value in {cursor}: they are not read", err=True)

    return WatchedView(
        ViewStore(database, view, cursor),
        spool,
        name=view,
        cursor=cursor,
        look_back=table.follow.look_back,
        fit=table.insist_header,
        report=without_cursor,
    )


def _sentence(report: Mapping[str, Any]) -> str:
    """Return what became of a part."""
    what = f"{report['part']}: " if "part" in report else ""
    if "error" in report:
        where = f" (kept as {report['kept']})" if "kept" in report else ""
        return f"{what}{report['error']}{where}"
    counted = f"{report['entered']} entered, {report['repeated']} already there"
    where = f" ({report['quarantine_file']})" if report["quarantined"] else ""
    return f"{what}{counted}, {report['quarantined']} in quarantine{where}"
