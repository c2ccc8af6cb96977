"""How many notices of each sender named a judgment number that does not fit their person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import notice_pb2 as pb
from federation.values.identity import MemberId
from node.intake.schema import wrong_number
from server.journal.work import View, Work


def count(work: Work, sender: MemberId, day: date) -> int:
    """Count one more of `sender` on that day; return how many it makes."""
    row = insert(wrong_number).values(sender=str(sender), day=day.isoformat(), notices=1)
    counted = row.on_conflict_do_update(
        index_elements=["sender", "day"], set_={"notices": wrong_number.c.notices + 1}
    )
    return int(work.view.execute(counted.returning(wrong_number.c.notices)).scalar_one())


def rows(view: View) -> Iterator[pb.WrongNumbersRow]:
    """Yield the figures of each sender."""
    query = (
        select(wrong_number.c.sender, func.sum(wrong_number.c.notices), func.max(wrong_number.c.notices))
        .group_by(wrong_number.c.sender)
        .order_by(wrong_number.c.sender)
    )
    for sender, notices, most in view.execute(query):
        yield pb.WrongNumbersRow(sender=sender, notices=notices, most_a_day=most)
