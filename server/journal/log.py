"""The append-only log of one installation: entries gathered during a transaction, numbered when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, func, insert, select, union_all

from federation.errors import Corrupt
from federation.evidence.entry import SALT_BYTES, EntryKind, Value, body_bytes, new_salt, salted_leaf
from federation.evidence.merkle import Frontier
from server.journal.cipher import Cipher
from server.journal.schema import log_deferred, log_deferred_once, log_entry

_WITH_ONCES = (log_entry, log_deferred_once)
# Built once: composing a statement costs more than running it.
_INSERT = insert(log_entry)
_DEFER, _DEFER_ONCE = insert(log_deferred), insert(log_deferred_once)
_USES_OF_ONE = union_all(
    *(select(t.c.once, t.c.attempt, t.c.via).where(t.c.once == bindparam("key")) for t in _WITH_ONCES)
)
_USES_OF_MANY = union_all(
    *(
        select(t.c.once, t.c.attempt, t.c.via).where(t.c.once.in_(bindparam("keys", expanding=True)))
        for t in _WITH_ONCES
    )
)
_EVENT, _ONCE = ("leaf", "sealed_body"), ("once", "attempt", "via")
#: The number of times that a gateway may send the same request in all.
MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Once:
    """The once of a request: the signer's nonce, the number of the attempt, and the forwarding installation."""

    keyid: str
    nonce: bytes
    attempt: int = 1
    via: str = ""

    def key(self) -> bytes:
        """Return the bytes that are unique in the log."""
        return bytes.fromhex(self.keyid)[:16] + self.nonce


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry in clear, for its operator."""

    index: int
    salt: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class PreparedEntry:
    """An entry ready for the log: encrypted, and its leaf hash known before any transaction."""

    leaf: bytes
    row: dict[str, object]
    once: Once | None = None


@dataclass(slots=True)
class PendingEntries:
    """Entries of one transaction, not yet numbered; discarded when it fails."""

    cipher: Cipher
    rows: list[dict[str, object]] = field(default_factory=list)
    #: Events for the next entry that collects; as durable as entries once the transaction is.
    deferred: list[dict[str, object]] = field(default_factory=list)
    #: Known uses, from look-ups by `recall` and additions of this transaction: key -> attempt -> via.
    used: dict[bytes, dict[int, bytes]] = field(default_factory=dict)

    def append(self, kind: EntryKind, *, at: str, once: Once | None = None, **fields: Value) -> bytes:
        """Add an entry and return its leaf hash. The body is encrypted before it reaches the store."""
        return self.add(prepare_entry(self.cipher, kind, at=at, once=once, **fields))

    def add(self, entry: PreparedEntry) -> bytes:
        """Add an entry that was made before the transaction, and return its leaf hash."""
        self._use(entry.once)
        self.rows.append(entry.row.copy())
        return entry.leaf

    def defer(self, kind: EntryKind, *, at: str, once: Once | None = None, **fields: Value) -> bytes:
        """Keep an event about a seal for the entry of the next fixed time (`server.journal.collecting`).

        So the log grows alike whether or not something is sealed. Returns the event's own leaf hash.
        """
        entry = prepare_entry(self.cipher, kind, at=at, once=once, **fields)
        self._use(once)
        self.deferred.append(entry.row.copy())
        return entry.leaf

    def _use(self, once: Once | None) -> None:
        if once is not None:
            self.used.setdefault(once.key(), {})[once.attempt] = once.via.encode()

    def recall(self, connection: Connection, asked: Iterable[Once]) -> None:
        """Look up the logged uses of `asked` in one query; `replays` looks up any that are missing."""
        unknown = {key for once in asked if (key := once.key()) not in self.used}
        if not unknown:
            return
        self.used |= {key: {} for key in unknown}
        keys = list(unknown)
        uses = (
            connection.execute(_USES_OF_ONE, {"key": keys[0]})
            if len(keys) == 1
            else connection.execute(_USES_OF_MANY, {"keys": keys})
        )
        for once, attempt, via in uses:
            self.used[once][attempt] = via

    def replays(self, connection: Connection, asked: Sequence[Once]) -> set[int]:
        """Return the positions in `asked` that were used before and are no lawful retransmission.

        A retransmission is the same request through the same replica with the next attempt's number.
        """
        self.recall(connection, asked)
        found, now = set(), dict[bytes, dict[int, bytes]]()
        for position, once in enumerate(asked):
            key, via = once.key(), once.via.encode()
            earlier = now.setdefault(key, dict(self.used[key]))
            fresh = not earlier or (
                1 < once.attempt <= MAX_ATTEMPTS
                and once.attempt not in earlier
                and all(v == via for v in earlier.values())
            )
            if fresh:
                earlier[once.attempt] = via
            else:
                found.add(position)
        return found


def prepare_entry(
    cipher: Cipher, kind: EntryKind, *, at: str, once: Once | None = None, **fields: Value
) -> PreparedEntry:
    """Return an entry in its stored form."""
    body = body_bytes(kind, at, **fields)
    salt = new_salt()
    leaf = salted_leaf(salt, body)
    row: dict[str, object] = {
        "leaf": leaf,
        "sealed_body": cipher.lock(salt + body, leaf),
        "once": once.key() if once else None,
        "attempt": once.attempt if once else None,
        "via": once.via.encode() if once else None,
    }
    return PreparedEntry(leaf, row, once)


class Log:
    """The log's tree in memory and its rows in the database."""

    def __init__(self, *, body_key: bytes) -> None:
        self.cipher = Cipher(body_key, of="an entry of the log")
        self.frontier = Frontier()

    def restore(self, connection: Connection) -> None:
        """Rebuild the tree's frontier from the stored rows; raises `Corrupt` when numbers are missing."""
        size = connection.execute(select(func.count()).select_from(log_entry)).scalar_one()
        last = connection.execute(select(func.max(log_entry.c.idx))).scalar_one()
        if size and last != size - 1:
            raise Corrupt(f"the log has {size} entries but the last is number {last}: entries are missing")
        self.frontier = Frontier.read(size, lambda level, last: self.subtree(connection, level, last))

    def subtree(self, connection: Connection, level: int, last_leaf: int) -> bytes:
        """Return the hash of the perfect subtree of 2**level leaves that ends at `last_leaf`."""
        row = connection.execute(
            select(log_entry.c.subtrees).where(log_entry.c.idx == last_leaf)
        ).scalar_one()
        return bytes(row[32 * level : 32 * level + 32])

    def write(self, connection: Connection, pending: PendingEntries) -> Frontier:
        """Number and insert the pending entries; return the frontier to adopt after the commit."""
        frontier = self.frontier.copy()
        for row in pending.rows:
            row["idx"] = frontier.size
            row["subtrees"] = frontier.append(row["leaf"])  # type: ignore[arg-type]
        if pending.rows:
            connection.execute(_INSERT, pending.rows)
        if pending.deferred:
            connection.execute(_DEFER, [{key: row[key] for key in _EVENT} for row in pending.deferred])
        if onces := [row for row in pending.deferred if row["once"] is not None]:
            connection.execute(_DEFER_ONCE, [{key: row[key] for key in _ONCE} for row in onces])
        return frontier

    def deferred(self, connection: Connection) -> Iterator[bytes]:
        """Yield the bodies of the events that the next entries will collect, the oldest first."""
        query = select(log_deferred.c.leaf, log_deferred.c.sealed_body).order_by(log_deferred.c.number)
        for leaf, sealed in connection.execute(query):
            yield self.cipher.unlock(sealed, leaf)[SALT_BYTES:]

    def read(self, connection: Connection, start: int, limit: int) -> list[StoredEntry]:
        """Return entries in clear, at most `limit` from number `start`."""
        query = (
            select(log_entry.c.idx, log_entry.c.leaf, log_entry.c.sealed_body)
            .where(log_entry.c.idx >= start)
            .order_by(log_entry.c.idx)
            .limit(limit)
        )
        found = []
        for idx, leaf, sealed in connection.execute(query):
            clear = self.cipher.unlock(sealed, leaf)
            found.append(StoredEntry(index=idx, salt=clear[:SALT_BYTES], body=clear[SALT_BYTES:]))
        return found
