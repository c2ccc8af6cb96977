"""`hutong node|gateway backup` and `restore`: a server's home as a folder of files, and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from certs.printing import echo
from server.stores.copies import back_up, restore
from server.stores.key_checks import KeyKind

_FOLDER = click.Path(path_type=Path, file_okay=False)


def copy_commands(server: str, kinds: Sequence[KeyKind]) -> tuple[click.Command, click.Command]:
    """Return `backup` and `restore` for one kind of server; `kinds` are its keys."""

    @click.command()
    @click.option("--home", type=_FOLDER, required=True, help=f"Folder of the {server}.")
    @click.option("--with-keys", is_flag=True, help="Copy the secret keys too; else keep them apart.")
    @click.argument("destination", type=_FOLDER)
    def backup(home: Path, with_keys: bool, destination: Path) -> None:
        """Copy the home into the new folder DESTINATION, also while the server runs."""
        size = back_up(home.resolve(), destination.resolve(), with_keys=with_keys)
        echo(f"backed up into {destination}: {size:,} entries of the log")
        if not with_keys:
            echo(
                "  the secret keys are not in it: keep a copy of keys/ elsewhere, without it nothing can be read"
            )

    @click.command("restore")
    @click.option(
        "--home", type=_FOLDER, required=True, help=f"Folder of the {server}, which must be stopped."
    )
    @click.argument("source", type=_FOLDER)
    def restore_(home: Path, source: Path) -> None:
        """Check the backup in SOURCE and put it into the home; what was there is moved aside and kept."""
        size, aside = restore(home.resolve(), source.resolve(), kinds)
        echo(f"restored into {home}: {size:,} entries of the log")
        if aside is not None:
            echo(f"  what was there is in {aside}: keep it, it shows what came after the backup")
        echo(
            "  before it serves: docs/operations.md, Backup and restore (tell the other agencies, propose seals again)"
        )
        if server == "node":
            echo(
                "  it answers questions again when its agency has accepted what is missing: hutong node log accept"
            )

    return backup, restore_
