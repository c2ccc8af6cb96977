"""Ids and digests as they are written in messages and typed by people: hex digits, all of them and nothing else."""

from __future__ import annotations

import re

_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII | re.IGNORECASE)


def read_hex(text: str, size: int) -> bytes:
    """Return the `size` bytes that `text` writes; raises `ValueError` saying how many digits there must be."""
    if len(text) != 2 * size or not _HEX.fullmatch(text):  # `bytes.fromhex` skips white space
        raise ValueError(f"is not {2 * size} hex digits")
    return bytes.fromhex(text)
