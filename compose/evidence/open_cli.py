"""`hutong audit open`: find the state of a node's log to which an answer or receipt commits, or convict the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import click

from compose.evidence.committed import CommittedState, Kept
from compose.shared.moments import beijing
from compose.shared.presenting import present
from compose.shared.printing import Console, ProgressBar, Table, styled
from compose.trust.pins import CharterAtTime, trust
from compose.trust.trust_options import trust_options
from federation.errors import InvalidRequest, NotFound
from federation.evidence.commitment import Commitments
from federation.evidence.export import read_header, states_of
from federation.v1.lookup_pb2 import LogHead
from federation.values.clock import parse_stamp
from server.keyfiles import load_keys
from server.settings import NodeSettings
from server.stores.states import stored_states

_KEY = "commitment"
#: What was signed shortly before an export's last checkpoint may commit to entries behind it.
_MARGIN = timedelta(minutes=2)
Opened = list[tuple[CommittedState, LogHead | None]]


@click.command(name="open")
@click.argument("saved", type=click.File("rb"))
@click.option(
    "--log",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Home folder of the node, which may be running, or an export of its log.",
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The node's commitment.key [default: the one in its home].",
)
@trust_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def open_command(
    saved: BinaryIO,
    log: Path,
    key: Path | None,
    home: Path | None,
    charter: Path | None,
    root: Path | None,
    as_json: bool,
) -> None:
    """Find the state of a node's log to which SAVED commits: an answer, or a signed page or receipt (DSSE JSON).

    Ends with 1 when no state of this log opens a commitment: then the log was rewritten, or lost its end. Check an
    export first (`hutong audit verify`). Memory is constant, time grows with the log.
    """
    kept = Kept(saved.read())
    charter_at = CharterAtTime(trust(kept.federation, home=home, charter=charter, root=root))
    installation = _owner(log)
    secret = _key(log, key)
    commitments = Commitments(key=secret)
    found: Opened = []
    for each in kept.committed(installation, charter_at):
        with _states(log, secret, quiet=as_json) as states:
            head = commitments.find(each.commitment, states, at=each.signed_at)
        if head is None and log.is_file():
            _insist_reached(log, each)
        found.append((each, head))
    present(
        found,
        as_json=as_json,
        document=lambda it: as_document(it, installation),
        table=lambda it: show(it, installation),
        indent=2,
    )
    if any(head is None for _, head in found):
        raise SystemExit(1)


def as_document(found: Opened, installation: str) -> dict[str, object]:
    """Return what was opened as plain JSON values; size and root are null where no state opens the commitment."""
    return {
        "installation": installation,
        "commitments": [
            {
                "what": each.what,
                "signed_at": each.signed_at,
                "commitment": each.commitment.hex(),
                "size": head.log_size if head else None,
                "root": head.log_root.hex() if head else None,
            }
            for each, head in found
        ],
    }


def show(found: Opened, installation: str) -> None:
    """Print the state behind each commitment, and a sentence on those that no state opens."""
    table = Table("what was signed", "when", "entries", "root", title=f"Log of {installation}")
    for each, head in found:
        size, root = (f"{head.log_size:,}", head.log_root.hex()) if head else ("none", "")
        table.add_row(each.what, f"{beijing(each.signed_at)} (Beijing)", size, root)
    console = Console()
    console.print(table)
    for each, head in found:
        if head is None:
            says = (
                f"No state of this log opens what {installation} signed at {each.signed_at}: the log was rewritten "
                "or has lost its end since."
            )
            console.print(styled(says, "bold red"), highlight=False)


def _owner(log: Path) -> str:
    if log.is_dir():
        return NodeSettings.from_home(log).installation
    with log.open("rb") as lines:
        return read_header(lines.readline())[0]


def _key(log: Path, key: Path | None) -> bytes:
    if key is not None:
        return load_keys(key.parent, [key.stem])[key.stem]
    if not log.is_dir():
        raise InvalidRequest.of("--key", "REQUIRED", "an export holds no key: name the node's commitment.key")
    return load_keys(log / "keys", [_KEY])[_KEY]


@contextmanager
def _states(log: Path, key: bytes, *, quiet: bool) -> Iterator[Iterator[tuple[int, bytes]]]:
    """Yield the states of the log, oldest first, while a bar shows how much of it is read."""
    with ProgressBar(console=Console(stderr=True), transient=True, disable=quiet) as bar:
        if log.is_dir():
            with stored_states(log, key) as stored:
                yield _counted(iter(stored), bar, stored.size)
        else:
            with log.open("rb") as lines:
                lines.readline()
                yield _counted(states_of(lines), bar, None)


def _counted(
    states: Iterator[tuple[int, bytes]], bar: ProgressBar, total: int | None
) -> Iterator[tuple[int, bytes]]:
    task = bar.add_task("states of the log", total=total)
    for size, root in states:
        if not size % 1000:
            bar.update(task, completed=size)
        yield size, root


def _insist_reached(log: Path, kept: CommittedState) -> None:
    """Raise `NotFound` when an export may end before the entries to which `kept` commits."""
    with log.open("rb") as lines:
        _, newest = read_header(lines.readline())
    if parse_stamp(newest.signed_at) < parse_stamp(kept.signed_at) + _MARGIN:
        raise NotFound(
            f"the export ends at {newest.signed_at}, and {kept.what} was signed at {kept.signed_at}: "
            "export the log again"
        )
