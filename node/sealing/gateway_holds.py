"""How many records a gateway alone may have withheld here in a day.

A gateway that lies can withhold any record whose id it has seen, and a record that is withheld is in no answer. So
what it proposes by itself is limited; the excess is refused, and the records already withheld stand in the officers'
list with the reason. A node's signed proposals are not limited: they name a judgment that the node itself sealed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from federation.values.clock import stamp
from node.store.schema import gateway_hold as table

#: Disagreements about age or term between holders are rare: far more in a day is a fault or an attack.
MOST_A_DAY: Final = 500
_WINDOW: Final = timedelta(hours=24)


def room(connection: Connection, gateway: str, at: datetime) -> int:
    """Return how many more records this gateway may have withheld now."""
    connection.execute(delete(table).where(table.c.held_at < stamp(at - _WINDOW)))
    held = select(func.count()).select_from(table).where(table.c.gateway == gateway)
    return max(0, MOST_A_DAY - connection.execute(held).scalar_one())


def note(connection: Connection, record_id: bytes, gateway: str, at: datetime) -> None:
    """Count a record that was withheld because `gateway` proposed it."""
    row = {"record_id": record_id, "gateway": gateway, "held_at": stamp(at)}
    connection.execute(insert(table).on_conflict_do_nothing(), row)
