"""Retrials without a reported outcome: until when it is awaited, what a conviction is worth meanwhile (R25, R47, A16).

A judgment stands while it is tried again. When the longest term has passed without an outcome, an acquittal may exist
that never arrived: then the conviction decides nothing by itself, and the outcome is chased.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from federation.law.relevance.ends import day_of, later
from federation.v1 import record_pb2 as pb

_DATA: Final = Path(__file__).parents[2] / "data" / "retrial.toml"
#: Events that tell of a retrial, in the list of what became of a judgment; they execute nothing.
RETRIAL: Final = frozenset({pb.EXECUTION_KIND_RETRIAL_ORDERED, pb.EXECUTION_KIND_RETRIAL_UPHELD})


@dataclass(frozen=True, slots=True)
class PendingRetrial:
    """A retrial that was ordered on a day, by a court, and may end on `ends_on` at the latest."""

    ordered_on: date
    court: str
    ends_on: date

    def overdue(self, on: date) -> bool:
        """Say whether the outcome should be there on the day."""
        return on > self.ends_on


def pending_retrial(record: pb.Record) -> PendingRetrial | None:
    """Return the newest retrial of the judgment that has no outcome yet.

    It has one when the court notified that the judgment stays, or when the record is of a judgment that became final
    since. An acquittal, or a judgment set aside, leaves no record.
    """
    retrials = [event for event in record.execution if event.kind in RETRIAL]
    newest = max(retrials, key=lambda event: event.on, default=None)
    if newest is None or any(
        event.kind == pb.EXECUTION_KIND_RETRIAL_UPHELD and event.on >= newest.on for event in retrials
    ):
        return None
    ordered = day_of(newest.on)
    final = day_of(record.final_on)
    if ordered is None or (final is not None and final >= ordered):
        return None
    return PendingRetrial(ordered, newest.executor, later(ordered, months=longest_months()))


@cache
def longest_months() -> int:
    """Return the longest term of a retrial, in months from the day on which it was ordered."""
    return int(tomllib.loads(_DATA.read_text("utf-8"))["retrial"]["longest_months"])
