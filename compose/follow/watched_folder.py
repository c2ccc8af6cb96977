"""A folder into which another system puts files: each is taken once it is whole, and the same content once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from compose.bulk.source import FORMS
from compose.follow.spool import Spool
from federation.errors import InvalidRequest, Unavailable

#: Beginnings and ends of the names of files that are still being written.
_UNFINISHED: Final = (".", "~")
Look = tuple[int, int, int]


class WatchedFolder:
    """Gives the next file that has not been taken; a file counts as whole when it has not changed for `settle_s`."""

    def __init__(
        self,
        folder: Path,
        spool: Spool,
        *,
        mapped: str,
        settle_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`mapped` is the digest of the map: with another map, every file is taken again."""
        self._folder, self._spool, self._mapped = folder, spool, mapped
        self._settle_s, self._clock = settle_s, clock
        #: By name: how a file looked, and since when.
        self._seen: dict[str, tuple[Look, float]] = {}

    def next(self) -> Path | None:
        """Begin the next part and return it; None when nothing is there to be taken now.

        Raises `Unavailable` naming a file that cannot be read, once no other file is left.
        """
        unread = ""
        for file, look in self._whole():
            taken = self._spool.taken
            if taken.get("map") != self._mapped:
                taken = {"map": self._mapped, "files": {}, "contents": []}
            if taken["files"].get(file.name) == list(look):
                continue
            if says := _unreadable(file):
                unread = says
                continue
            part = self._spool.copy(file)
            if self._look(file) != look:  # written to while it was copied
                part.unlink()
                continue
            taken["files"][file.name] = list(look)
            digest = _digest(part)
            if digest in taken["contents"]:
                part.unlink()
                self._spool.note(taken)
                continue
            taken["contents"].append(digest)
            self._spool.begin(part, taken)
            return part
        if unread:
            raise Unavailable(unread, reason="FOLLOWED_FILE")
        return None

    @property
    def waits(self) -> bool:
        """Whether a file is there that may still be being written."""
        taken = self._spool.taken
        done = taken.get("files", {}) if taken.get("map") == self._mapped else {}
        return any(done.get(name) != list(look) for name, (look, _) in self._seen.items())

    def _whole(self) -> list[tuple[Path, Look]]:
        now, found = self._clock(), list[tuple[Path, Look]]()
        try:
            files = sorted(self._folder.iterdir())
        except OSError as error:
            raise InvalidRequest.of("--folder", "FILE", f"{self._folder}: {error.strerror}") from None
        seen: dict[str, tuple[Look, float]] = {}
        for file in files:
            look = self._look(file) if _is_table(file) else None
            if look is None:
                continue
            before = self._seen.get(file.name)
            seen[file.name] = before if before is not None and before[0] == look else (look, now)
            if now - seen[file.name][1] >= self._settle_s:
                found.append((file, look))
        self._seen = seen
        return found

    @staticmethod
    def _look(file: Path) -> Look | None:
        try:
            found = file.stat()
        except OSError:
            return None
        return (found.st_size, found.st_mtime_ns, found.st_ino) if file.is_file() else None


def _is_table(file: Path) -> bool:
    return file.suffix.lower() in FORMS and not file.name.startswith(_UNFINISHED)


def _unreadable(file: Path) -> str:
    """Return why a file cannot be read; "" if it can."""
    try:
        with file.open("rb"):
            return ""
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}"


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
