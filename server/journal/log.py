"""The append-only log of one installation: entries gathered during a transaction, numbered when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from federation.errors import Corrupt
from federation.evidence.entry import SALT_BYTES, EntryKind, Value, body_bytes, new_salt, salted_leaf
from federation.evidence.merkle import Frontier
from server.journal.cipher import Cipher
from server.journal.deferred_store import DeferredStore
from server.journal.entry_store import EntryStore
from server.journal.log_rows import DeferredEvents, LockedEntry, LogEntries, Use
from server.journal.view import View

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

    def use(self) -> Use:
        """Return the use of the request as the log keeps it."""
        return Use(self.key(), self.attempt, self.via.encode())


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry in clear, for its operator."""

    index: int
    salt: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class PreparedEntry:
    """An entry ready for the log: encrypted, and its leaf hash known before any transaction."""

    locked: LockedEntry
    once: Once | None = None

    @property
    def leaf(self) -> bytes:
        """The leaf hash."""
        return self.locked.leaf


@dataclass(slots=True)
class PendingEntries:
    """Entries of one transaction, not yet numbered; discarded when it fails."""

    cipher: Cipher
    entries: LogEntries = field(default_factory=EntryStore)
    rows: list[LockedEntry] = field(default_factory=list)
    #: Events for the next entry that collects; as durable as entries once the transaction is.
    deferred: list[LockedEntry] = field(default_factory=list)
    #: Known uses, from look-ups by `recall` and additions of this transaction: key -> attempt -> via.
    used: dict[bytes, dict[int, bytes]] = field(default_factory=dict)

    def append(self, kind: EntryKind, *, at: str, once: Once | None = None, **fields: Value) -> bytes:
        """Add an entry and return its leaf hash. The body is encrypted before it reaches the store."""
        return self.add(prepare_entry(self.cipher, kind, at=at, once=once, **fields))

    def add(self, entry: PreparedEntry) -> bytes:
        """Add an entry that was made before the transaction, and return its leaf hash."""
        self._note(entry.locked.use)
        self.rows.append(entry.locked)
        return entry.leaf

    def defer(self, kind: EntryKind, *, at: str, once: Once | None = None, **fields: Value) -> bytes:
        """Keep an event about a seal for the entry of the next fixed time (`server.journal.collecting`).

        So the log grows alike whether or not something is sealed. Returns the event's own leaf hash.
        """
        event = prepare_entry(self.cipher, kind, at=at, once=once, **fields)
        self._note(event.locked.use)
        self.deferred.append(event.locked)
        return event.leaf

    def _note(self, use: Use | None) -> None:
        if use is not None:
            self.used.setdefault(use.key, {})[use.attempt] = use.via

    def recall(self, view: View, asked: Iterable[Once]) -> None:
        """Look up the logged uses of `asked` in one query; `replays` looks up any that are missing."""
        unknown = {key for once in asked if (key := once.key()) not in self.used}
        self.used |= {key: {} for key in unknown}
        for use in self.entries.uses(view, unknown):
            self.used[use.key][use.attempt] = use.via

    def replays(self, view: View, asked: Sequence[Once]) -> set[int]:
        """Return the positions in `asked` that were used before and are no lawful retransmission.

        A retransmission is the same request through the same replica with the next attempt's number.
        """
        self.recall(view, asked)
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
    locked = LockedEntry(leaf, cipher.lock(salt + body, leaf), once.use() if once else None)
    return PreparedEntry(locked, once)


class Log:
    """The log's tree in memory, over its rows in a store."""

    def __init__(
        self,
        *,
        body_key: bytes,
        entries: LogEntries | None = None,
        events: DeferredEvents | None = None,
    ) -> None:
        """Encrypt under `body_key`; the rows are in SQL tables unless others are given."""
        self.cipher = Cipher(body_key, of="an entry of the log")
        self.frontier = Frontier()
        self.entries = entries or EntryStore()
        self.events = events or DeferredStore()

    def restore(self, view: View) -> None:
        """Rebuild the tree's frontier from the stored rows; raises `Corrupt` when numbers are missing."""
        size, last = self.entries.extent(view)
        if last != size - 1:
            raise Corrupt(f"the log has {size} entries but the last is number {last}: entries are missing")
        self.frontier = Frontier.read(size, lambda level, last: self.subtree(view, level, last))

    def subtree(self, view: View, level: int, last_leaf: int) -> bytes:
        """Return the hash of the perfect subtree of 2**level leaves that ends at `last_leaf`."""
        return self.entries.subtrees(view, last_leaf)[32 * level : 32 * level + 32]

    def pending(self) -> PendingEntries:
        """Return what gathers the entries of one transaction."""
        return PendingEntries(self.cipher, self.entries)

    def write(self, view: View, pending: PendingEntries) -> Frontier:
        """Number and insert the pending entries; return the frontier to adopt after the commit."""
        frontier = self.frontier.copy()
        numbered = [(frontier.size, frontier.append(each.leaf), each) for each in pending.rows]
        self.entries.add(view, numbered)
        self.events.add(view, pending.deferred)
        return frontier

    def deferred(self, view: View) -> Iterator[bytes]:
        """Yield the bodies of the events that the next entries will collect, the oldest first."""
        for _, event in self.events.oldest(view):
            yield self.cipher.unlock(event.body, event.leaf)[SALT_BYTES:]

    def read(self, view: View, start: int, limit: int) -> list[StoredEntry]:
        """Return entries in clear, at most `limit` from number `start`."""
        found = []
        for number, entry in self.entries.read(view, start, limit):
            clear = self.cipher.unlock(entry.body, entry.leaf)
            found.append(StoredEntry(index=number, salt=clear[:SALT_BYTES], body=clear[SALT_BYTES:]))
        return found
