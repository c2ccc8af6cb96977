"""The limit on records that a gateway alone may have withheld here in a day.

A gateway that lies can withhold any record whose id it has seen, and a record that is withheld is in no answer. So
proposals of its own are limited; the excess is refused, and the records already withheld are in the officers' list
with the reason. A node's signed proposals are not limited: they name a judgment that the node itself sealed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from node.sealing import gateway_hold_store
from server.journal.work import Work

#: Disagreements about age or term between holders are rare: far more in a day is a fault or an attack.
MOST_A_DAY: Final = 500
_WINDOW: Final = timedelta(hours=24)


def room(work: Work, gateway: str, at: datetime) -> int:
    """Return how many more records this gateway may have withheld now."""
    return max(0, MOST_A_DAY - gateway_hold_store.count(work, gateway, since=at - _WINDOW))
