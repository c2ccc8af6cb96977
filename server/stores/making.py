"""`init`: makes a store with its first entry, and the keys that it needs, but never a key that a store has used."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import text

from federation.errors import Unavailable
from federation.evidence.entry import EntryKind
from federation.values import clock
from server.homelock import exclusive
from server.journal import schema
from server.journal.engine import beginning, open_sqlite
from server.journal.log import Log
from server.journal.migrating import bring_up_to_date
from server.keyfiles import load_keys, make_keys
from server.stores.files import RESTORE, StoreFiles
from server.stores.integrity import damaged, log_size
from server.stores.key_checks import KeyKind, KeyRing, insist_own_keys, keep_missing_values, kept_values
from server.stores.schema import SCHEMA

STORE = "store.db"
KEYS = "keys"
#: A mark that these keys have had a store; it is in their folder, so that it moves with them.
_MARK = "store-made"
#: A mark that the register in the store of these keys is counted; not in the store, for who can write there.
_COUNTED = "register-counted"


def make_home(home: Path, kinds: Sequence[KeyKind]) -> None:
    """Make the missing keys and store in `home`; existing ones are left unchanged.

    A new home gets its keys and a store with its first entry. In a home with a store, only keys of a kind that
    the store has never used are made. Raises `Unavailable` or `Corrupt` when a used key or the store is lost.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    files, names = StoreFiles(home / STORE), [kind.name for kind in kinds]
    try:
        with exclusive(home):
            files.insist_settled()
            if files.path.exists():
                _complete(home, files, kinds)
            else:
                _make(home, files, kinds)
    except Unavailable as error:
        there = files.path.exists() and all((home / KEYS / f"{name}.key").exists() for name in names)
        if error.reason != "HOME_IN_USE" or not there:
            raise  # for a running server there is nothing to make


def mark_made(folder: Path) -> None:
    """Record with the keys that they have had a store, so that `init` makes no second, empty one for them."""
    if not (folder / _MARK).exists():
        (folder / _MARK).write_text(
            "These keys have a store. If store.db is missing, it is lost: restore the backup.\n", "ascii"
        )


def counted_before(folder: Path) -> bool:
    """Say whether the register in the store of these keys was ever counted: then it must have a tally."""
    return (folder / _COUNTED).exists()


def mark_counted(folder: Path) -> None:
    """Record with the keys that the register is counted, so that a tally removed from the store is missed."""
    if not counted_before(folder):
        (folder / _COUNTED).write_text(
            "The register in the store of these keys is counted. If its tally is missing, it was removed.\n",
            "ascii",
        )


def unmark_counted(folder: Path) -> None:
    """Forget the mark: an operator restored a store of an earlier program, which has no tally."""
    (folder / _COUNTED).unlink(missing_ok=True)


def _make(home: Path, files: StoreFiles, kinds: Sequence[KeyKind]) -> None:
    folder, names = home / KEYS, [kind.name for kind in kinds]
    served = (home / "charter" / "metadata" / "timestamp.json").exists()
    if served or (folder / _MARK).exists():
        raise Unavailable(
            f"{files.path} is lost: the keys in {folder} have had a store. {RESTORE[0].upper()}{RESTORE[1:]}; for "
            "an empty one move the whole folder away and begin a new home",
            reason="STORE_MISSING",
        )
    make_keys(folder, names)
    ring = KeyRing(folder, load_keys(folder, names), kinds)
    scratch = StoreFiles(home / "store.new")
    for left in (scratch.path, scratch.wal, scratch.shm):
        left.unlink(missing_ok=True)
    engine = open_sqlite(scratch.path)
    with engine.begin() as connection:
        for part in (schema.SCHEMA, SCHEMA):
            bring_up_to_date(connection, part)
        log, at = Log(body_key=ring.keys["journal"]), clock.stamp(clock.now())
        first = log.pending()
        first.append(EntryKind.STORE_MADE, at=at, program=version("hutong"), keys=sorted(ring.keys))
        log.write(connection, first)
        keep_missing_values(connection, ring, at=at)
    with beginning(engine, "").connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    scratch.path.replace(files.path)
    _settle(home)
    mark_made(folder)


def _complete(home: Path, files: StoreFiles, kinds: Sequence[KeyKind]) -> None:
    """Make the keys that a store lacks and has never used, and the check values that it lacks."""
    folder = home / KEYS
    files.insist_there()
    files.insist_one_run()
    engine = open_sqlite(files.path)
    try:
        with engine.begin() as connection:
            if not log_size(connection):
                raise damaged("its log is empty")
            kept = kept_values(connection)
            missing = [kind for kind in kinds if not (folder / f"{kind.name}.key").exists()]
            lost = [kind.name for kind in missing if kind.name in kept or kind.used(connection)]
            if lost:
                raise Unavailable(
                    "; ".join(
                        f"{folder / name}.key is missing, and the store has used it: restore that file from the "
                        "backup, for no other opens what is stored"
                        for name in lost
                    ),
                    reason="KEY_LOST",
                )
            make_keys(folder, [kind.name for kind in missing])
            ring = KeyRing(folder, load_keys(folder, [kind.name for kind in kinds]), kinds)
            insist_own_keys(connection, ring)
            keep_missing_values(connection, ring, at=clock.stamp(clock.now()))
    finally:
        engine.dispose()
    mark_made(folder)


def _settle(folder: Path) -> None:
    """Return when the directory entries of `folder` are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
