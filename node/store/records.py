"""Write and move records inside the writer's transaction: open rows, sealed rows, withdrawn rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    Connection,
    Delete,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.law import sealing
from federation.record.classes import CRIMINAL
from node.store import schema
from node.store.rows import Row
from server.journal.work import Work


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record stands now."""

    record_id: bytes
    version: int
    content: bytes
    wrapped_key: bytes
    entered_at: str
    entry: bytes
    status: sealing.Status
    conviction: bytes


_OPEN = (schema.open_record, schema.open_token)
_SEALED = (schema.sealed_record, schema.sealed_token)


def _tables(status: sealing.Status) -> tuple[Table, Table]:
    return _OPEN if status is sealing.Status.OPEN else _SEALED


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
def _tokens_of(tokens: Table) -> Select[tuple[object, ...]]:
    return select(tokens.c.token).where(tokens.c.record_id == bindparam("its"))


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
_INSERT_EVENT = insert(schema.record_event)


def by_conviction(connection: Connection, convictions: Iterable[bytes]) -> Mapping[bytes, Standing]:
    """Return the records already registered for any of `convictions`, open or not."""
    wanted = list(convictions)
    found: dict[bytes, Standing] = {}
    for records, _ in (_OPEN, _SEALED):
        for row in connection.execute(_by_conviction(records), {"convictions": wanted}):
            found[bytes(row.conviction)] = _standing(row)
    return found


def by_id(connection: Connection, record_id: bytes) -> Standing | None:
    """Return the record of that id, open or sealed; None when unknown or withdrawn."""
    for records, _ in (_OPEN, _SEALED):
        row = connection.execute(_by_id(records), {"its": record_id}).one_or_none()
        if row is not None:
            return _standing(row)
    return None


def _standing(row: object) -> Standing:
    return Standing(
        record_id=bytes(row.record_id),  # type: ignore[attr-defined]
        version=row.version,  # type: ignore[attr-defined]
        content=bytes(row.content),  # type: ignore[attr-defined]
        wrapped_key=bytes(row.wrapped_key),  # type: ignore[attr-defined]
        entered_at=row.entered_at,  # type: ignore[attr-defined]
        entry=bytes(row.entry),  # type: ignore[attr-defined]
        status=sealing.Status(getattr(row, "status", sealing.Status.OPEN)),
        conviction=bytes(row.conviction),  # type: ignore[attr-defined]
    )


def standing_as(row: Row, entry: bytes) -> Standing:
    """Return where a record stands once `row` is put, with the leaf hash of its log entry."""
    return Standing(
        record_id=row.record_id,
        version=row.version,
        content=row.content,
        wrapped_key=row.wrapped_key,
        entered_at=row.entered_at,
        entry=entry,
        status=row.status,
        conviction=row.conviction,
    )


@cache
def _crowded(tokens: Table) -> Select[tuple[object, ...]]:
    return (
        select(tokens.c.token)
        .where(tokens.c.token.in_(bindparam("tokens", expanding=True)))
        .group_by(tokens.c.token)
        .having(func.count() > bindparam("most"))
    )


def of_few(connection: Connection, tokens: Iterable[bytes], most: int) -> Iterator[tuple[Standing, bytes]]:
    """Yield as `of_tokens` does, without the tokens that lead to more than `most` records of one table.

    Open and sealed records are counted apart: what comes of the open ones depends on no sealed one (R41).
    """
    wanted = list(tokens)
    for tables in (_OPEN, _SEALED):
        counted = {"tokens": wanted, "most": most}
        many = {bytes(token) for token in connection.execute(_crowded(tables[1]), counted).scalars()}  # type: ignore[arg-type]
        few = [token for token in wanted if token not in many]
        for row in connection.execute(_found(*tables), {"tokens": few}):
            yield _standing(row), bytes(row.body)


def of_tokens(connection: Connection, tokens: Iterable[bytes]) -> Iterator[tuple[Standing, bytes]]:
    """Yield the records that any of `tokens` leads to, open or not, with the ciphertext of their newest event."""
    wanted = list(tokens)
    for tables in (_OPEN, _SEALED):
        for row in connection.execute(_found(*tables), {"tokens": wanted}):
            yield _standing(row), bytes(row.body)


def put(work: Work, rows: Sequence[tuple[Row, bytes]], *, urgent: bool = True) -> None:
    """Insert new versions of records that stand in no table, each with the leaf hash of its log entry.

    What is sealed is noted to be proposed to the other holders, before the rest where people sealed it (`urgent`);
    records of other classes are judged by each holder alone.
    """
    connection = work.view
    work.changed += len(rows)
    events, current, tokens = [], {True: [], False: []}, {True: [], False: []}  # type: ignore[var-annotated]
    for row, entry in rows:
        events.append({"record_id": row.record_id, "version": row.version, "body": row.event})
        is_open = row.status is sealing.Status.OPEN
        current[is_open].append({"record_id": row.record_id} | _values(row, entry))
        tokens[is_open] += [{"token": t, "record_id": row.record_id} for t in row.tokens]
    if events:
        connection.execute(_INSERT_EVENT, events)
    sealed = [
        (row.record_id, row.version)
        for row, _ in rows
        if row.status is sealing.Status.SEALED and row.record_class == CRIMINAL
    ]
    _spread(connection, sealed, urgent=urgent)
    for is_open, (records, token_table) in ((True, _OPEN), (False, _SEALED)):
        if current[is_open]:
            connection.execute(insert(records), current[is_open])
        if tokens[is_open]:
            connection.execute(insert(token_table), tokens[is_open])


def replace(work: Work, standing: Standing, row: Row, entry: bytes, *, urgent: bool = True) -> None:
    """Put `row`, the next version, in the place of the standing record, in the table that its status asks for."""
    if (standing.status is sealing.Status.OPEN) != (row.status is sealing.Status.OPEN):
        remove(work, standing)
        put(work, [(row, entry)], urgent=urgent)
        return
    connection = work.view
    work.changed += 1
    records, tokens = _tables(row.status)
    its = {"its": row.record_id}
    connection.execute(_INSERT_EVENT, {"record_id": row.record_id, "version": row.version, "body": row.event})
    if row.status is sealing.Status.SEALED and row.record_class == CRIMINAL:
        _spread(connection, [(row.record_id, row.version)], urgent=urgent)
    connection.execute(_update(records).values(_values(row, entry)), its)
    there = {bytes(row.token) for row in connection.execute(_tokens_of(tokens), its)}
    if gone := there - {*row.tokens}:
        connection.execute(_delete_token(tokens), [its | {"gone": t} for t in gone])
    if new := {*row.tokens} - there:
        connection.execute(insert(tokens), [{"token": t, "record_id": row.record_id} for t in new])


def _values(row: Row, entry: bytes) -> dict[str, object]:
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


def is_open(connection: Connection, record_id: bytes) -> bool:
    """Say whether a record stands among the open ones."""
    query = select(schema.open_record.c.version).where(schema.open_record.c.record_id == record_id)
    return connection.execute(query).first() is not None


def extend_tokens(connection: Connection, standing: Standing, tokens: Iterable[bytes]) -> None:
    """Let a standing record be found by all `tokens`: an earlier program may have stored it with fewer."""
    _, table = _tables(standing.status)
    there = {bytes(row.token) for row in connection.execute(_tokens_of(table), {"its": standing.record_id})}
    if new := {*tokens} - there:
        connection.execute(insert(table), [{"token": t, "record_id": standing.record_id} for t in new])


def note_opened(connection: Connection, record_id: bytes, version: int, *, urgent: bool = True) -> None:
    """Note that a record that was sealed or withheld is open: what was proposed for it is to be withdrawn."""
    _spread(connection, [(record_id, version)], urgent=urgent)


def propose_again(connection: Connection, record_ids: Sequence[bytes]) -> None:
    """Note those of the records that are sealed to be proposed once more, to every node."""
    sealed = schema.sealed_record
    query = select(sealed.c.record_id, sealed.c.version).where(
        sealed.c.record_id.in_(record_ids), sealed.c.status == str(sealing.Status.SEALED)
    )
    changed = [(bytes(row.record_id), row.version) for row in connection.execute(query)]
    _spread(connection, changed, urgent=False, again=True)


_NOTE_SPREAD = sqlite_insert(schema.sealing_spread)
_SPREAD = _NOTE_SPREAD.on_conflict_do_update(
    index_elements=["record_id", "version"],
    set_={
        "urgent": schema.sealing_spread.c.urgent | _NOTE_SPREAD.excluded.urgent,
        "again": schema.sealing_spread.c.again | _NOTE_SPREAD.excluded.again,
    },
)


def _spread(
    connection: Connection, changed: Sequence[tuple[bytes, int]], *, urgent: bool, again: bool = False
) -> None:
    if changed:
        rows = [
            {"record_id": record_id, "version": version, "urgent": urgent, "again": again}
            for record_id, version in changed
        ]
        connection.execute(_SPREAD, rows)


_OPEN_BY_TOKENS = select(schema.open_record).where(
    schema.open_record.c.record_id.in_(
        select(schema.open_token.c.record_id)
        .where(schema.open_token.c.token.in_(bindparam("tokens", expanding=True)))
        .distinct()
    )
)


def open_by_tokens(connection: Connection, tokens: Iterable[bytes]) -> list[Standing]:
    """Return the open records that any of `tokens` leads to, each once."""
    return [_standing(row) for row in connection.execute(_OPEN_BY_TOKENS, {"tokens": list(tokens)})]


#: SQLite takes 32,766 values in one statement.
_MOST_VALUES = 10_000
_ANY_OPEN = (
    select(schema.open_token.c.record_id)
    .where(schema.open_token.c.token.in_(bindparam("tokens", expanding=True)))
    .limit(1)
)


def any_open(connection: Connection, tokens: Collection[bytes]) -> bool:
    """Say whether any of `tokens` leads to an open record; any number of them."""
    wanted = list(tokens)
    return any(
        connection.execute(_ANY_OPEN, {"tokens": wanted[start : start + _MOST_VALUES]}).first() is not None
        for start in range(0, len(wanted), _MOST_VALUES)
    )


def ids_by_tokens(connection: Connection, tokens: Iterable[bytes]) -> list[bytes]:
    """Return the ids of all records that any of `tokens` leads to, open or not: never told, only compared."""
    wanted = list(tokens)
    found: dict[bytes, None] = {}
    for _, token_table in (_OPEN, _SEALED):
        query = select(token_table.c.record_id).where(token_table.c.token.in_(wanted))
        found |= {bytes(record_id): None for record_id in connection.execute(query).scalars()}
    return list(found)


def event_body(connection: Connection, standing: Standing) -> bytes:
    """Return the ciphertext of the standing record's newest event."""
    wanted = {"its": standing.record_id, "at_version": standing.version}
    return bytes(connection.execute(_BODY, wanted).scalar_one())


def remove(work: Work, standing: Standing) -> None:
    """Take the record, with its wrapped key, out of the table it stands in; its events stay."""
    work.erased = True
    records, tokens = _tables(standing.status)
    its = {"its": standing.record_id}
    work.view.execute(_delete(tokens), its)
    work.view.execute(_delete(records), its)


def put_withdrawn(work: Work, *, record_id: bytes, version: int, wrapped_key: bytes, event: bytes) -> None:
    """Keep a withdrawn record's key and last event as audit evidence."""
    work.changed += 1
    work.view.execute(_INSERT_EVENT, {"record_id": record_id, "version": version, "body": event})
    work.view.execute(
        insert(schema.withdrawn_record),
        {"record_id": record_id, "version": version, "wrapped_key": wrapped_key},
    )
