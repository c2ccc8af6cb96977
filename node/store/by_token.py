"""Look up which records tokens lead to, and let records be found by more of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, select, update

from node.store import schema
from node.store.counted import count_in, count_out
from node.store.current import OPEN, SEALED, current_of, tables_of
from node.store.records import add_tokens, remove_tokens, tokens_of
from node.store.rows import CurrentRecord
from server.journal.work import View, Work

_OPEN_BY_TOKENS = select(schema.open_record).where(
    schema.open_record.c.record_id.in_(
        select(schema.open_token.c.record_id)
        .where(schema.open_token.c.token.in_(bindparam("tokens", expanding=True)))
        .distinct()
    )
)
#: SQLite takes 32,766 values in one statement.
_MOST_VALUES = 10_000
_ANY_OPEN = (
    select(schema.open_token.c.record_id)
    .where(schema.open_token.c.token.in_(bindparam("tokens", expanding=True)))
    .limit(1)
)


def open_by_tokens(view: View, tokens: Iterable[bytes]) -> list[CurrentRecord]:
    """Return the open records that any of `tokens` leads to, each once."""
    return [current_of(row) for row in view.execute(_OPEN_BY_TOKENS, {"tokens": list(tokens)})]


def any_open(view: View, tokens: Collection[bytes]) -> bool:
    """Return whether any of `tokens`, however many, leads to an open record."""
    wanted = list(tokens)
    return any(
        view.execute(_ANY_OPEN, {"tokens": wanted[start : start + _MOST_VALUES]}).first() is not None
        for start in range(0, len(wanted), _MOST_VALUES)
    )


def ids_by_tokens(view: View, tokens: Iterable[bytes]) -> list[bytes]:
    """Return the ids of all records that any of `tokens` leads to, open or not: only to compare, never to disclose."""
    wanted = list(tokens)
    found: dict[bytes, None] = {}
    for _, token_table in (OPEN, SEALED):
        query = select(token_table.c.record_id).where(token_table.c.token.in_(wanted))
        found |= {bytes(record_id): None for record_id in view.execute(query).scalars()}
    return list(found)


def is_open(view: View, record_id: bytes) -> bool:
    """Return whether a record is kept among the open ones."""
    query = select(schema.open_record.c.version).where(schema.open_record.c.record_id == record_id)
    return view.execute(query).first() is not None


def renew_conviction(work: Work, current: CurrentRecord, conviction: bytes) -> None:
    """Register a record under another token of person and judgment: an earlier program may have made it otherwise."""
    records, _ = tables_of(current.status)
    its = records.c.record_id == current.record_id
    row = dict(work.view.execute(select(records).where(its)).mappings().one())
    work.view.execute(update(records).where(its).values(conviction=conviction))
    count_out(work, records.name, row)
    count_in(work, records.name, row | {"conviction": conviction})


def drop_tokens(work: Work, current: CurrentRecord, tokens: Iterable[bytes]) -> None:
    """Take `tokens` from a record: it is not found by them any more."""
    _, table = tables_of(current.status)
    there = {bytes(row.token) for row in work.view.execute(tokens_of(table), {"its": current.record_id})}
    remove_tokens(work, table, current.record_id, there & {*tokens})


def extend_tokens(work: Work, current: CurrentRecord, tokens: Iterable[bytes]) -> set[bytes]:
    """Let a record be found by all of `tokens`: an earlier program may have stored it with fewer.

    Return those by which it was not found before.
    """
    _, table = tables_of(current.status)
    its = {"its": current.record_id}
    there = {bytes(row.token) for row in work.view.execute(tokens_of(table), its)}
    new = {*tokens} - there
    add_tokens(work, table, current.record_id, new)
    return new
