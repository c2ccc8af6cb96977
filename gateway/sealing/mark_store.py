"""The store of marks, by which questions find the seals on their way that concern them (R45)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from gateway.sealing.marks import Concern, Mark, MarkKey
from gateway.sealing.schema import sealing_mark, sealing_proposal
from server.journal.work import View, Work

#: SQLite takes so many values in one query on every build.
_MOST_IN_A_QUERY: Final = 500
_ADD = insert(sealing_mark).on_conflict_do_nothing()
_CONCERNED = (
    select(
        sealing_mark.c.mark,
        sealing_mark.c.key,
        sealing_proposal.c.node,
        sealing_proposal.c.proposer,
        sealing_proposal.c.acknowledged,
    )
    .join(sealing_proposal, sealing_proposal.c.key == sealing_mark.c.key)
    .where(sealing_mark.c.mark.in_(bindparam("marks", expanding=True)))
)


class MarkStore:
    """Keeps marks; each addition also updates what `MarkKey` remembers of them in memory."""

    def __init__(self, *, marks: MarkKey) -> None:
        self._marks = marks

    def add(self, work: Work, marks: Sequence[Mark]) -> None:
        """Keep marks; marks that are already kept stay unchanged."""
        if marks:
            self._marks.added()
            work.view.execute(_ADD, [{"mark": mark, "key": key} for mark, key in marks])

    def concerns(self, view: View, marks: Collection[bytes]) -> list[Concern]:
        """Return every addressed proposal with one of `marks`, acknowledged ones included, once for each mark."""
        wanted = sorted(marks)
        found = []
        for start in range(0, len(wanted), _MOST_IN_A_QUERY):
            page = wanted[start : start + _MOST_IN_A_QUERY]
            found += [Concern(*row) for row in view.execute(_CONCERNED, {"marks": page})]
        return found

    def any(self, view: View) -> bool:
        """Say whether there is any mark."""
        return view.execute(select(sealing_mark.c.key).limit(1)).first() is not None

    def after(self, view: View, key: str, most: int) -> list[str]:
        """Return proposals that have marks, by key, at most so many after `key`."""
        column = sealing_mark.c.key
        query = select(column).where(column > key).distinct().order_by(column).limit(most)
        return list(view.execute(query).scalars())

    def drop(self, work: Work, keys: Sequence[str]) -> None:
        """Remove the marks of proposals."""
        if keys:
            work.view.execute(delete(sealing_mark).where(sealing_mark.c.key.in_(keys)))
