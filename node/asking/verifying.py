"""Have an application verified while what this node holds of the person waits for a person's decision (A27).

A withheld record entitles nobody to a certificate that there is none: where a record may turn out to be open, the
node refuses with VERIFYING until an officer has decided, and the window begins a verification by a named leader (2021
Provisions art. 8). A share of other applications, drawn by a secret of the node, is verified too, so that a
verification does not reveal what is held. Questions without an application, and those for a case, are answered as ever.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from federation.charter.model import Charter, Undecided
from federation.law.workdays import Workdays, workdays
from federation.statements.announcements import ANNOUNCED
from federation.statements.reasons import VERIFYING
from federation.v1 import query_pb2
from federation.values.clock import legal_day, parse_stamp
from node.announcing.store import AnnouncementStore
from node.asking.lookup import Found, Lookup
from node.asking.opening import QuestionItem
from node.sealing.worklist import LATE_BREACH, due_on
from server.journal.journal import Journal

#: Working days after the release for which an application that was drawn is verified, at the most: as long as an
#: officer has for a decision (A18).
MOST_DAYS: Final = 3
_FOUND: Final = Found(query_pb2.OUTCOME_REFUSED, reason=VERIFYING)


class Verification:
    """Decides which questions of applications are answered now."""

    def __init__(
        self,
        *,
        lookup: Lookup,
        announced: AnnouncementStore,
        journal: Journal,
        lookup_key: bytes,
        now: Callable[[], datetime],
        calendar: Workdays | None = None,
    ) -> None:
        self._lookup = lookup
        self._announced = announced
        self._journal = journal
        self._key = lookup_key
        self._now = now
        self._calendar = calendar or workdays()

    def apply(
        self, items: Sequence[QuestionItem], found: Sequence[Found], charter: Charter
    ) -> tuple[list[QuestionItem], list[Found]]:
        """Return items and findings, with VERIFYING in place of what waits; raises `Corrupt` as the look-up does."""
        day = legal_day(self._now())
        period = charter.period_on(day)
        asked = [n for n, item in enumerate(items) if _applied(item) and found[n].outcome != _FOUND.outcome]
        if period.undecided is not Undecided.VERIFY or not asked:
            return list(items), list(found)
        persons = [wanted for n in asked if (wanted := items[n].wanted()) is not None]
        kept, answers = list(items), list(found)
        for n, withheld in zip(asked, self._lookup.withheld(persons), strict=True):
            if withheld:
                since = min(parse_stamp(each.event.provenance.entered_at) for each in withheld)
                late = day > due_on(legal_day(since), calendar=self._calendar)
                kept[n] = replace(items[n], breach=LATE_BREACH if late else "")
            if withheld or self._drawn(items[n], period.verified_percent, day):
                answers[n] = _FOUND
        return kept, answers

    def _drawn(self, item: QuestionItem, percent: int, day: date) -> bool:
        """Say whether this application is verified though nothing is withheld: until its days are over."""
        mandate = item.asked.query.mandate if item.asked else ""
        number, _, rest = mandate.partition("@")
        row = rest.partition("#")[2]
        drawn = hmac.digest(self._key, f"verified\x1f{number}\x1f{row}".encode(), "sha256")
        if int.from_bytes(drawn[:4], "big") % 100 >= percent:
            return False
        with self._journal.reading() as view:
            release = self._announced.release_of(view, number)
        if not release:
            return False
        return day < self._calendar.after(date.fromisoformat(release), 1 + drawn[4] % MOST_DAYS)


def _applied(item: QuestionItem) -> bool:
    """Say whether a question is that of an application of a kind that is announced."""
    return item.asked is not None and bool(item.asked.query.mandate) and item.asked.query.purpose in ANNOUNCED
