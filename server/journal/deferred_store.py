"""The events that wait for the entry of the next fixed time, in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import delete, func, insert, select

from server.journal.log_rows import LockedEntry
from server.journal.schema import log_collected, log_deferred, log_deferred_once
from server.journal.view import View

_D = log_deferred.c
_DEFER, _DEFER_ONCE = insert(log_deferred), insert(log_deferred_once)


class DeferredStore:
    """Keeps one row for each event until it is collected, and the uses of all events for ever."""

    def add(self, view: View, events: Sequence[LockedEntry]) -> None:
        """Add events; their uses stay known after the events are collected."""
        if events:
            view.execute(_DEFER, [{"leaf": each.leaf, "sealed_body": each.body} for each in events])
        uses = [each.use for each in events if each.use is not None]
        if uses:
            view.execute(
                _DEFER_ONCE, [{"once": use.key, "attempt": use.attempt, "via": use.via} for use in uses]
            )

    def oldest(self, view: View, most: int | None = None) -> Iterator[tuple[int, LockedEntry]]:
        """Yield events, at most `most`, the oldest first, each with a number that grows and without its use."""
        query = select(_D.number, _D.leaf, _D.sealed_body).order_by(_D.number).limit(most)
        for number, leaf, body in view.execute(query).all():
            yield number, LockedEntry(leaf, body)

    def count(self, view: View) -> int:
        """Return how many events wait."""
        return int(view.execute(select(func.count()).select_from(log_deferred)).scalar_one())

    def drop(self, view: View, through: int) -> None:
        """Take out the events up to this number, which an entry has collected."""
        view.execute(delete(log_deferred).where(_D.number <= through))

    def collected_at(self, view: View) -> str | None:
        """Return the fixed time of the newest entry that collected, or None."""
        return view.execute(select(log_collected.c.fixed_at)).scalar_one_or_none()

    def set_collected(self, view: View, at: str) -> None:
        """Note the fixed time of the newest entry that collected."""
        view.execute(delete(log_collected))
        view.execute(insert(log_collected), {"fixed_at": at})
