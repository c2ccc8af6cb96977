"""Integrity of a store's data: SQLite's own check, and every entry of the log recomputed."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

from google.protobuf.message import DecodeError
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import NoResultFound, SQLAlchemyError

from federation.errors import Corrupt
from federation.evidence.checkpoint import read_checkpoint
from federation.evidence.entry import SALT_BYTES, salted_leaf
from federation.evidence.merkle import HASH_BYTES, Frontier
from federation.v1.envelope_pb2 import Envelope
from server.journal.cipher import Cipher
from server.journal.entry_store import extent_of
from server.journal.schema import log_checkpoint, log_entry
from server.stores.files import RESTORE

#: Entries that every start reads before it serves; older ones are read while it serves.
NEWEST = 20_000
_PAGE = 1000


def damaged(what: str) -> Corrupt:
    """Return the error for a store that is no longer as it was written."""
    return Corrupt(f"the store is damaged: {what}; keep it aside and {RESTORE}", reason="STORE_DAMAGED")


def quick_check(connection: Connection) -> float:
    """Let SQLite check every page; return the seconds it took, or raise `Corrupt` with its first finding."""
    began = time.monotonic()
    try:
        first = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    except SQLAlchemyError as error:
        raise damaged(f"SQLite cannot read it ({_short(error)})") from None
    if first != "ok":
        raise damaged(f"SQLite says: {' '.join(str(first).split())[:200]}")
    return time.monotonic() - began


def log_size(connection: Connection) -> int:
    """Return the number of entries; raises `Corrupt` when the first ones, or some of the newest, are missing."""
    try:
        size, last = extent_of(connection)
        signed = connection.execute(select(func.max(log_checkpoint.c.size))).scalar_one() or 0
    except SQLAlchemyError as error:
        raise damaged(f"the log cannot be read ({_short(error)})") from None
    if last != size - 1:
        raise damaged(f"the log has {size} entries, but the last is number {last}")
    if signed > size:
        raise damaged(f"the log has {size} entries, but {signed} were signed for")
    return size


def verify_log(
    connect: Callable[[], Connection],
    key: bytes,
    *,
    start: int,
    end: int,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Read the entries from `start` up to `end`; raises `Corrupt` naming the first that is not as it was written.

    Each entry is decrypted and its leaf hash recomputed; the tree is rebuilt from `start` on and compared with the
    roots that checkpoints signed. The subtrees before `start` are taken as stored.
    `connect` gives a connection for each page, so that no reader delays the emptying of the write-ahead log.
    """
    cipher = Cipher(key)
    try:
        with connect() as connection:
            tree = Frontier.read(start, lambda level, last: _subtree(connection, level, last))
            signed = _signed(connection, start, end)
        bounds = sorted({*range(start, end, _PAGE), end})
        for first, beyond in pairwise(bounds):
            if stopped():
                return
            with connect() as connection:
                _verify_page(connection, cipher, tree, signed, first, beyond)
    except SQLAlchemyError as error:
        raise damaged(f"the log cannot be read ({_short(error)})") from None


def _verify_page(
    connection: Connection, cipher: Cipher, tree: Frontier, signed: dict[int, bytes], first: int, beyond: int
) -> None:
    query = (
        select(log_entry.c.idx, log_entry.c.subtrees, log_entry.c.leaf, log_entry.c.sealed_body)
        .where(log_entry.c.idx >= first, log_entry.c.idx < beyond)
        .order_by(log_entry.c.idx)
    )
    for number, subtrees, leaf, sealed in connection.execute(query):
        if number != tree.size:
            raise damaged(f"entry {tree.size} of the log is missing")
        try:
            clear = cipher.unlock(sealed, leaf)
            whole = salted_leaf(clear[:SALT_BYTES], clear[SALT_BYTES:]) == leaf
        except Corrupt:
            whole = False
        if not whole or tree.append(leaf) != subtrees:
            raise damaged(f"entry {number} of the log cannot be read")
        if tree.size in signed and signed[tree.size] != tree.root():
            raise damaged(f"the first {tree.size} entries of the log are not those that were signed for")
    if tree.size != beyond:
        raise damaged(f"entry {tree.size} of the log is missing")


def _signed(connection: Connection, start: int, end: int) -> dict[int, bytes]:
    """Return the roots that checkpoints of these sizes signed."""
    query = select(log_checkpoint.c.size, log_checkpoint.c.envelope).where(
        log_checkpoint.c.size > start, log_checkpoint.c.size <= end
    )
    found = {}
    for size, envelope in connection.execute(query):
        try:
            checkpoint = read_checkpoint(Envelope.FromString(envelope))
        except (DecodeError, TypeError, Corrupt):
            raise damaged(f"the checkpoint of {size} entries cannot be read") from None
        if checkpoint.size != size:
            raise damaged(f"the checkpoint of {size} entries is another one's")
        found[size] = checkpoint.root
    return found


def _subtree(connection: Connection, level: int, last: int) -> bytes:
    try:
        row = connection.execute(select(log_entry.c.subtrees).where(log_entry.c.idx == last)).scalar_one()
    except NoResultFound:
        raise damaged(f"entry {last} of the log is missing") from None
    found = bytes(row)[HASH_BYTES * level : HASH_BYTES * (level + 1)]
    if len(found) != HASH_BYTES:
        raise damaged(f"entry {last} of the log cannot be read")
    return found


def _short(error: SQLAlchemyError) -> str:
    """Return SQLite's own message without the statement."""
    return str(getattr(error, "orig", None) or type(error).__name__)
