"""Of which records' judgments the own register has another offender who is not open by the rules of today.

A run over all records may have to wait for two officers before it moves a record that new rules close; whom they close
is protected at once all the same (R41, A14).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from federation.law.sealing import Status
from node.register.decision import decision_on
from node.store.reading import Reader
from server.journal.work import View


@dataclass(frozen=True, slots=True)
class RulesOfToday:
    """By what records are judged today; commands take `profile_on` from the charter of their `Work`."""

    day: date
    profile_on: Callable[[date], str]


#: Says whether some record has yet to be judged by these rules, so that nobody knows yet whom they close.
Untried = Callable[[View, RulesOfToday], bool]


class CoOffenders:
    """Looks among closed records, and among those that lie open until a run closes them."""

    def __init__(self, *, opened: Reader, sealed: Reader) -> None:
        self._opened = opened
        self._sealed = sealed

    def closed(self, cases: Mapping[bytes, Collection[bytes]], rules: RulesOfToday) -> set[bytes]:
        """Return the ids in `cases` (id -> tokens of judgments) of whose judgments another, closed offender has one.

        Raises `Corrupt`.
        """
        here = self._sealed.others(cases)
        left = {id: its for id, its in cases.items() if its and id not in here}
        if not left:
            return here
        closed: dict[bytes, set[bytes]] = {}
        for stored in self._opened.find({case for its in left.values() for case in its}):
            decided = decision_on(stored.event, rules.profile_on(rules.day), rules.day)
            if decided.status is not Status.OPEN:
                closed.setdefault(stored.token, set()).add(stored.record_id)
        return here | {
            id for id, its in left.items() if set[bytes]().union(*(closed.get(c, set()) for c in its)) - {id}
        }
