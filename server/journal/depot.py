"""Large contents as files of encrypted pieces outside the database: written in order, continued after a kill.

A file is a sequence of pieces, each with nonce, ciphertext and tag under the content's own key, bound to the content's
digest and the piece's position, so that pieces can be neither exchanged nor moved. The file's length shows how much
is there: a piece torn by a kill is cut off. Files are named by blind tokens.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from federation.errors import Corrupt, Unavailable
from server.journal.cipher import NONCE_BYTES, TAG_BYTES, Cipher

#: Bytes that encryption adds to a piece.
_ADDED = NONCE_BYTES + TAG_BYTES
_LOCKS = 64
#: A blind token in hex.
_NAME = re.compile(r"[0-9a-f]{32}")


class Depot:
    """The contents of one server, by name."""

    def __init__(self, folder: Path, *, chunk_bytes: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._chunk = chunk_bytes
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Exclude other writers and removals of `name` inside the context."""
        with self._locks[hash(name) % _LOCKS]:
            yield

    def length(self, name: str, size: int) -> int:
        """Return how many of the `size` clear bytes are present, after cutting off a torn piece."""
        try:
            stored = self._path(name).stat().st_size
        except FileNotFoundError:
            return 0
        pieces, rest = divmod(stored, self._chunk + _ADDED)
        whole = pieces * self._chunk
        if rest and whole + rest - _ADDED == size:
            return size
        if rest:
            os.truncate(self._path(name), stored - rest)
        return min(whole, size)

    def append(self, name: str, data: bytes, *, key: bytes, digest: bytes, offset: int) -> None:
        """Write the piece that begins at `offset`, the end of the present content; raises `Unavailable`."""
        piece = Cipher(key).lock(data, self._place(digest, offset))
        try:
            handle = os.open(self._path(name), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "ab", buffering=0) as file:
                file.write(piece)
        except OSError as error:
            raise Unavailable(f"the disk takes no more documents now: {error.strerror}") from None

    def settle(self, name: str) -> None:
        """Return when the content written so far is on the disk."""
        for path in (self._path(name), self._folder):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def read(self, name: str, *, key: bytes, digest: bytes, offset: int = 0) -> Iterator[bytes]:
        """Yield the clear bytes from `offset` on, piece by piece; raises `Corrupt`."""
        cipher, index = Cipher(key, of="a stored document"), offset // self._chunk
        with self._open(name) as file:
            file.seek(index * (self._chunk + _ADDED))
            while piece := file.read(self._chunk + _ADDED):
                start = index * self._chunk
                clear = cipher.unlock(piece, self._place(digest, start))
                yield clear[max(0, offset - start) :]
                index += 1

    def drop(self, name: str) -> None:
        """Remove the content, if there is any."""
        self._path(name).unlink(missing_ok=True)

    def names(self) -> dict[str, float]:
        """Return every name with the time of its last piece, in seconds since 1970; other files are ignored."""
        found = {}
        for entry in os.scandir(self._folder):
            if not _NAME.fullmatch(entry.name):
                continue
            try:
                found[entry.name] = entry.stat().st_mtime
            except FileNotFoundError:  # dropped meanwhile
                continue
        return found

    def _open(self, name: str) -> BufferedReader:
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            raise Corrupt("the file of a stored document is gone: restore it from the backup") from None

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _place(self, digest: bytes, offset: int) -> bytes:
        return b"document" + digest + (offset // self._chunk).to_bytes(8, "big")
