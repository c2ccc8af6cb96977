"""Due times and lateness of notices (R25, A18); the numbers are data, and so are the holidays of working days."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from federation.law.workdays import Workdays, workdays
from federation.notices.check import occurred_on
from federation.notices.kinds import kind_name
from federation.notices.requests import awaits_reply
from federation.v1 import notice_pb2 as pb
from federation.values.calendar import known_day


@dataclass(frozen=True, slots=True)
class DueTime:
    """Days within which a kind of notice is due, and the source of the number."""

    days: int
    working: bool
    source: str

    def due_on(self, occurred: date, calendar: Workdays | None = None) -> date:
        """Return the last day in time for an event of the day `occurred`; counting starts on the next day.

        Working days are counted by `calendar`, the one in force by default. Calendar days run through holidays, and
        only a last day that is none of work gives way to the next one (刑事诉讼法 105(4)).
        """
        calendar = calendar or workdays()
        if self.working:
            return calendar.after(occurred, self.days)
        return calendar.end_of_period(occurred + timedelta(days=self.days))


@cache
def due_times() -> dict[str, DueTime]:
    """Return the table by the name of the kind."""
    content = tomllib.loads((files("federation") / "data" / "due_times.toml").read_text("utf-8"))
    return {
        kind: DueTime(days=row["days"], working=row["count"] == "working", source=row["source"])
        for kind, row in content.items()
    }


def lateness(kind: str, occurred: date, accepted: date) -> tuple[date, int]:
    """Return (last day in time, days after it): 0 when in time."""
    due = due_times()[kind].due_on(occurred)
    return due, max(0, (accepted - due).days)


def due_of(notice: pb.Notice, accepted: date) -> tuple[date, int]:
    """Return (last day in time, days after it) of an admitted notice that was accepted on that day (R25, R47)."""
    if awaits_reply(notice):
        stated = known_day(notice.supervision.reply_by)
        return stated or reply_due(accepted, kind_name(notice.kind)), 0
    return lateness(kind_name(notice.kind), occurred_on(notice), accepted)


def reply_due(accepted: date, kind: str = "correction_request") -> date:
    """Return the last day on which the owner replies in time to what was accepted that day (R47)."""
    return due_times()[kind].due_on(accepted)


def recall_due(recalled: date) -> date:
    """Return the last day on which a recall of that day is acknowledged in time (R47)."""
    return due_times()["recall"].due_on(recalled)
