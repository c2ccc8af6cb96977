"""`hutong node officers`: the officers of the own member, registered by id and name, some with keys of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from certs.signing import new_signing_key
from compose.shared.at import At, at
from compose.shared.moments import beijing
from compose.shared.printing import Table, listing
from federation.client.officer_keys import write_entry
from federation.errors import AlreadyExists, InvalidRequest, PermissionDenied
from federation.v1 import officer_pb2 as pb

_at = at(node="Node of the own agency, e.g. police-1.")
_reason = click.option("--reason", required=True, help="Why; the log keeps it.")


@click.group()
def officers() -> None:
    """Register and remove officers: from the first one on, only registered officers act at the node."""


@officers.command()
@_at
@_reason
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the officer's description is written [default: the window's folder of officers].",
)
@click.option(
    "--own-key", is_flag=True, help="Make a key of the officer's own, in the folder of the description."
)
@click.argument("officer_id")
@click.argument("name")
def register(at: At, reason: str, folder: Path | None, own_key: bool, officer_id: str, name: str) -> None:
    """Register NAME under OFFICER_ID. The first officer registers himself or herself."""
    key = b""
    with at.client() as client:
        folder = folder or client.connection.officers_folder
        if own_key and folder is None:
            raise click.UsageError("--own-key needs --folder: the key must lie somewhere")
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if own_key:
                key = new_signing_key(folder / f"{officer_id}.key")
        try:
            made = client.officers(at.node).register(officer_id, name, key=key, reason=reason)
        except (AlreadyExists, InvalidRequest, PermissionDenied):  # else the node may have registered it
            if folder is not None and own_key:  # so that the next attempt can make it
                (folder / f"{officer_id}.key").unlink()
            raise
    if folder is not None:
        write_entry(folder, id=officer_id, name=name, key=f"{officer_id}.key" if own_key else "")
    at.present(made, table=lambda it: f"{it.name} is registered at {at.node} under {it.id}")


@officers.command()
@_at
@_reason
@click.argument("officer_id")
def remove(at: At, reason: str, officer_id: str) -> None:
    """Remove an officer, who signs nothing at this node afterwards."""
    with at.client() as client:
        removed = client.officers(at.node).remove(officer_id, reason=reason)
    at.present(removed, table=lambda it: f"{it.name} acts at {at.node} no more")


@officers.command("list")
@_at
@_reason
def list_(at: At, reason: str) -> None:
    """List all officers ever registered at the node."""
    with at.client() as client:
        at.present(client.officers(at.node).list(reason=reason), table=_table)


@officers.command()
@_at
def certify(at: At) -> None:
    """Fetch a certificate of the acting officer and keep it in the window's folder, for what is signed offline."""
    with at.client() as client:
        certificate = client.officers(at.node).certify()
    at.present(
        certificate,
        table=lambda it: (
            f"{it.officer} ({it.officer_id}) is certified until {beijing(it.expires_at)} (Beijing)"
        ),
    )


def _table(found: Sequence[pb.Officer]) -> Table:
    table = listing(f"{len(found)} officers", "id", "name", "own key", "registered", "by", "removed", "by")
    for officer in found:
        table.add_row(
            officer.id,
            officer.name,
            "yes" if officer.key else "no",
            officer.registered_at,
            officer.registered_by,
            officer.removed_at,
            officer.removed_by,
        )
    return table
