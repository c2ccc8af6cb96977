"""Backup of a running server's home in one encrypted file, and restoring: whatever is written is read back first.

Two kinds: `data` (database, documents, charter, settings, head file) and `keys` (`keys/`, `signing.key`), so that they
can lie in different hands, each under a passphrase of its own. The first file inside says which kind it is, and whose.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from dataclasses import replace as replace_fields
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final

from federation.errors import AlreadyExists, Corrupt, NotFound, Unavailable
from federation.values import clock
from server.backup.members import MemberWriter, take_out
from server.backup.sealed_file import SealedReader, SealedWriter
from server.journal.migrating import Schema
from server.keyfiles import load_keys
from server.stores.copies import (
    FILES,
    FOLDERS,
    SIGNING_KEY,
    copy_file_if_there,
    give_name,
    insist_same_installation,
    installation,
    of_one_home,
    put_in_place,
    restoring,
    scratch,
)
from server.stores.copying import copy_database, examine
from server.stores.files import StoreFiles
from server.stores.head_file import NAME as HEAD
from server.stores.key_checks import KeyKind
from server.stores.making import KEYS, STORE
from server.stores.replacing import replace
from server.stores.room import writing_to

DATA: Final = "data"
KEYS_ONLY: Final = "keys"
_MANIFEST: Final = "backup.json"
_SETTINGS: Final = "settings.toml"


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: what was acknowledged up to `moment` is in it."""

    holds: str
    installation: str
    program: str
    moment: str
    #: Entries of the log; 0 for keys.
    entries: int


def back_up_sealed(
    home: Path,
    into: Path,
    passphrase: bytes,
    kinds: Sequence[KeyKind],
    schemas: Sequence[Schema],
    *,
    holds: str = DATA,
) -> Manifest:
    """Copy the home of a server, which may be running, into the new file `into`; return what it holds.

    The copied database is examined, the file written, and read back whole; only then it gets its name. Raises
    `AlreadyExists`, `Unavailable` (no store, wrong key, no room), `Corrupt`.
    """
    StoreFiles(home / STORE).insist_there()
    with writing_to(into.parent):
        if into.exists():
            raise AlreadyExists(f"{into} is there already: name a new file for each backup")
        into.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with scratch(into) as folder:
            written = folder / "archive"
            with written.open("xb") as file:
                written.chmod(0o600)
                members = MemberWriter(SealedWriter(file, passphrase))
                fill = _fill_data if holds == DATA else _fill_keys
                with of_one_home(home):
                    manifest = fill(home, folder, members, kinds, schemas)
                digest = members.finish()
            with written.open("rb") as file:
                if SealedReader(file, passphrase, name=str(into)).finish() != digest:
                    raise Corrupt(
                        f"{into} was not written as it should be: look at that disk", reason="BACKUP_CHANGED"
                    )
            give_name(written, into)
    return manifest


def restore_sealed(
    home: Path, source: Path, passphrase: bytes, kinds: Sequence[KeyKind], schemas: Sequence[Schema]
) -> tuple[Manifest, Path | None]:
    """Put the backup in the file `source` into `home`; return what it holds, and where the former files are now.

    The backup is checked whole before anything changes. Keys are put only where there are none, the signing key too:
    one that is there may have replaced the one in the backup. Raises `Unavailable` (home in use,
    passphrase, key, another installation's, no room), `AlreadyExists`, `Corrupt`.
    """
    with restoring(home) as fresh:
        manifest = _take_out(source, passphrase, fresh, kinds)
        insist_same_installation(home, manifest.installation)
        if manifest.holds == DATA:
            return manifest, put_in_place(home, fresh, kinds, schemas)[1]
        if (home / KEYS).is_dir() and any((home / KEYS).iterdir()):
            raise AlreadyExists(
                f"{home / KEYS} holds keys already: move that folder away first if they are wrong"
            )
        if (home / SIGNING_KEY).exists():
            (fresh / SIGNING_KEY).unlink(missing_ok=True)
        return manifest, replace(home)


def examine_backup(
    home: Path, source: Path, passphrase: bytes | None, kinds: Sequence[KeyKind], schemas: Sequence[Schema]
) -> Manifest:
    """Check a backup as restoring it does, in `home`, where a server may run; nothing stays of it.

    It is a file if there is a passphrase, else a folder. It is checked with the keys that restoring would use: those of
    a folder that has keys, else those in `home`. Its documents are read and not written, for the server needs the room.
    Raises what `restore_sealed` raises.
    """
    with writing_to(home), scratch(home / "check") as folder:
        fresh = folder / "fresh"
        fresh.mkdir(mode=0o700)
        keys = home / KEYS
        if passphrase is None:
            copy_database(StoreFiles(source / STORE), StoreFiles(fresh / STORE))
            manifest = Manifest(DATA, installation(source), "", "", 0)
            if (source / KEYS).is_dir():
                keys = source / KEYS
        else:
            manifest = _take_out(source, passphrase, fresh, kinds, only_read=FOLDERS)
        insist_same_installation(home, manifest.installation)
        if manifest.holds == KEYS_ONLY:
            examine(StoreFiles(home / STORE), fresh / KEYS, kinds, schemas, live=True)
            return manifest
        return replace_fields(manifest, entries=examine(StoreFiles(fresh / STORE), keys, kinds, schemas))


def _fill_data(
    home: Path, folder: Path, members: MemberWriter, kinds: Sequence[KeyKind], schemas: Sequence[Schema]
) -> Manifest:
    """Copy and examine the database, and write the data of the home into the backup."""
    copy_file_if_there(home / HEAD, folder / HEAD)  # before the database, so that the log contains this head
    moment = clock.stamp(clock.now())
    copied = StoreFiles(folder / STORE)
    copy_database(StoreFiles(home / STORE), copied)
    manifest = Manifest(
        DATA, installation(home), version("hutong"), moment, examine(copied, home / KEYS, kinds, schemas)
    )
    members.add_bytes(json.dumps(asdict(manifest)).encode(), _MANIFEST)
    for path in (home / _SETTINGS, folder / HEAD):
        with suppress(FileNotFoundError):
            members.add(path, path.name)
    members.add(copied.path, STORE)
    for name in FOLDERS:
        members.add_folder(home / name)
    return manifest


def _fill_keys(
    home: Path, folder: Path, members: MemberWriter, kinds: Sequence[KeyKind], schemas: Sequence[Schema]
) -> Manifest:
    """Write the keys of the home into the backup, once they have opened its store."""
    examine(StoreFiles(home / STORE), home / KEYS, kinds, schemas, live=True)
    manifest = Manifest(KEYS_ONLY, installation(home), version("hutong"), clock.stamp(clock.now()), 0)
    members.add_bytes(json.dumps(asdict(manifest)).encode(), _MANIFEST)
    members.add_folder(home / KEYS)
    with suppress(FileNotFoundError):
        members.add(home / SIGNING_KEY, SIGNING_KEY)
    return manifest


def _take_out(
    source: Path, passphrase: bytes, into: Path, kinds: Sequence[KeyKind], *, only_read: Collection[str] = ()
) -> Manifest:
    """Write what the backup in the file `source` holds into the empty folder `into`, and return its manifest.

    The files in folders `only_read` are read, and not written.
    """
    with _opened(source) as file:
        sealed = SealedReader(file, passphrase, name=str(source))
        take_out(sealed, into, wanted=_belongs, only_read=only_read, name=str(source))
        sealed.finish()
    try:
        manifest = Manifest(**json.loads((into / _MANIFEST).read_bytes()))
        (into / _MANIFEST).unlink()
    except (OSError, ValueError, TypeError):
        raise _foreign(source) from None
    if manifest.holds == DATA and (into / STORE).exists() and not (into / KEYS).exists():
        return manifest
    if manifest.holds == KEYS_ONLY and not (into / STORE).exists():
        try:
            load_keys(into / KEYS, [kind.name for kind in kinds])
        except ValueError as error:
            raise Unavailable(
                f"these are no keys of this kind of server: {error}", reason="WRONG_KEY"
            ) from None
        return manifest
    raise _foreign(source)


@contextmanager
def _opened(source: Path) -> Iterator[BinaryIO]:
    """Open a backup; raises `NotFound` when it is not there or is a folder, which needs no passphrase."""
    try:
        file = source.open("rb")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFound(
            f"{source}: {error.strerror}: name the file that `backup --passphrase-file` wrote; a folder is restored "
            "without --passphrase-file"
        ) from None
    with file:
        yield file


def _belongs(name: str) -> bool:
    """Say whether a file of this name can be in a backup."""
    first, _, rest = name.partition("/")
    return first in (*FOLDERS, KEYS) if rest else name in (_MANIFEST, HEAD, STORE, *FILES)


def _foreign(source: Path) -> Corrupt:
    return Corrupt(f"{source} is no backup of a server: use another one", reason="BACKUP_FOREIGN")
