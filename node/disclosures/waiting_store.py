"""Superseded disclosures that their gateway has yet to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, text, update

from node.disclosures.schema import HANDED_IN, disclosure
from server.journal.work import View, Work

_D = disclosure.c
# The state as a literal, so that SQLite uses the index of disclosures that wait.
_VIA = select(_D.via).where(text("state = 1")).distinct()
_RECALLS_WAITING = (
    select(_D.via, func.count().label("answers")).where(text("state = 1")).group_by(_D.via).order_by(_D.via)
)
_WAITING = select(_D.record_id, _D.request, _D.attempt).where(
    _D.via == bindparam("gateway"), text("state = 1")
)
_HANDED_IN = (
    update(disclosure)
    .where(
        _D.record_id == bindparam("record"), _D.request == bindparam("asked"), _D.attempt == bindparam("nth")
    )
    .values(state=HANDED_IN)
)


@dataclass(frozen=True, slots=True)
class Superseded:
    """A superseded record in an answer, which is named by the digest of its question and the attempt at it."""

    record_id: bytes
    request: bytes
    attempt: int


def gateways_to_tell(view: View) -> list[str]:
    """Return the gateways that have yet to take superseded disclosures."""
    return list(view.execute(_VIA).scalars())


def recalls_waiting(view: View) -> list[tuple[str, int]]:
    """Return (gateway, count) of the superseded disclosures that it has yet to take."""
    return [(row.via, row.answers) for row in view.execute(_RECALLS_WAITING)]


def waiting_for(view: View, via: str, limit: int) -> list[Superseded]:
    """Return up to `limit` superseded disclosures that the gateway `via` has yet to take."""
    rows = view.execute(_WAITING.limit(limit), {"gateway": via})
    return [Superseded(bytes(row.record_id), bytes(row.request), row.attempt) for row in rows]


def handed_in(work: Work, taken: Sequence[Superseded]) -> None:
    """Remember that the gateway has these durably."""
    if taken:
        work.view.execute(
            _HANDED_IN,
            [{"record": each.record_id, "asked": each.request, "nth": each.attempt} for each in taken],
        )
