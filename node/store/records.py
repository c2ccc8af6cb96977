"""The records of a register on SQLite: how they are found, and how a version of one is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache

from sqlalchemy import Delete, Insert, Select, Table, Update, bindparam, delete, func, insert, select, update

from federation.law import sealing
from federation.record.classes import CRIMINAL
from federation.v1 import registry_pb2
from node.store import schema
from node.store.counted import count_in, count_out
from node.store.current import OPEN, SEALED, current_of, tables_of
from node.store.key_chain import keep_former
from node.store.rows import CurrentRecord, RecordRow, Sealer, Withdrawal
from node.store.safeguard import tampered
from node.store.spread import note_changed
from node.store.vault import event_place
from server.journal.cipher import Cipher
from server.journal.work import View, Work


# Composing a statement costs more than running it: each is composed once a table.
@cache
def _by_conviction(records: Table) -> Select[tuple[object, ...]]:
    return select(records).where(records.c.conviction.in_(bindparam("convictions", expanding=True)))


@cache
def _by_id(records: Table) -> Select[tuple[object, ...]]:
    return select(records).where(records.c.record_id == bindparam("its"))


@cache
def _found(records: Table, tokens: Table) -> Select[tuple[object, ...]]:
    event = schema.record_event
    ids = select(tokens.c.record_id).where(tokens.c.token.in_(bindparam("tokens", expanding=True)))
    return (
        select(records, event.c.body)
        .join(event, (event.c.record_id == records.c.record_id) & (event.c.version == records.c.version))
        .where(records.c.record_id.in_(ids))
        .order_by(records.c.record_id)
    )


@cache
def _crowded(tokens: Table) -> Select[bytes]:
    return (
        select(tokens.c.token)
        .where(tokens.c.token.in_(bindparam("tokens", expanding=True)))
        .group_by(tokens.c.token)
        .having(func.count() > bindparam("most"))
    )


@cache
def tokens_of(tokens: Table) -> Select[bytes]:
    """Return the query for the tokens of the record `its`."""
    return select(tokens.c.token).where(tokens.c.record_id == bindparam("its"))


@cache
def _insertion(table: Table) -> Insert:
    return insert(table)


@cache
def _update(records: Table) -> Update:
    return update(records).where(records.c.record_id == bindparam("its"))


@cache
def _delete(table: Table) -> Delete:
    return delete(table).where(table.c.record_id == bindparam("its"))


@cache
def _delete_token(tokens: Table) -> Delete:
    return _delete(tokens).where(tokens.c.token == bindparam("gone"))


_BODY = select(schema.record_event.c.body).where(
    schema.record_event.c.record_id == bindparam("its"),
    schema.record_event.c.version == bindparam("at_version"),
)


class SqliteRecords:
    """Keeps `node.register.records.Records`; the keys are those of a `Sealer`."""

    def __init__(self, *, sealer: Sealer) -> None:
        self._sealer = sealer

    def by_id(self, view: View, record_id: bytes) -> CurrentRecord | None:
        """Return the record of that id, open or sealed; None when unknown or withdrawn."""
        for records, _ in (OPEN, SEALED):
            row = view.execute(_by_id(records), {"its": record_id}).one_or_none()
            if row is not None:
                return current_of(row)
        return None

    def by_conviction(self, view: View, convictions: Iterable[bytes]) -> Mapping[bytes, CurrentRecord]:
        """Return the records already registered for any of `convictions`, open or not."""
        wanted = list(convictions)
        found: dict[bytes, CurrentRecord] = {}
        for records, _ in (OPEN, SEALED):
            for row in view.execute(_by_conviction(records), {"convictions": wanted}):
                current = current_of(row)
                found[current.conviction] = current
        return found

    def of_tokens(
        self, view: View, tokens: Iterable[bytes], *, most: int
    ) -> Iterator[tuple[CurrentRecord, registry_pb2.RecordEvent]]:
        """Yield records with their newest version, without the tokens that lead to more than `most` of one table."""
        wanted = list(tokens)
        for tables in (OPEN, SEALED):
            counted = {"tokens": wanted, "most": most}
            many = {bytes(token) for token in view.execute(_crowded(tables[1]), counted).scalars()}
            few = [token for token in wanted if token not in many]
            for row in view.execute(_found(*tables), {"tokens": few}):
                current = current_of(row)
                yield current, self._event(current, bytes(row.body))

    def newest(self, view: View, current: CurrentRecord) -> registry_pb2.RecordEvent:
        """Return the newest version of a current record as it was written; raises `Corrupt`."""
        wanted = {"its": current.record_id, "at_version": current.version}
        body = view.execute(_BODY, wanted).scalar_one_or_none()
        if body is None:
            raise tampered("the newest version of a record is missing")
        return self._event(current, bytes(body))

    def put(self, work: Work, rows: Sequence[tuple[RecordRow, bytes]], *, urgent: bool = True) -> None:
        """Insert versions of records that are in no table yet, each with the leaf hash of its log entry."""
        work.changed += len(rows)
        events: list[dict[str, object]] = []
        current: dict[bool, list[dict[str, object]]] = {True: [], False: []}
        tokens: dict[bool, list[dict[str, object]]] = {True: [], False: []}
        for row, entry in rows:
            events.append({"record_id": row.record_id, "version": row.version, "body": row.event})
            is_open = row.status is sealing.Status.OPEN
            current[is_open].append({"record_id": row.record_id} | _values(row, entry))
            tokens[is_open] += [{"token": t, "record_id": row.record_id} for t in row.tokens]
        _insert(work, schema.record_event, events)
        _keep_former(work, [row for row, _ in rows])
        sealed = [(row.record_id, row.version, row.judgment) for row, _ in rows if _concerns_others(row)]
        note_changed(work, sealed, urgent=urgent)
        for is_open, (records, token_table) in ((True, OPEN), (False, SEALED)):
            _insert(work, records, current[is_open])
            _insert(work, token_table, tokens[is_open])

    def replace(
        self, work: Work, current: CurrentRecord, row: RecordRow, entry: bytes, *, urgent: bool = True
    ) -> None:
        """Replace the current record by `row`, its next version, in the table that its status requires."""
        if (current.status is sealing.Status.OPEN) != (row.status is sealing.Status.OPEN):
            _remove(work, current)
            self.put(work, [(row, entry)], urgent=urgent)
            return
        view = work.view
        work.changed += 1
        records, tokens = tables_of(row.status)
        its = {"its": row.record_id}
        event = {"record_id": row.record_id, "version": row.version, "body": row.event}
        _insert(work, schema.record_event, [event])
        _keep_former(work, [row])
        if _concerns_others(row):
            note_changed(work, [(row.record_id, row.version, row.judgment)], urgent=urgent)
        values = _values(row, entry)
        count_out(work, records.name, _stored_values(current))
        view.execute(_update(records).values(values), its)
        count_in(work, records.name, {"record_id": row.record_id} | values)
        there = {bytes(row.token) for row in view.execute(tokens_of(tokens), its)}
        remove_tokens(work, tokens, row.record_id, there - {*row.tokens})
        add_tokens(work, tokens, row.record_id, {*row.tokens} - there)

    def withdraw(self, work: Work, current: CurrentRecord, last: Withdrawal) -> None:
        """Remove the record from its table; keep its key and last event as audit evidence."""
        _remove(work, current)
        work.changed += 1
        its = {"record_id": current.record_id, "version": last.version}
        _insert(work, schema.record_event, [its | {"body": last.event}])
        _insert(work, schema.withdrawn_record, [its | {"wrapped_key": last.wrapped_key}])
        if last.former_key is not None:
            keep_former(work, current.record_id, last.version, last.former_key)

    def _event(self, current: CurrentRecord, body: bytes) -> registry_pb2.RecordEvent:
        key = Cipher(self._sealer.data_key(current))
        place = event_place(current.record_id, current.version)
        return registry_pb2.RecordEvent.FromString(key.unlock(body, place))


def _remove(work: Work, current: CurrentRecord) -> None:
    """Remove the record, with its wrapped key, from its table; its events stay."""
    work.erased = True
    records, tokens = tables_of(current.status)
    its = {"its": current.record_id}
    there = {bytes(row.token) for row in work.view.execute(tokens_of(tokens), its)}
    work.view.execute(_delete(tokens), its)
    _count_out_tokens(work, tokens, current.record_id, there)
    work.view.execute(_delete(records), its)
    count_out(work, records.name, _stored_values(current))


def add_tokens(work: Work, tokens: Table, record_id: bytes, new: Iterable[bytes]) -> None:
    """Let a record be found by further tokens."""
    _insert(work, tokens, [{"token": token, "record_id": record_id} for token in new])


def remove_tokens(work: Work, tokens: Table, record_id: bytes, gone: Collection[bytes]) -> None:
    """Stop a record from being found by some tokens."""
    if gone:
        work.view.execute(_delete_token(tokens), [{"its": record_id, "gone": each} for each in gone])
        _count_out_tokens(work, tokens, record_id, gone)


def _stored_values(current: CurrentRecord) -> dict[str, object]:
    """Return a current record's row as it is stored."""
    return asdict(current) | {"status": str(current.status)}


def _insert(work: Work, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Insert rows into a counted table."""
    if rows:
        work.view.execute(_insertion(table), rows)
    for row in rows:
        count_in(work, table.name, row)


def _count_out_tokens(work: Work, tokens: Table, record_id: bytes, gone: Iterable[bytes]) -> None:
    for token in gone:
        count_out(work, tokens.name, {"token": token, "record_id": record_id})


def _keep_former(work: Work, rows: Iterable[RecordRow]) -> None:
    for row in rows:
        if row.former_key is not None:
            keep_former(work, row.record_id, row.version, row.former_key)


def _concerns_others(row: RecordRow) -> bool:
    """Return whether the other holders must learn of this seal; each judges records of other classes alone."""
    return row.status is sealing.Status.SEALED and row.record_class == CRIMINAL


def _values(row: RecordRow, entry: bytes) -> dict[str, object]:
    values = {
        "version": row.version,
        "conviction": row.conviction,
        "content": row.content,
        "wrapped_key": row.wrapped_key,
        "entered_at": row.entered_at,
        "entry": entry,
        "record_class": row.record_class,
    }
    return values if row.status is sealing.Status.OPEN else values | {"status": str(row.status)}
