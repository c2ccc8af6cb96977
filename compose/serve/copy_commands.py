"""`hutong node|gateway backup` and `restore`: a server's home as a folder or one encrypted file, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from compose.serve.backup_checking import insist_passphrase, passphrase_option
from compose.shared.options import json_option
from compose.shared.presenting import present
from federation.errors import InvalidRequest
from server.backup.archive import DATA, KEYS_ONLY, back_up_sealed, restore_sealed
from server.backup.passphrase import read_passphrase
from server.journal.migrating import Schema
from server.stores.copies import back_up, restore
from server.stores.key_checks import KeyKind

_FOLDER = click.Path(path_type=Path, file_okay=False)
_PLACE = click.Path(path_type=Path)


def copy_commands(
    server: str, kinds: Sequence[KeyKind], schemas: Callable[[], Sequence[Schema]]
) -> tuple[click.Command, click.Command]:
    """Return `backup` and `restore` for one kind of server; `kinds` are its keys, `schemas` its tables."""

    @click.command()
    @click.option("--home", type=_FOLDER, required=True, help=f"Folder of the {server}.")
    @passphrase_option
    @click.option(
        "--only-keys", is_flag=True, help="Encrypted: the secret keys, which the other backup leaves out."
    )
    @click.option(
        "--unsafe-with-keys",
        is_flag=True,
        help="In a folder, in clear: the secret keys and signing.key too; for trials.",
    )
    @click.option("--with-keys", "former", is_flag=True, hidden=True)
    @click.argument("destination", type=_PLACE)
    @json_option
    def backup(
        home: Path,
        passphrase_file: Path | None,
        only_keys: bool,
        unsafe_with_keys: bool,
        former: bool,
        destination: Path,
        as_json: bool,
    ) -> None:
        """Copy the home, also while the server runs, into DESTINATION: a new encrypted file, or a new folder.

        The copy is checked before the command says that it is made: every page, and the log against its checkpoints.
        """
        _insist_keys_locked(passphrase_file, only_keys=only_keys, in_clear=unsafe_with_keys, former=former)
        home, into = home.resolve(), destination.resolve()
        facts: dict[str, object] = {"destination": str(destination), "encrypted": passphrase_file is not None}
        if passphrase_file is None:
            size = back_up(home, into, kinds, schemas(), with_keys=unsafe_with_keys)
            done = [f"backed up into the folder {destination}: {size:,} entries of the log"]
        else:
            holds = KEYS_ONLY if only_keys else DATA
            made = back_up_sealed(home, into, read_passphrase(passphrase_file), kinds, schemas(), holds=holds)
            size = made.entries
            what = "the secret keys" if only_keys else f"{size:,} entries of the log"
            done = [f"backed up into {destination}, encrypted, and read back: {what}"]
            if not only_keys:
                done.append(f"  what was acknowledged before {made.moment} is in it")
                facts["moment"] = made.moment
        if not (unsafe_with_keys or only_keys):
            done.append(
                "  keys/ and signing.key are not in it, and without keys/ nothing can be read: back them up encrypted, "
                "with --passphrase-file and --only-keys"
            )
        facts |= {"entries": size, "with_keys": unsafe_with_keys or only_keys}
        present(facts, as_json=as_json, table=lambda _: done)

    @click.command("restore")
    @click.option(
        "--home", type=_FOLDER, required=True, help=f"Folder of the {server}, which must be stopped."
    )
    @passphrase_option
    @click.argument("source", type=_PLACE)
    @json_option
    def restore_(home: Path, passphrase_file: Path | None, source: Path, as_json: bool) -> None:
        """Check the backup in SOURCE and put it into the home; what was there is moved aside and kept.

        If it is killed, the former home is still in place, or the next start finishes the restore.
        """
        insist_passphrase(source, passphrase_file)
        place, whence = home.resolve(), source.resolve()
        facts: dict[str, object] = {"home": str(home)}
        done: list[str] = []
        if passphrase_file is None:
            size, aside = restore(place, whence, kinds, schemas())
        else:
            held, aside = restore_sealed(place, whence, read_passphrase(passphrase_file), kinds, schemas())
            size = held.entries
            if held.holds == KEYS_ONLY:
                done = [f"the secret keys of {held.installation} are in {home}: now restore its data"]
                facts |= {"keys_of": str(held.installation)}
                present(facts, as_json=as_json, table=lambda _: done)
                return
            done.append(
                f"what was acknowledged before {held.moment} is in it; look whether what came after is"
            )
            facts["moment"] = held.moment
        facts |= {"entries": size, "aside": None if aside is None else str(aside)}
        done += _what_is_next(server, home, size, aside)
        present(facts, as_json=as_json, table=lambda _: done)

    return backup, restore_


def _insist_keys_locked(
    passphrase_file: Path | None, *, only_keys: bool, in_clear: bool, former: bool
) -> None:
    """Raise `InvalidRequest` where keys would lie with the data, or in clear without an operator who wants that."""
    apart = "back up the keys with --passphrase-file and --only-keys, under another passphrase than the data"
    if passphrase_file is not None and (in_clear or former):
        raise InvalidRequest.of(
            "with_keys", "BACKUP", f"an encrypted backup never holds data and keys together: {apart}"
        )
    if passphrase_file is None and only_keys:
        raise InvalidRequest.of(
            "only_keys", "BACKUP", f"keys are backed up alone in an encrypted file only: {apart}"
        )
    if former and not in_clear:
        raise InvalidRequest.of(
            "with_keys",
            "BACKUP",
            f"keys/ and signing.key would lie in that folder in clear: {apart}; in a trial, where nobody is harmed if "
            "they leak, --unsafe-with-keys does so",
        )


def _what_is_next(server: str, home: Path, size: int, aside: Path | None) -> list[str]:
    lines = [f"restored into {home}: {size:,} entries of the log"]
    if aside is not None:
        lines.append(f"  what was there is in {aside}: keep it, it shows what came after the backup")
    lines.append(
        "  before it serves: docs/operations.md, Backup and restore (tell the other agencies, propose seals again)"
    )
    if server == "node":
        lines.append(
            "  it answers questions again when its agency has accepted what is missing: hutong node log accept"
        )
    return lines
