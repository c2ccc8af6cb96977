"""Read records: the ordinary reader cannot name a sealed row, the sealed reader is a separate object."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, bindparam, func, select

from federation.errors import Corrupt
from federation.law import sealing
from federation.v1 import record_pb2, registry_pb2
from node.store import schema
from node.store.key_chain import Span, spans
from node.store.safeguard import Safeguard, tampered
from node.store.vault import RecordVault, event_place
from server.journal.cipher import Cipher
from server.journal.driver_text import Selection
from server.journal.engine import beginning

OPEN = sealing.Status.OPEN
#: Versions of one record that are read at a time.
_VERSIONS = 64


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record in its current version, and the token that found it."""

    token: bytes
    record_id: bytes
    event: registry_pb2.RecordEvent
    status: sealing.Status

    @property
    def provenance(self) -> record_pb2.Provenance:
        """Who entered the current content; acts on its sealing leave no trace in what is disclosed (R12, R41)."""
        event = self.event
        return event.content_provenance if event.HasField("content_provenance") else event.provenance


class Reader:
    """Reads one pair of tables under one vault."""

    def __init__(
        self,
        *,
        engine: Engine,
        records: Table,
        tokens: Table,
        vault: RecordVault,
        safeguard: Safeguard | None,
    ) -> None:
        self._safeguard = safeguard
        self._engine = engine
        self._records = records
        self._tokens = tokens
        self._vault = vault
        event = schema.record_event
        joined = records.join(event, _newest(records))
        columns = [records.c.record_id, records.c.version, records.c.wrapped_key, event.c.body]
        columns += [records.c.status] if "status" in records.c else []
        # Built once, and run by itself: one statement is consistent without a transaction around it.
        self._find = (
            select(tokens.c.token, tokens.c.record_id.label("leads_to"), *columns)
            # Outer joins: a token that leads to nothing must be noticed.
            .select_from(
                tokens.join(records, records.c.record_id == tokens.c.record_id, isouter=True).join(
                    event, _newest(records), isouter=True
                )
            )
            .where(tokens.c.token.in_(bindparam("tokens", expanding=True)))
        )
        under = (
            select(
                tokens.c.token,
                tokens.c.record_id,
                func.count().over(partition_by=tokens.c.token).label("many"),
                func.row_number().over(partition_by=tokens.c.token).label("place"),
            )
            .where(tokens.c.token.in_(bindparam("tokens", expanding=True)))
            .subquery()
        )
        few = under.c.many <= bindparam("most")
        # The tokens are taken in once, for counting and for reading: with many tokens that is most of the work.
        self._look = Selection(
            select(under.c.token, under.c.record_id.label("leads_to"), under.c.many, *columns)
            .select_from(
                under.join(records, (records.c.record_id == under.c.record_id) & few, isouter=True).join(
                    event, _newest(records), isouter=True
                )
            )
            .where(few | (under.c.place == 1)),
            "tokens",
        )
        self._single = beginning(engine, "")
        self._show = select(*columns).select_from(joined)
        self._shown = self._show.where(records.c.record_id.in_(bindparam("records", expanding=True)))

    def find(self, tokens: Collection[bytes]) -> Iterator[StoredRecord]:
        """Yield every record that any of `tokens` leads to, once per token; one consistent read. Raises `Corrupt`."""
        self._insist(self._tokens, tokens)
        with self._single.connect() as connection:
            rows = connection.execute(self._find, {"tokens": list(tokens)}).all()
        yield from self.read(rows)

    def withheld(self, tokens: Collection[bytes]) -> Iterator[StoredRecord]:
        """Yield the withheld records that any of `tokens` leads to, as `find` does; sealed ones are not read."""
        self._insist(self._tokens, tokens)
        query = self._find.where(self._records.c.status == sealing.Status.WITHHELD)
        with self._single.connect() as connection:
            rows = connection.execute(query, {"tokens": list(tokens)}).all()
        yield from self.read(rows)

    def look(self, tokens: Collection[bytes], most: int) -> Led:
        """Return where `tokens` lead: those under which are more than `most` records are crowds, and only counted.

        One consistent read, in which nothing is decrypted. Raises `Corrupt`.
        """
        if not tokens:
            return Led(self, (), most)
        self._insist(self._tokens, tokens)
        with self._single.connect() as connection:
            rows = self._look.run(connection, tokens, most=most).all()
        return Led(self, rows, most)

    def read(self, rows: Sequence[Row[Any]]) -> Iterator[StoredRecord]:
        """Yield the records of rows that tokens led to. Raises `Corrupt`."""
        if any(row.body is None for row in rows):
            raise self._found(f"a row of {self._tokens.name} leads to a record that is not there")
        self._insist_records([bytes(row.leads_to) for row in rows])
        for row in rows:
            yield self._stored(row, bytes(row.token))

    def others(self, cases: Mapping[bytes, Collection[bytes]]) -> set[bytes]:
        """Return the ids in `cases` (id -> tokens of judgments) of whose judgments another record here has one."""
        wanted = {case for its in cases.values() for case in its}
        if not wanted:
            return set()
        self._insist(self._tokens, wanted)
        query = select(self._tokens.c.token, self._tokens.c.record_id).where(self._tokens.c.token.in_(wanted))
        holders: dict[bytes, set[bytes]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                holders.setdefault(bytes(row.token), set()).add(bytes(row.record_id))
        return {
            id
            for id, its in cases.items()
            if set[bytes]().union(*(holders.get(c, set()) for c in its)) - {id}
        }

    def show(self, record_id: bytes) -> StoredRecord | None:
        """Return the current version of the record if it is in these tables, or None."""
        return self.shown([record_id]).get(record_id)

    def shown(self, record_ids: Collection[bytes]) -> dict[bytes, StoredRecord]:
        """Return those of the records that are in these tables, by their ids; one consistent read. Raises `Corrupt`."""
        self._insist_records(record_ids)
        with self._single.connect() as connection:
            rows = connection.execute(self._shown, {"records": list(record_ids)}).all()
        return {stored.record_id: stored for stored in (self._stored(row, b"") for row in rows)}

    def data_keys(self, record_id: bytes) -> list[bytes]:
        """Return the data keys of a record of these tables, newest first, for its documents; else none."""
        self._insist_records([record_id])
        with self._engine.connect() as connection:
            return [span.key for span in self._spans(connection, record_id)]

    def all(self) -> Iterator[StoredRecord]:
        """Yield the current version of every record of these tables, in the order of their ids."""
        with self._engine.connect() as connection:
            rows = connection.execute(self._show.order_by(self._records.c.record_id)).all()
        yield from (self._stored(row, b"") for row in rows)

    def page(self, after: bytes, limit: int) -> list[StoredRecord]:
        """Return up to `limit` records whose ids come after `after`, in the order of their ids."""
        query = self._show.where(self._records.c.record_id > after).order_by(self._records.c.record_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
        self._insist_records([bytes(row.record_id) for row in rows])
        return [self._stored(row, b"") for row in rows]

    def history(self, record_id: bytes) -> list[registry_pb2.RecordEvent]:
        """Return every version, oldest first; empty when the record is not in these tables."""
        return list(self.versions(record_id))

    def versions(self, record_id: bytes, after: int = 0) -> Iterator[registry_pb2.RecordEvent]:
        """Yield the versions after `after`, oldest first, a few read at a time; none if it is in other tables."""
        event = schema.record_event
        self._insist_records([record_id])
        query = (
            select(event.c.version, event.c.body)
            .where(event.c.record_id == record_id, event.c.version > bindparam("after"))
            .order_by(event.c.version)
            .limit(_VERSIONS)
        )
        while True:
            with self._engine.connect() as connection:
                keys = list(self._spans(connection, record_id))
                rows = connection.execute(query, {"after": after}).all() if keys else []
            for row in rows:
                key = Cipher(next(span.key for span in keys if span.first <= row.version))
                clear = key.unlock(bytes(row.body), event_place(record_id, row.version))
                yield registry_pb2.RecordEvent.FromString(clear)
            if len(rows) < _VERSIONS:
                return
            after = rows[-1].version

    def _spans(self, connection: Connection, record_id: bytes) -> Iterator[Span]:
        """Yield the data keys of a record of these tables, newest first; nothing for another record."""
        its = self._records.c
        columns = [its.record_id, its.version, its.wrapped_key, *([its.status] if "status" in its else [])]
        row = connection.execute(select(*columns).where(its.record_id == record_id)).one_or_none()
        if row is not None:
            yield from spans(connection, record_id, self._data_key(row))

    def _data_key(self, row: Row[Any]) -> bytes:
        """Return the data key in a row; one that does not fit the row's version and status was moved there."""
        status = getattr(row, "status", OPEN)
        try:
            return self._vault.unwrap_bound(bytes(row.wrapped_key), bytes(row.record_id), row.version, status)
        except Corrupt as error:
            raise self._found(f"a key of {self._records.name}: {error.message}") from None

    def _stored(self, row: Row[Any], token: bytes) -> StoredRecord:
        record_id = bytes(row.record_id)
        key = Cipher(self._data_key(row))
        try:
            body = key.unlock(bytes(row.body), event_place(record_id, row.version))
        except Corrupt as error:
            raise self._found(f"a version of {self._records.name}: {error.message}") from None
        return StoredRecord(
            token=token,
            record_id=record_id,
            event=registry_pb2.RecordEvent.FromString(body),
            status=sealing.Status(getattr(row, "status", OPEN)),
        )

    def _insist(self, table: Table, keys: Iterable[bytes]) -> None:
        if self._safeguard is not None:
            self._safeguard.insist(table.name, keys)

    def _insist_records(self, record_ids: Collection[bytes]) -> None:
        self._insist(self._records, record_ids)
        self._insist(schema.record_event, record_ids)

    def _found(self, what: str) -> Corrupt:
        if self._safeguard is not None:
            self._safeguard.found(what)
        return tampered(what)


class Led:
    """Where tokens led a reader, before any record is decrypted."""

    def __init__(self, reader: Reader, rows: Sequence[Row[Any]], most: int) -> None:
        self._reader = reader
        self._rows = [row for row in rows if row.many <= most]
        #: The tokens under which are too many records; `records` yields none for them.
        self.crowded = frozenset(bytes(row.token) for row in rows if row.many > most)

    def records(self, tokens: Container[bytes] | None = None) -> Iterator[StoredRecord]:
        """Yield every record that any of `tokens`, or of all, leads to, once per token. Raises `Corrupt`."""
        rows = self._rows if tokens is None else [row for row in self._rows if bytes(row.token) in tokens]
        return self._reader.read(rows)


def _newest(records: Table) -> ColumnElement[bool]:
    """Return the condition that an event is the newest version of a current record."""
    event = schema.record_event
    return (event.c.record_id == records.c.record_id) & (event.c.version == records.c.version)


@dataclass(frozen=True, slots=True)
class Readers:
    """The two readers of one register."""

    open: Reader
    sealed: Reader


def open_reader(engine: Engine, vault: RecordVault, safeguard: Safeguard | None = None) -> Reader:
    """Return the ordinary reader: open rows only. Every server gives the `safeguard` of its journal's tally."""
    return Reader(
        engine=engine, records=schema.open_record, tokens=schema.open_token, vault=vault, safeguard=safeguard
    )


def sealed_reader(engine: Engine, vault: RecordVault, safeguard: Safeguard | None = None) -> Reader:
    """Return the reader of sealed and withheld rows, for the sealed-access path alone."""
    return Reader(
        engine=engine,
        records=schema.sealed_record,
        tokens=schema.sealed_token,
        vault=vault,
        safeguard=safeguard,
    )
