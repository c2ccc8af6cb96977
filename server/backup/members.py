"""The files inside a backup: written one after the other as a stream, and taken out into an empty folder."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from federation.errors import Corrupt
from server.backup.sealed_file import SealedReader, SealedWriter
from server.stores.copies import insist_inside

_BLOCK: Final = 1 << 16


class MemberWriter:
    """Writes files into a backup, in the form of a tar stream, which other tools read once it is decrypted."""

    def __init__(self, sealed: SealedWriter) -> None:
        self._sealed = sealed
        into: Any = sealed
        self._tar: Any = tarfile.open(fileobj=into, mode="w|", bufsize=_BLOCK)  # noqa: SIM115  # `finish` closes it

    def add(self, path: Path, name: str, *, within: Path | None = None) -> None:
        """Add one file; raises `FileNotFoundError` if it is gone, `Corrupt` if it is a link out of `within`."""
        insist_inside(path, within=within)
        with path.open("rb") as file:
            info = _info(name, file.seek(0, io.SEEK_END))
            file.seek(0)
            self._tar.addfile(info, file)
        self._forget()

    def add_bytes(self, content: bytes, name: str) -> None:
        """Add a file with this content."""
        self._tar.addfile(_info(name, len(content)), io.BytesIO(content))
        self._forget()

    def add_folder(self, folder: Path) -> None:
        """Add the files in a folder of a server that may be running: those that it removes meanwhile are skipped."""
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_dir():
                try:
                    self.add(path, f"{folder.name}/{path.relative_to(folder).as_posix()}", within=folder)
                except FileNotFoundError:
                    continue

    def finish(self) -> bytes:
        """End the stream; return the SHA-256 of it."""
        self._tar.close()
        return self._sealed.finish()

    def _forget(self) -> None:
        """Keep memory bounded: the tar module remembers every file that it has written."""
        self._tar.members.clear()


def take_out(
    sealed: SealedReader,
    into: Path,
    *,
    wanted: Callable[[str], bool],
    only_read: Collection[str] = (),
    name: str,
) -> None:
    """Write the files of a backup into the empty folder `into`, readable for their owner alone.

    `wanted` says which names a backup of this kind has; files in folders `only_read` are not written. Raises `Corrupt`
    for any other name, or one that leads elsewhere.
    """
    for info, content in _members(sealed, name):
        place = PurePosixPath(info.name)
        if not info.isreg() or place.is_absolute() or ".." in place.parts or not wanted(info.name):
            raise Corrupt(
                f"{name} holds {info.name!r}, which no backup of a server does: use another backup",
                reason="BACKUP_FOREIGN",
            )
        if place.parts[0] in only_read:
            continue
        target = into / place
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with target.open("xb") as file:
            target.chmod(0o600)
            while block := content.read(_BLOCK):
                file.write(block)


def _members(sealed: SealedReader, name: str) -> Iterator[tuple[tarfile.TarInfo, Any]]:
    source: Any = sealed
    try:
        with tarfile.open(fileobj=source, mode="r|", bufsize=_BLOCK) as opened:
            tar: Any = opened
            while (info := tar.next()) is not None:
                yield info, tar.extractfile(info)
                tar.members.clear()
    except tarfile.TarError:
        raise Corrupt(
            f"{name} holds no files of a server: use another backup", reason="BACKUP_FOREIGN"
        ) from None


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info
