"""Putting a checked backup in the place of a server's files, so that a kill leaves either the old home or the new one.

What comes is first made whole in `restore.new`. Then `restore.plan` names what is to be replaced, and from that moment
the backup is in force: whoever comes next, a start or another `restore`, goes on where the kill came. Without a plan,
`restore.new` is scrap. While either of them must be settled first, nobody opens the store.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from federation.errors import Corrupt, Unavailable
from federation.values import clock
from server.homelock import exclusive
from server.stores.files import PLAN, StoreFiles
from server.stores.making import KEYS, STORE, mark_made, unmark_counted

_FRESH = "restore.new"


@dataclass(frozen=True)
class _Plan:
    """What takes the place of what."""

    #: Folder in the home that takes the former files.
    aside: str
    #: What lies in `restore.new`.
    names: Sequence[str]
    #: Whether a database is among them, and whether it has a tally.
    store: bool
    counted: bool


def fresh_folder(home: Path) -> Path:
    """Return the empty folder in which a backup is made whole; the home must be locked and settled."""
    fresh = home / _FRESH
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    return fresh


def drop_fresh(home: Path) -> None:
    """Remove what a restore left that came to no plan."""
    shutil.rmtree(home / _FRESH, ignore_errors=True)


def replace(home: Path, *, counted: bool = True) -> Path | None:
    """Put what lies in `restore.new` into the home; return where the former files are now, if there were any.

    `counted` says that the database among it has a tally.
    """
    fresh = home / _FRESH
    names = sorted(path.name for path in fresh.iterdir())
    aside = f"before-restore-{clock.now().strftime('%Y%m%dT%H%M%S%f')}"
    bring_to_disk(fresh)
    plan = _Plan(aside=aside, names=names, store=STORE in names, counted=counted)
    scratch = home / (PLAN + ".new")
    with scratch.open("w", encoding="ascii") as file:
        json.dump(asdict(plan), file)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(home / PLAN)
    bring_entries_to_disk(home)
    _finish(home, plan)
    return home / aside if (home / aside).exists() else None


def settle(home: Path) -> Path | None:
    """Finish a restore that was killed after its plan was written, or remove what another one left.

    Returns the folder of the former files if one was finished. Raises `Unavailable` when another process holds the
    home or a file cannot be moved, and `Corrupt` when the plan cannot be read.
    """
    if not (home / PLAN).exists() and not (home / _FRESH).exists():
        return None
    with exclusive(home):
        return settle_locked(home)


def settle_locked(home: Path) -> Path | None:
    """Do the same in a home that the caller has locked."""
    try:
        text = (home / PLAN).read_text("ascii")
    except FileNotFoundError:
        drop_fresh(home)
        return None
    try:
        plan = _Plan(**json.loads(text))
    except (ValueError, TypeError):
        raise Corrupt(
            f"{home / PLAN} cannot be read: remove it, and restore the backup again",
            reason="RESTORE_UNFINISHED",
        ) from None
    _finish(home, plan)
    return home / plan.aside


def _finish(home: Path, plan: _Plan) -> None:
    """Do what the plan still leaves to do; raises `Unavailable` when a file cannot be moved, and the plan stays."""
    try:
        _carry_out(home, plan)
    except OSError as error:
        raise Unavailable(
            f"the backup is in force, but not all of it is in its place ({error}): remove the cause, then `run` or "
            "the same `restore` finishes it; the former files go into "
            f"{home / plan.aside}",
            reason="RESTORE_UNFINISHED",
        ) from None


def _carry_out(home: Path, plan: _Plan) -> None:
    """Do what the plan still leaves to do; what no longer lies in `restore.new` is in its place."""
    fresh, aside, files = home / _FRESH, home / plan.aside, StoreFiles(home / STORE)
    aside.mkdir(mode=0o700, exist_ok=True)
    if plan.store and (fresh / STORE).exists():
        # The write-ahead log goes before the database: without a database it is applied to nothing.
        for path in (files.wal, files.shm, files.run):
            if path.exists():
                path.rename(aside / path.name)
    for name in sorted(plan.names, key=lambda name: name == STORE):
        if (fresh / name).exists():
            if (home / name).exists():
                (home / name).rename(aside / name)
            (fresh / name).rename(home / name)
    if plan.store and (home / KEYS).is_dir():
        mark_made(home / KEYS)
        if not plan.counted:
            unmark_counted(home / KEYS)
    bring_entries_to_disk(home)
    drop_fresh(home)
    if not any(aside.iterdir()):
        aside.rmdir()
    (home / PLAN).unlink()
    bring_entries_to_disk(home)


def bring_to_disk(folder: Path) -> None:
    """Bring a folder and all that is in it to the disk."""
    for path in folder.rglob("*"):
        if path.is_dir():
            bring_entries_to_disk(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    bring_entries_to_disk(folder)


def bring_entries_to_disk(folder: Path) -> None:
    """Return when the names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
