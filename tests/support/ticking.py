"""Clocks that a test moves by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from federation.values import clock


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


class Ahead:
    """The clock of publisher and servers, which a test puts forward from the present."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time as they believe it to be."""
        return clock.now() + self.by
