"""Moments as people read them: in Beijing time, by which the law counts days; JSON keeps the stamps of the contract."""

from __future__ import annotations

import re

from federation.values.clock import BEIJING, parse_stamp

_STAMP = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def beijing(stamp: str) -> str:
    """Return "2026-11-30 13:45:48" for a stamp; a text from elsewhere that is no stamp stays unchanged."""
    try:
        moment = parse_stamp(stamp)
    except ValueError:
        return stamp
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def stamps_in_beijing(text: str) -> str:
    """Return a sentence with every stamp in it as 2026-11-30 13:45:48 (Beijing)."""
    return _STAMP.sub(lambda found: f"{beijing(found[0])} (Beijing)", text)
