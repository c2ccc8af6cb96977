"""Secret keys of 32 bytes, each in a file of its own that only its owner can read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

KEY_BYTES = 32


def load_keys(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return the keys in `folder` by name; raises `ValueError` naming a file that is missing or wrong."""
    found = {}
    for name in names:
        path = folder / f"{name}.key"
        try:
            found[name] = path.read_bytes()
        except OSError as error:
            raise ValueError(
                f"{path}: {error.strerror}; restore it from backup, without it nothing can be read (only a key "
                "that a new version needs, and the store has never used, is made by `init`)"
            ) from None
        if len(found[name]) != KEY_BYTES:
            raise ValueError(
                f"{path}: has {len(found[name])} bytes where {KEY_BYTES} are expected; restore it from backup"
            )
    return found


def make_keys(folder: Path, names: Iterable[str]) -> None:
    """Make the keys that are missing in `folder`; an existing file is never touched."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in names:
        try:
            handle = os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
