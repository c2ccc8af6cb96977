"""Time as the contract writes it: RFC 3339 in UTC with six decimals, always 27 characters."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
#: The clock of Beijing: eight hours ahead, and without summer time since 1991, so
#: for every moment stamped here. A table of zones (zoneinfo) would say the same, and a machine may lack it.
BEIJING: Final = timezone(timedelta(hours=8))


def legal_day(moment: datetime) -> date:
    """Return the day of `moment` in Beijing, by which the law counts."""
    return moment.astimezone(BEIJING).date()


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def fixed_time(moment: datetime, every_s: float) -> datetime:
    """Return the last of the moments `every_s` seconds apart, counted from 1970 in UTC, at or before `moment`."""
    return datetime.fromtimestamp(moment.timestamp() // every_s * every_s, UTC)


def stamp(moment: datetime) -> str:
    """Return `moment` in the contract's fixed width, so that times never change the length of an answer."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_stamp(text: str) -> datetime:
    """Return the moment written by `stamp`; raises `ValueError`."""
    if _STAMP.fullmatch(text) is None:  # `fromisoformat` alone also takes weeks (2011-W48-3) and offsets
        raise ValueError(f"{text[:40]!r} is not RFC 3339 in UTC with six decimals")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)  # `strptime` takes ten times as long
