"""An encrypted file gives back what was written, or says what is wrong with it: never a part as if it were all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from federation.errors import Corrupt, Unavailable
from server.backup.sealed_file import PIECE_BYTES, VERSION, SealedReader, SealedWriter

PHRASE = b"correct horse battery staple"
HEADER = 14 + 1 + 16
PIECE = 4 + PIECE_BYTES + 28


def written(path: Path, clear: bytes, phrase: bytes = PHRASE) -> bytes:
    """Write an encrypted file, and return the digest that the writer gives."""
    with path.open("wb") as file:
        writer = SealedWriter(file, phrase)
        for start in range(0, len(clear), 300_000):
            writer.write(clear[start : start + 300_000])
        return writer.finish()


def read(path: Path, phrase: bytes = PHRASE) -> bytes:
    """Return what the file holds."""
    with path.open("rb") as file:
        reader, found = SealedReader(file, phrase, name=path.name), b""
        while block := reader.read(70_000):
            found += block
        return found


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_what_was_written_is_read(tmp_path: Path, size: int) -> None:
    clear = os.urandom(size)
    digest = written(tmp_path / "file", clear)
    assert read(tmp_path / "file") == clear
    assert digest == hashlib.sha256(clear).digest()
    # A single byte is there by chance.
    assert size < 64 or clear[:64] not in (tmp_path / "file").read_bytes()


def test_another_passphrase_is_named_as_such(tmp_path: Path) -> None:
    written(tmp_path / "file", b"clear")
    with pytest.raises(Unavailable, match="passphrase is not the one") as refused:
        read(tmp_path / "file", b"another passphrase")
    assert refused.value.reason == "WRONG_PASSPHRASE"


def swapped(whole: bytes) -> bytes:
    """Exchange the two first full pieces."""
    start = HEADER + 32
    first, second = whole[start : start + PIECE], whole[start + PIECE : start + 2 * PIECE]
    return whole[:start] + second + first + whole[start + 2 * PIECE :]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda whole: whole[:-1], "BACKUP_CUT"),
        (lambda whole: whole[: HEADER + 32 + PIECE], "BACKUP_CUT"),
        (lambda whole: whole[: HEADER + 34], "BACKUP_CUT"),
        (lambda whole: whole[:20], "BACKUP_CUT"),
        (lambda whole: b"", "BACKUP_FOREIGN"),
        (lambda whole: b"SQLite format 3\0" + whole, "BACKUP_FOREIGN"),
        (lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), "BACKUP_CHANGED"),
        (lambda whole: whole[: HEADER + 32] + b"\xff\xff\xff\xff" + whole[HEADER + 36 :], "BACKUP_CHANGED"),
        (lambda whole: whole[: HEADER + 32] + whole[HEADER + 32 + PIECE :], "BACKUP_CHANGED"),
        (swapped, "BACKUP_CHANGED"),
        (lambda whole: whole + b"\0", "BACKUP_CHANGED"),
    ],
    ids=[
        "last-byte",
        "after-a-piece",
        "within-a-piece",
        "within-the-header",
        "empty",
        "another-file",
        "bit",
        "length",
        "piece-left-out",
        "pieces-exchanged",
        "longer",
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], reason: str
) -> None:
    written(tmp_path / "file", os.urandom(2 * PIECE_BYTES + 5))
    (tmp_path / "file").write_bytes(change((tmp_path / "file").read_bytes()))
    with pytest.raises(Corrupt) as refused:
        read(tmp_path / "file")
    assert refused.value.reason == reason


def test_a_file_of_a_later_form_is_left_to_a_later_program(tmp_path: Path) -> None:
    written(tmp_path / "file", b"clear")
    whole = bytearray((tmp_path / "file").read_bytes())
    whole[14] = VERSION + 1
    (tmp_path / "file").write_bytes(whole)
    with pytest.raises(Unavailable) as refused:
        read(tmp_path / "file")
    assert refused.value.reason == "BACKUP_NEWER"
