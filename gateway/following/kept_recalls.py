"""A recall as a store gives it, and which of them are wanted."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeptRecall:
    """A recall of one answer to a member. What it says is encrypted still: the store opens it after the transaction.

    The times are stamps, empty until it was fetched, and until it was acknowledged; `due_on` is a day.
    """

    number: int
    recall_id: str
    request: bytes
    member: str
    due_on: str
    read_at: str
    acknowledged_at: str
    body: bytes = field(repr=False)
    #: The member's signed acknowledgement, encrypted.
    receipt: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Recalls in the order of their numbers: at most `most` of those after number `after`."""

    after: int
    most: int
    #: Only those that the member has not acknowledged, and of these only those due before a day.
    unacknowledged: bool
    due_before: str = ""
