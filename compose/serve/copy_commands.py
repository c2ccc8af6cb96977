"""`hutong node|gateway backup` and `restore`: a server's home as a folder of files, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from certs.printing import echo

if TYPE_CHECKING:
    from server.stores.key_checks import KeyKind

_FOLDER = click.Path(path_type=Path, file_okay=False)


def add_copy_commands(group: click.Group, kinds: Callable[[], Sequence[KeyKind]]) -> None:
    """Add `backup` and `restore` to the commands of one kind of server; `kinds` names its keys."""

    @group.command()
    @click.option("--home", type=_FOLDER, required=True, help=f"Folder of the {group.name}.")
    @click.option("--with-keys", is_flag=True, help="Copy the secret keys too; else keep them apart.")
    @click.argument("destination", type=_FOLDER)
    def backup(home: Path, with_keys: bool, destination: Path) -> None:
        """Copy the home into the new folder DESTINATION, also while the server runs."""
        from server.stores.copies import back_up

        size = back_up(home.resolve(), destination.resolve(), with_keys=with_keys)
        echo(f"backed up into {destination}: {size:,} entries of the log")
        if not with_keys:
            echo(
                "  the secret keys are not in it: keep a copy of keys/ elsewhere, without it nothing can be read"
            )

    @group.command("restore")
    @click.option(
        "--home", type=_FOLDER, required=True, help=f"Folder of the {group.name}, which must be stopped."
    )
    @click.argument("source", type=_FOLDER)
    def restore_(home: Path, source: Path) -> None:
        """Check the backup in SOURCE and put it into the home; what was there is moved aside and kept."""
        from server.stores.copies import restore

        size, aside = restore(home.resolve(), source.resolve(), kinds())
        echo(f"restored into {home}: {size:,} entries of the log")
        if aside is not None:
            echo(f"  what was there is in {aside}: keep it, it shows what came after the backup")
        echo(
            "  before it serves: docs/operations.md, Backup and restore (tell the other agencies, propose seals again)"
        )
