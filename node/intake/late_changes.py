"""Changes in a person's favour that are late: corrections without a reply, courts' outcomes that wait (R47).

A record that such a change is about is shown with the mark that nobody relies on it unchecked. What waits is in the
inbox alone, found by the blind tokens of the records that are shown: what waits about others costs a question nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from federation.law.relevance.late import earliest
from federation.notices.check import admitted_notice
from federation.v1 import record_pb2
from federation.values.clock import legal_day
from node.intake.inbox_store import Inbox
from node.intake.pending_change import PendingChange, record_tokens
from server.journal.journal import Journal

#: Notices of an earlier program that get their tokens in one transaction.
_AT_ONCE = 100


class LateChanges:
    """Marks records of which a change is late."""

    def __init__(
        self, *, inbox: Inbox, journal: Journal, lookup_key: bytes, now: Callable[[], datetime]
    ) -> None:
        self._inbox = inbox
        self._journal = journal
        self._key = lookup_key
        self._now = now

    def begin(self) -> None:
        """Give tokens to notices that an earlier program received: before any question, or they would mark nothing."""
        while True:
            with self._journal.reading() as view:
                waiting = list(self._inbox.without_tokens(view, _AT_ONCE))
            if not waiting:
                return
            self._journal.run(partial(self._inbox.give_tokens, notices=waiting), yields=True)

    def mark(self, facets: Collection[record_pb2.Facet]) -> None:
        """Mark those of the records, which are about to be shown, of which a change is late today."""
        if not facets:
            return
        today = legal_day(self._now())
        tokens = [frozenset(record_tokens(self._key, facet)) for facet in facets]
        with self._journal.reading() as view:
            found = list(self._inbox.favouring(view, frozenset().union(*tokens)))
        if not found:
            return
        changes = [
            (each.tokens, PendingChange.of(admitted_notice(each.notice.content), each.notice.receipt))
            for each in found
        ]
        for facet, its in zip(facets, tokens, strict=True):
            facet.late_changes.extend(
                earliest(
                    change.as_message()
                    for by, change in changes
                    if change and change.late_from <= today and not by.isdisjoint(its) and change.fits(facet)
                )
            )
