"""How much a job over many records may change before people decide (A14): a wrong rule must not move a register.

No statute gives these numbers. Elsewhere a wrong rule changed 112,697 persons' records in one night.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Final, TypeAlias

from federation.law.sealing import Status

#: The share of a register that a job may change without approval, and the most records, however large it is.
SHARE: Final = Fraction(1, 100)
MOST: Final = 999
#: For so long a run can be reversed.
REVERSIBLE: Final = timedelta(days=30)
#: So many days ahead the dry run of rules that the charter or a statute already names is made.
AHEAD: Final = timedelta(days=30)

Moves: TypeAlias = Mapping[tuple[Status, Status], int]
"""How many records stood so before and stand so afterwards."""


def free(records: int) -> int:
    """Return how many of `records` a job may change without approval."""
    return min(MOST, int(records * SHARE))


def changed(moves: Moves) -> int:
    """Return how many records change their status."""
    return sum(count for (before, after), count in moves.items() if before is not after)


def opened(moves: Moves) -> int:
    """Return how many records are opened, which is graver than sealing: what was disclosed cannot be taken back."""
    return sum(
        count
        for (before, after), count in moves.items()
        if before is not Status.OPEN and after is Status.OPEN
    )


def fault(moves: Moves, approved: Moves, records: int) -> str:
    """Return why a job may not have made these moves in a register of so many records; "" when it may.

    `approved` is what two officers have approved, none by default: beyond it a job opens nothing, and changes no
    more than its free share.
    """
    beyond = {
        (before, after): excess
        for (before, after), count in moves.items()
        if before is not after and (excess := count - approved.get((before, after), 0)) > 0
    }
    if opening := opened(beyond):
        return f"it would open {opening} records more than two officers have approved"
    if (more := changed(beyond)) > (most := free(records)):
        return f"it would change {more} records more than two officers have approved; {most} of {records} are free"
    return ""
