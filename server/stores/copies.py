"""A copy of a running server's home as a folder of files, and back: each copy is checked before it counts as one."""

from __future__ import annotations

import contextlib
import os
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from federation.errors import AlreadyExists, Corrupt, Unavailable
from server.homelock import exclusive
from server.journal.migrating import Schema
from server.stores.copying import copy_database, examine, has_tally
from server.stores.files import StoreFiles
from server.stores.head_file import NAME as HEAD
from server.stores.key_checks import KeyKind
from server.stores.making import KEYS, STORE
from server.stores.replacing import (
    bring_entries_to_disk,
    bring_to_disk,
    drop_fresh,
    fresh_folder,
    replace,
    settle_locked,
)
from server.stores.room import writing_to

#: Parts of a copy besides database and keys; absent ones are skipped.
SIGNING_KEY = "signing.key"
SETTINGS = "settings.toml"
FILES = (SETTINGS, SIGNING_KEY)
FOLDERS = ("documents", "charter")
#: How the names begin that a copy which was killed leaves in the folder in which it was made.
_LEFT = ("lock", "archive", "whole", "fresh", STORE, HEAD)


def back_up(
    home: Path, into: Path, kinds: Sequence[KeyKind], schemas: Sequence[Schema], *, with_keys: bool
) -> int:
    """Copy the home of a server, which may be running, into the new folder `into`; return the log's size.

    SQLite copies the database as of one moment; documents follow. The copy is examined before the folder gets its
    name. The secret keys and the signing key lie in the copy in clear, so they are copied only on request. Raises
    `AlreadyExists`, `NotFound`, `Unavailable`, `Corrupt`.
    """
    StoreFiles(home / STORE).insist_there()
    with writing_to(into.parent):
        if into.exists() and (not into.is_dir() or any(into.iterdir())):
            raise AlreadyExists(f"{into} is not empty: name a new folder for each backup")
        into.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with scratch(into) as folder:
            whole = folder / "whole"
            whole.mkdir(mode=0o700)
            with of_one_home(home):
                size = _copy(home, whole, kinds, schemas, with_keys=with_keys)
            bring_to_disk(whole)
            give_name(whole, into)
    return size


def give_name(made: Path, into: Path) -> None:
    """Move what was made, and is on the disk, to its name; the name is on the disk as far as that place can do it."""
    made.rename(into)
    with contextlib.suppress(OSError):  # some network file systems cannot
        bring_entries_to_disk(into.parent)


def _copy(
    home: Path, whole: Path, kinds: Sequence[KeyKind], schemas: Sequence[Schema], *, with_keys: bool
) -> int:
    """Copy the home into the empty folder `whole`, and examine the database; return the log's size."""
    copy_file_if_there(home / HEAD, whole / HEAD)  # before the database, so that the log contains this head
    copied = StoreFiles(whole / STORE)
    copy_database(StoreFiles(home / STORE), copied)
    size = examine(copied, home / KEYS, kinds, schemas)
    for name in FILES if with_keys else (SETTINGS,):
        copy_file_if_there(home / name, whole / name)
    for name in (*FOLDERS, *([KEYS] if with_keys else [])):
        if (home / name).exists():
            copy_folder(home / name, whole / name)
    return size


@contextlib.contextmanager
def of_one_home(home: Path) -> Iterator[None]:
    """Copy a home inside the context; raises `Unavailable` at its end if a restore has replaced the home meanwhile.

    A copy takes no lock, because a server may run. It would have the database of before and the documents of after.
    """
    files = StoreFiles(home / STORE)
    files.insist_there()
    before = files.path.stat()
    yield
    files.insist_there()
    if not os.path.samestat(before, files.path.stat()):
        raise Unavailable(
            f"a restore has replaced {home} while it was copied: begin the backup again", reason="HOME_IN_USE"
        )


@contextlib.contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """Yield a new folder next to `target` in which it is made; it is removed afterwards, with what a kill left there.

    Raises `Unavailable` when another process is making the same copy, and `AlreadyExists` when the folder is somebody
    else's, for all that is in it is removed.
    """
    folder = target.with_name(target.name + ".partial")
    if folder.is_symlink():
        raise _not_left_by_a_copy(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    if any(not left.name.startswith(_LEFT) for left in folder.iterdir()):
        raise _not_left_by_a_copy(folder)
    with exclusive(folder):
        for left in folder.iterdir():
            if left.name != "lock":
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _not_left_by_a_copy(folder: Path) -> AlreadyExists:
    return AlreadyExists(
        f"{folder}, in which the copy is made, is a link or holds what no copy left there: move it away, or name "
        "another place"
    )


def restore(
    home: Path, source: Path, kinds: Sequence[KeyKind], schemas: Sequence[Schema]
) -> tuple[int, Path | None]:
    """Put the copy in the folder `source` into `home`; return the log's size and the new place of the former files.

    The copy is checked first (`put_in_place`). Raises what that raises.
    """
    StoreFiles(source / STORE).insist_there()
    with restoring(home) as fresh:
        copy_database(StoreFiles(source / STORE), StoreFiles(fresh / STORE))
        for name in (*FILES, HEAD):
            copy_file_if_there(source / name, fresh / name)
        for name in (*FOLDERS, KEYS):
            if (source / name).exists():
                copy_folder(source / name, fresh / name)
        return put_in_place(home, fresh, kinds, schemas)


@contextlib.contextmanager
def restoring(home: Path) -> Iterator[Path]:
    """Lock a stopped server's home, and yield the empty folder in it where a copy is made whole.

    A restore that was killed before is finished or cleared away first. Raises `Unavailable` when a process holds the
    home or there is no room.
    """
    with writing_to(home):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with exclusive(home):
            settle_locked(home)
            try:
                yield fresh_folder(home)
            except BaseException:
                # Once there is a plan, the copy is in force, and the next start or `restore` goes on.
                if not StoreFiles(home / STORE).unfinished():
                    drop_fresh(home)
                raise


def put_in_place(
    home: Path, fresh: Path, kinds: Sequence[KeyKind], schemas: Sequence[Schema]
) -> tuple[int, Path | None]:
    """Check the copy of a home in `fresh`, and put it into the home; return the log's size and the former files' place.

    It is checked that it is this installation's, every page, every entry of the log, and that the keys open it: its
    own if it has any, else those in `home`. `head.json` of the home stays: it shows what came after the copy.
    Raises `Unavailable`, `NotFound` or `Corrupt`.
    """
    insist_same_installation(home, installation(fresh))
    own = fresh / KEYS
    copied = StoreFiles(fresh / STORE)
    size = examine(copied, own if own.is_dir() else home / KEYS, kinds, schemas)
    if (home / HEAD).exists():
        (fresh / HEAD).unlink(missing_ok=True)
    return size, replace(home, counted=has_tally(copied.path))


def insist_same_installation(home: Path, there: str) -> None:
    """Raise `Unavailable` when a backup is of the installation `there`, and the home is known to be another one's."""
    here = installation(home)
    if here and there and here != there:
        raise Unavailable(
            f"the backup is one of {there}, and {home} is the home of {here}: name the backup or the home that "
            "belongs to the other; a home under a new name begins with `init`",
            reason="BACKUP_OF_ANOTHER",
        )


def installation(folder: Path) -> str:
    """Return whose home it is, by `settings.toml`; "" if it does not say."""
    try:
        return str(tomllib.loads((folder / "settings.toml").read_text("utf-8")).get("installation", ""))
    except (OSError, ValueError):
        return ""


def copy_file_if_there(source: Path, target: Path) -> None:
    """Copy a file that may be absent."""
    with contextlib.suppress(FileNotFoundError):
        copy_file(source, target)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder of a server that may be running: files that it removes meanwhile are skipped.

    Raises `Corrupt` at a symbolic link out of the folder, which would copy a file from elsewhere. A link inside it, as
    the charter's `root.json` is one, becomes the file that it leads to.
    """
    target.mkdir(mode=0o700)
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        with contextlib.suppress(FileNotFoundError):
            if path.is_dir() and not path.is_symlink():
                copy.mkdir(parents=True, exist_ok=True, mode=0o700)
            else:
                copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                copy_file(path, copy, within=source)


def copy_file(source: Path, target: Path, *, within: Path | None = None) -> None:
    """Copy a file, readable for its owner alone, whatever the umask and the mode it had.

    Raises `Corrupt` for a symbolic link that leads out of the folder `within`, or anywhere without one.
    """
    insist_inside(source, within=within)
    shutil.copy2(source, target)
    target.chmod(0o600)


def insist_inside(source: Path, *, within: Path | None = None) -> None:
    """Raise `Corrupt` for a symbolic link that leads out of the folder `within`, or anywhere without one."""
    if source.is_symlink() and (within is None or not source.resolve().is_relative_to(within.resolve())):
        raise Corrupt(f"{source} is a symbolic link out of its folder: put the file itself in its place")
