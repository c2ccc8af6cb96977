r"""A stream in an encrypted file: in pieces, each bound to its number and to the file, the last one marked as the last.

    "HUTONG BACKUP\n" version(1) salt(16) piece*      piece: length(4) ciphertext

Piece 0 is empty, so that a wrong passphrase is told from a changed file. A piece that is missing, repeated, moved or
from another file does not open, and a file without its last piece is cut off. Memory is that of one piece.
"""

from __future__ import annotations

import hashlib
import os
from typing import BinaryIO, Final

from federation.errors import Corrupt, Unavailable
from server.backup.passphrase import key_of
from server.journal.cipher import NONCE_BYTES, TAG_BYTES, Cipher

_MAGIC: Final = b"HUTONG BACKUP\n"
VERSION: Final = 1
_SALT_BYTES: Final = 16
PIECE_BYTES: Final = 1 << 20
_MOST = PIECE_BYTES + NONCE_BYTES + TAG_BYTES


class SealedWriter:
    """Takes clear bytes and writes the encrypted file; only after `finish` is it whole."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        salt = os.urandom(_SALT_BYTES)
        self._file, self._cipher = file, Cipher(key_of(passphrase, salt))
        self._header = _MAGIC + bytes([VERSION]) + salt
        self._number = 0
        self._waiting = bytearray()
        self._digest = hashlib.sha256()
        file.write(self._header)
        self._piece(b"", last=False)

    def write(self, clear: bytes) -> int:
        """Take some bytes; raises `OSError` of the file."""
        self._digest.update(clear)
        self._waiting += clear
        while len(self._waiting) > PIECE_BYTES:  # the last piece is never empty for want of one more byte
            self._piece(bytes(self._waiting[:PIECE_BYTES]), last=False)
            del self._waiting[:PIECE_BYTES]
        return len(clear)

    def finish(self) -> bytes:
        """Write the last piece, bring all to the disk, and return the SHA-256 of the clear bytes."""
        self._piece(bytes(self._waiting), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._digest.digest()

    def _piece(self, clear: bytes, *, last: bool) -> None:
        locked = self._cipher.lock(clear, _place(self._header, self._number, last=last))
        self._file.write(len(locked).to_bytes(4, "big") + locked)
        self._number += 1


class SealedReader:
    """Gives the clear bytes of an encrypted file, as a stream."""

    def __init__(self, file: BinaryIO, passphrase: bytes, *, name: str) -> None:
        """Read the header; raises `Unavailable` for a wrong passphrase or a later program's file, and `Corrupt`."""
        self._file, self._name = file, name
        self._header = file.read(len(_MAGIC) + 1 + _SALT_BYTES)
        if not self._header.startswith(_MAGIC):
            raise Corrupt(
                f"{name} is no encrypted backup: name the file that `backup` wrote, or leave out "
                "--passphrase-file if it is a folder",
                reason="BACKUP_FOREIGN",
            )
        if len(self._header) < len(_MAGIC) + 1 + _SALT_BYTES:
            raise self._cut()
        if (version := self._header[len(_MAGIC)]) > VERSION:
            raise Unavailable(
                f"{name} is of form {version}, and this program reads up to {VERSION}: use the program that wrote it, "
                "or a newer one",
                reason="BACKUP_NEWER",
            )
        self._cipher = Cipher(key_of(passphrase, self._header[-_SALT_BYTES:]))
        self._number, self._clear, self._ended = 0, b"", False
        self._digest = hashlib.sha256()
        try:
            self._next()
        except Corrupt as error:
            if error.reason != "BACKUP_CHANGED":
                raise
            raise Unavailable(
                f"the passphrase is not the one with which {name} was made: name the file of that one; if it is for "
                "certain, the beginning of the backup was changed: use another backup",
                reason="WRONG_PASSPHRASE",
            ) from None

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end; raises `Corrupt` naming the piece that does not open."""
        found = bytearray()
        while len(found) < size and (self._clear or not self._ended):
            if not self._clear:
                self._next()
            taken = size - len(found)
            found += self._clear[:taken]
            self._clear = self._clear[taken:]
        return bytes(found)

    def finish(self) -> bytes:
        """Read on to the end, and return the SHA-256 of all clear bytes; raises `Corrupt` like `read`."""
        while self.read(PIECE_BYTES):
            pass
        return self._digest.digest()

    def _next(self) -> None:
        """Open the next piece; after the last one the file must end."""
        length = int.from_bytes(self._take(4), "big")
        if not NONCE_BYTES + TAG_BYTES <= length <= _MOST:
            raise self._changed()
        locked = self._take(length)
        last = not (more := self._file.read(1))
        if more:
            self._file.seek(-1, os.SEEK_CUR)
        try:
            self._clear = self._cipher.unlock(locked, _place(self._header, self._number, last=last))
        except Corrupt:
            raise (self._cut() if last and self._opens(locked) else self._changed()) from None
        self._ended = last
        self._number += 1
        self._digest.update(self._clear)

    def _opens(self, locked: bytes) -> bool:
        """Say whether the piece opens as one after which another comes: then the file is cut off behind it."""
        try:
            self._cipher.unlock(locked, _place(self._header, self._number, last=False))
        except Corrupt:
            return False
        return True

    def _take(self, size: int) -> bytes:
        found = self._file.read(size)
        if len(found) < size:
            raise self._cut()
        return found

    def _cut(self) -> Corrupt:
        return Corrupt(
            f"{self._name} is cut off: copy it again from where it was made, or use another backup",
            reason="BACKUP_CUT",
        )

    def _changed(self) -> Corrupt:
        return Corrupt(
            f"{self._name} was changed or damaged (piece {self._number} does not open): copy it again from where it "
            "was made, or use another backup",
            reason="BACKUP_CHANGED",
        )


def _place(header: bytes, number: int, *, last: bool) -> bytes:
    return header + number.to_bytes(8, "big") + bytes([last])
