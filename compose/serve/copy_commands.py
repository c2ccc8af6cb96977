"""`hutong node|gateway backup` and `restore`: a server's home as a folder of files, and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from compose.shared.options import json_option
from compose.shared.presenting import present
from server.stores.copies import back_up, restore
from server.stores.key_checks import KeyKind

_FOLDER = click.Path(path_type=Path, file_okay=False)


def copy_commands(server: str, kinds: Sequence[KeyKind]) -> tuple[click.Command, click.Command]:
    """Return `backup` and `restore` for one kind of server; `kinds` are its keys."""

    @click.command()
    @click.option("--home", type=_FOLDER, required=True, help=f"Folder of the {server}.")
    @click.option("--with-keys", is_flag=True, help="Copy the secret keys too; else keep them apart.")
    @click.argument("destination", type=_FOLDER)
    @json_option
    def backup(home: Path, with_keys: bool, destination: Path, as_json: bool) -> None:
        """Copy the home into the new folder DESTINATION, also while the server runs."""
        size = back_up(home.resolve(), destination.resolve(), with_keys=with_keys)
        done = [f"backed up into {destination}: {size:,} entries of the log"]
        if not with_keys:
            done.append(
                "  the secret keys are not in it: keep a copy of keys/ elsewhere, without it nothing can be read"
            )
        facts = {"destination": str(destination), "entries": size, "with_keys": with_keys}
        present(facts, as_json=as_json, table=lambda _: done)

    @click.command("restore")
    @click.option(
        "--home", type=_FOLDER, required=True, help=f"Folder of the {server}, which must be stopped."
    )
    @click.argument("source", type=_FOLDER)
    @json_option
    def restore_(home: Path, source: Path, as_json: bool) -> None:
        """Check the backup in SOURCE and put it into the home; what was there is moved aside and kept."""
        size, aside = restore(home.resolve(), source.resolve(), kinds)
        done = [f"restored into {home}: {size:,} entries of the log"]
        if aside is not None:
            done.append(f"  what was there is in {aside}: keep it, it shows what came after the backup")
        done.append(
            "  before it serves: docs/operations.md, Backup and restore (tell the other agencies, propose seals again)"
        )
        if server == "node":
            done.append(
                "  it answers questions again when its agency has accepted what is missing: hutong node log accept"
            )
        facts = {"home": str(home), "entries": size, "aside": None if aside is None else str(aside)}
        present(facts, as_json=as_json, table=lambda _: done)

    return backup, restore_
