"""A recall as its store returns it, and the selection of a page of recalls."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeptRecall:
    """A recall of one answer to a member. Its content is still encrypted: the store decrypts it after the transaction.

    The times are stamps, each empty until the recall was read or acknowledged; `due_on` is a day.
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
class RecallRange:
    """Recalls in the order of their numbers: at most `most` of those after number `after`."""

    after: int
    most: int
    #: Only those that the member has not acknowledged, and of these only those due before a day.
    unacknowledged: bool
    due_before: str = ""
