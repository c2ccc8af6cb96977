"""Read records: the ordinary reader cannot name a sealed row, the sealed reader is a separate object."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, Table, bindparam, func, select

from federation.law import sealing
from federation.v1 import record_pb2, registry_pb2
from node.store import schema
from node.store.vault import Vault, event_place
from server.journal.cipher import Cipher


@dataclass(frozen=True, slots=True)
class Stored:
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

    def __init__(self, *, engine: Engine, records: Table, tokens: Table, vault: Vault) -> None:
        self._engine = engine
        self._records = records
        self._tokens = tokens
        self._vault = vault
        event = schema.record_event
        joined = records.join(
            event, (event.c.record_id == records.c.record_id) & (event.c.version == records.c.version)
        )
        columns = [records.c.record_id, records.c.version, records.c.wrapped_key, event.c.body]
        columns += [records.c.status] if "status" in records.c else []
        # Built once, and run by itself: one statement is consistent without a transaction around it.
        self._find = (
            select(tokens.c.token, *columns)
            .select_from(tokens.join(joined, records.c.record_id == tokens.c.record_id))
            .where(tokens.c.token.in_(bindparam("tokens", expanding=True)))
        )
        self._crowded = (
            select(tokens.c.token)
            .where(tokens.c.token.in_(bindparam("tokens", expanding=True)))
            .group_by(tokens.c.token)
            .having(func.count() > bindparam("most"))
        )
        self._single = engine.execution_options(hutong_begin="")
        self._show = select(*columns).select_from(joined)
        self._shown = self._show.where(records.c.record_id.in_(bindparam("records", expanding=True)))

    def find(self, tokens: Collection[bytes]) -> Iterator[Stored]:
        """Yield every record that any of `tokens` leads to, once per token; one consistent read."""
        with self._single.connect() as connection:
            rows = connection.execute(self._find, {"tokens": list(tokens)}).all()
        for row in rows:
            yield self._stored(row, bytes(row.token))

    def crowded(self, tokens: Collection[bytes], most: int) -> frozenset[bytes]:
        """Return those of `tokens` that lead to more than `most` records, counted in the index without reading any."""
        with self._single.connect() as connection:
            return frozenset(
                bytes(token)
                for token in connection.execute(
                    self._crowded, {"tokens": list(tokens), "most": most}
                ).scalars()
            )

    def others(self, cases: Mapping[bytes, bytes]) -> set[bytes]:
        """Return the ids in `cases` (id -> token of its judgment) whose judgment another record here shares."""
        wanted = {case for case in cases.values() if case}
        if not wanted:
            return set()
        query = select(self._tokens.c.token, self._tokens.c.record_id).where(self._tokens.c.token.in_(wanted))
        holders: dict[bytes, set[bytes]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                holders.setdefault(bytes(row.token), set()).add(bytes(row.record_id))
        return {id for id, case in cases.items() if holders.get(case, set()) - {id}}

    def show(self, record_id: bytes) -> Stored | None:
        """Return the current version of the record if it is in these tables, or None."""
        return self.shown([record_id]).get(record_id)

    def shown(self, record_ids: Collection[bytes]) -> dict[bytes, Stored]:
        """Return those of the records that are in these tables, by their ids; one consistent read."""
        with self._single.connect() as connection:
            rows = connection.execute(self._shown, {"records": list(record_ids)}).all()
        return {stored.record_id: stored for stored in (self._stored(row, b"") for row in rows)}

    def data_key(self, record_id: bytes) -> bytes | None:
        """Return the data key of a record of these tables, or None; used for documents of the record."""
        query = select(self._records.c.wrapped_key).where(self._records.c.record_id == record_id)
        with self._engine.connect() as connection:
            wrapped = connection.execute(query).scalar_one_or_none()
        return None if wrapped is None else self._vault.unwrap(bytes(wrapped), record_id)

    def all(self) -> Iterator[Stored]:
        """Yield the current version of every record of these tables, in the order of their ids."""
        with self._engine.connect() as connection:
            rows = connection.execute(self._show.order_by(self._records.c.record_id)).all()
        yield from (self._stored(row, b"") for row in rows)

    def page(self, after: bytes, limit: int) -> list[Stored]:
        """Return up to `limit` records whose ids come after `after`, in the order of their ids."""
        query = self._show.where(self._records.c.record_id > after).order_by(self._records.c.record_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [self._stored(row, b"") for row in rows]

    def history(self, record_id: bytes) -> list[registry_pb2.RecordEvent]:
        """Return every version, oldest first; empty when the record is not in these tables."""
        event = schema.record_event
        with self._engine.connect() as connection:
            wrapped = connection.execute(
                select(self._records.c.wrapped_key).where(self._records.c.record_id == record_id)
            ).scalar_one_or_none()
            if wrapped is None:
                return []
            rows = connection.execute(
                select(event.c.version, event.c.body)
                .where(event.c.record_id == record_id)
                .order_by(event.c.version)
            ).all()
        key = Cipher(self._vault.unwrap(bytes(wrapped), record_id))
        return [
            registry_pb2.RecordEvent.FromString(
                key.unlock(bytes(row.body), event_place(record_id, row.version))
            )
            for row in rows
        ]

    def _stored(self, row: Row[Any], token: bytes) -> Stored:
        record_id = bytes(row.record_id)
        key = Cipher(self._vault.unwrap(bytes(row.wrapped_key), record_id))
        place = event_place(record_id, row.version)
        body = key.unlock(bytes(row.body), place)
        return Stored(
            token=token,
            record_id=record_id,
            event=registry_pb2.RecordEvent.FromString(body),
            status=sealing.Status(getattr(row, "status", sealing.Status.OPEN)),
        )


def open_reader(engine: Engine, vault: Vault) -> Reader:
    """Return the ordinary reader: open rows only."""
    return Reader(engine=engine, records=schema.open_record, tokens=schema.open_token, vault=vault)


def sealed_reader(engine: Engine, vault: Vault) -> Reader:
    """Return the reader of sealed and withheld rows, for the sealed-access path alone."""
    return Reader(engine=engine, records=schema.sealed_record, tokens=schema.sealed_token, vault=vault)
