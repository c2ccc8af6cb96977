"""What stands at rest opens at its own place, under its own key, unaltered; else it is reported as damage."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from federation.errors import Corrupt
from server.journal.cipher import Cipher

ROOT = Path(__file__).resolve().parents[4]
KEY = os.urandom(32)
LOCKED = Cipher(KEY).lock(b"clear", b"table/row")


def test_it_opens_at_its_place() -> None:
    assert Cipher(KEY).unlock(LOCKED, b"table/row") == b"clear"
    assert Cipher(KEY).lock(b"clear", b"table/row") != LOCKED, "a nonce of its own each time"


@pytest.mark.parametrize(
    ("key", "locked", "place"),
    [
        (KEY, LOCKED, b"table/another"),
        (os.urandom(32), LOCKED, b"table/row"),
        (KEY, LOCKED[:-1] + bytes([LOCKED[-1] ^ 1]), b"table/row"),
        (KEY, LOCKED[:10], b"table/row"),
        (KEY, b"", b"table/row"),
    ],
    ids=["moved", "another-key", "altered", "cut", "empty"],
)
def test_whatever_else_is_damage(key: bytes, locked: bytes, place: bytes) -> None:
    with pytest.raises(Corrupt, match="an answer cannot be read"):
        Cipher(key, of="an answer").unlock(locked, place)


def test_nothing_else_encrypts() -> None:
    parts = ("federation", "certs", "server", "node", "gateway", "compose")
    using = [
        str(path.relative_to(ROOT))
        for part in parts
        for path in (ROOT / part).rglob("*.py")
        if "AESGCM" in path.read_text("utf-8")
    ]
    assert using == ["server/journal/cipher.py"]
