"""Records whose sealing changed here and for which no proposal or withdrawal has been made yet (R45)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from federation.law.sealing import Status
from node.store.schema import sealed_record, sealed_token, sealing_spread
from server.journal.work import View, Work

_FIRST = select(sealing_spread).order_by(sealing_spread.c.urgent.desc()).limit(bindparam("most"))
_OF_RECORDS = (
    select(sealing_spread)
    .where(sealing_spread.c.record_id.in_(bindparam("records", expanding=True)))
    .order_by(sealing_spread.c.urgent.desc())
)
_TAKE_OUT = delete(sealing_spread).where(
    sealing_spread.c.record_id == bindparam("its"), sealing_spread.c.version == bindparam("which")
)


@dataclass(frozen=True, slots=True)
class SealChange:
    """A version of a record that sealed or opened it."""

    record_id: bytes
    version: int
    #: Sealed or unsealed by people, so it goes first.
    urgent: bool
    #: To be proposed to every node again, because one of them was restored from an old copy.
    again: bool


def first(view: View, most: int) -> list[SealChange]:
    """Return up to `most` changes, urgent ones first."""
    return _changes(view.execute(_FIRST, {"most": most}))


def of_records(view: View, record_ids: Collection[bytes]) -> list[SealChange]:
    """Return the changes of these records."""
    return _changes(view.execute(_OF_RECORDS, {"records": list(record_ids)}))


def of_persons(view: View, tokens: Sequence[bytes]) -> set[bytes]:
    """Return the ids of records whose sealing has changed, of these persons or in these judgments."""
    if view.execute(select(sealing_spread.c.record_id).limit(1)).first() is None:
        return set()
    found = select(sealing_spread.c.record_id).where(
        sealing_spread.c.record_id.in_(
            select(sealed_token.c.record_id).where(sealed_token.c.token.in_(tokens))
        )
    )
    of_judgments = select(sealing_spread.c.record_id).where(sealing_spread.c.judgment.in_(tokens))
    return {bytes(id) for query in (found, of_judgments) for id in view.execute(query).scalars()}


def done(work: Work, changes: Sequence[SealChange]) -> None:
    """Remove changes for which proposals or withdrawals have been made."""
    work.view.execute(_TAKE_OUT, [{"its": each.record_id, "which": each.version} for each in changes])


def note_sealed(work: Work, *, after: bytes, limit: int) -> bytes:
    """Note up to `limit` sealed records with ids after `after` as changed; return the last id, b"" at the end."""
    its = sealed_record.c
    page = (
        select(its.record_id, its.version)
        .where(its.status == str(Status.SEALED), its.record_id > after)
        .order_by(its.record_id)
        .limit(limit)
    )
    rows = work.view.execute(page).all()
    if not rows:
        return b""
    values = [{"record_id": row.record_id, "version": row.version} for row in rows]
    work.view.execute(insert(sealing_spread).on_conflict_do_nothing(), values)
    return bytes(rows[-1].record_id)


def _changes(rows: Iterable[Row[Any]]) -> list[SealChange]:
    return [SealChange(bytes(row.record_id), row.version, bool(row.urgent), bool(row.again)) for row in rows]
