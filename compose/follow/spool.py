"""What has been taken from a followed system and is on its way into a node: one part at a time, whole or not at all.

A part is first copied here, then imported like any file, and then noted as taken, each step durable before the next.
A follower that was killed goes on with the step that it was in.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from federation.errors import InvalidRequest, Unavailable
from server.homelock import exclusive


class Spool:
    """The folder of one follower: the part under way, what was taken, and the quarantine files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._refused = folder / "refused"
        self._parts = folder / "parts"  # apart, since a part may have the name of a quarantine file
        self._next, self._taken = folder / "next.json", folder / "taken.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other followers out; raises `InvalidRequest` when there is one, or the folder cannot be used."""
        try:
            self._parts.mkdir(parents=True, exist_ok=True, mode=0o700)
            with exclusive(self.folder):
                yield
        except Unavailable as error:
            if error.reason != "HOME_IN_USE":
                raise
            raise InvalidRequest.of(
                "--state",
                "BUSY",
                f"{self.folder} is used by another follower: stop it, or name another folder",
            ) from None
        except OSError as error:
            raise InvalidRequest.of(
                "--state", "FILE", f"{error.filename or self.folder}: {error.strerror}"
            ) from None

    @property
    def taken(self) -> dict[str, Any]:
        """The place up to which the followed system has been read, as it was given to `begin`; empty at first."""
        return self._read(self._taken) or {}

    def copy(self, source: Path) -> Path:
        """Return a durable copy of a file of the followed system, under its own name."""
        return _made(self._parts / source.name, lambda new: shutil.copyfile(source, new))

    def write(self, name: str, text: str) -> Path:
        """Return a durable file with `text`."""
        return _made(self._parts / name, lambda new: new.write_text(text, "utf-8"))

    def begin(self, part: Path, taken: dict[str, Any]) -> None:
        """Have `part` imported next; once that is done, everything up to `taken` counts as taken."""
        self._store(self._next, {"part": part.name, "taken": taken})

    def under_way(self) -> Path | None:
        """Return the part that was begun and is not finished."""
        begun = self._read(self._next)
        return self._parts / begun["part"] if begun else None

    def keep(self, part: Path) -> Path:
        """Return a durable copy of a part that cannot be read: the followed system may not have it any more."""
        self._refused.mkdir(exist_ok=True, mode=0o700)
        content = hashlib.sha256(part.read_bytes()).hexdigest()[:16]
        return _made(self._refused / f"{content}-{part.name}", lambda new: shutil.copyfile(part, new))

    def finish(self) -> None:
        """Note that the part under way is taken, and remove it."""
        begun = self._read(self._next)
        if begun is None:
            return
        self._store(self._taken, begun["taken"])
        self._next.unlink()
        (self._parts / begun["part"]).unlink(missing_ok=True)

    def note(self, taken: dict[str, Any]) -> None:
        """Note that everything up to `taken` is taken, with nothing to import."""
        self._store(self._taken, taken)

    def _store(self, file: Path, content: dict[str, Any]) -> None:
        _made(file, lambda new: new.write_text(json.dumps(content, ensure_ascii=False), "utf-8"))

    def _read(self, file: Path) -> dict[str, Any] | None:
        try:
            content = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise InvalidRequest.of(
                str(file), "FORMAT", "is damaged: remove it, and what was taken is read again"
            )
        return content


def _made(file: Path, fill: Callable[[Path], object]) -> Path:
    """Return `file` once its content, which `fill` writes, is on the disk."""
    new = file.with_name(file.name + ".new")
    fill(new)
    with new.open("rb") as written:
        os.fsync(written.fileno())
    new.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return file
