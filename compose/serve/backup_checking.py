"""`check --backup` of both kinds of server: would it be restored? And `hutong gateway check`: is the store whole?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from compose.shared.options import json_option
from compose.shared.presenting import present
from federation.errors import InvalidRequest
from server.backup.archive import KEYS_ONLY, examine_backup
from server.backup.passphrase import read_passphrase
from server.journal.migrating import Schema
from server.stores.copying import examine
from server.stores.files import StoreFiles
from server.stores.key_checks import KeyKind
from server.stores.making import KEYS, STORE

passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the passphrase of an encrypted backup, which its owner alone can read.",
)
backup_option = click.option(
    "--backup",
    type=click.Path(path_type=Path),
    help="Check this backup, with the keys in the home, or with its own if it is a folder that has them.",
)


def check_backup(
    home: Path,
    backup: Path,
    passphrase_file: Path | None,
    kinds: Sequence[KeyKind],
    schemas: Sequence[Schema],
    *,
    as_json: bool,
) -> None:
    """Check a backup, and print what it holds; raises what restoring it would."""
    insist_passphrase(backup, passphrase_file)
    passphrase = read_passphrase(passphrase_file) if passphrase_file is not None else None
    found = asdict(examine_backup(home.resolve(), backup.resolve(), passphrase, kinds, schemas))
    present(found, as_json=as_json, table=_shown)


def insist_passphrase(backup: Path, passphrase_file: Path | None) -> None:
    """Raise `InvalidRequest` when a backup in a file comes without its passphrase."""
    if passphrase_file is None and backup.is_file():
        raise InvalidRequest.of(
            "passphrase_file",
            "BACKUP",
            f"{backup} is a file: name the file of its passphrase with --passphrase-file",
        )


def check_command(
    server: str, kinds: Sequence[KeyKind], schemas: Callable[[], Sequence[Schema]]
) -> click.Command:
    """Return `check` for a server that keeps no register."""

    @click.command(
        help=f"Check every page and every entry of the {server}'s log, with its keys; the {server} may be running.\n\n"
        "With --backup a backup is checked instead, as restoring it would."
    )
    @click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        required=True,
        help=f"Folder of the {server}, with its keys.",
    )
    @backup_option
    @passphrase_option
    @json_option
    def check(home: Path, backup: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
        if backup is not None:
            return check_backup(home, backup, passphrase_file, kinds, schemas(), as_json=as_json)
        size = examine(StoreFiles(home / STORE), home / KEYS, kinds, schemas(), live=True)
        present({"entries": size}, as_json=as_json, table=_whole)

    return check


def _whole(found: dict[str, Any]) -> str:
    return f"The store is whole: {found['entries']:,} entries of the log."


def _shown(found: dict[str, Any]) -> str:
    if found["holds"] == KEYS_ONLY:
        return f"The backup holds the secret keys of {found['installation']}, and they open the store in the home."
    until = f", with what was acknowledged before {found['moment']}" if found["moment"] else ""
    return f"The backup of {found['installation']} is whole: {found['entries']:,} entries of the log{until}."
