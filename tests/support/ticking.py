"""A clock for charters that a test moves by hand."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment
