"""Moments as people read them: in Beijing time, by which the law counts days; JSON keeps the stamps of the contract."""

from __future__ import annotations

from federation.values.clock import BEIJING, parse_stamp


def beijing(stamp: str) -> str:
    """Return "2026-11-30 13:45:48" for a stamp; a text from elsewhere that is no stamp stays unchanged."""
    try:
        moment = parse_stamp(stamp)
    except ValueError:
        return stamp
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
