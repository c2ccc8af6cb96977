"""Read the state of a court's notices of judgments, to compare it with the court's own list (R48)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from federation.v1 import notice_pb2
from federation.values.identity import MemberId
from gateway.relay import schema
from server.journal.work import View

_D, _N = schema.delivery, schema.notice
_UNSETTLED = (notice_pb2.DELIVERY_STATE_UNDECIDED, notice_pb2.DELIVERY_STATE_PARKED)


@dataclass(frozen=True, slots=True)
class ReceivedJudgment:
    """The notices of one judgment: number of persons, days of the latest notice, deliveries not settled at a node."""

    persons: int = 0
    late_days: int = 0
    unsettled: int = 0


@dataclass(slots=True)
class _Counted:
    persons: set[bytes] = field(default_factory=set)
    late_days: int = 0
    unsettled: int = 0


class JudgmentStore:
    """Reads notices by the judgments that they report; writes nothing."""

    def received(
        self, view: View, sender: MemberId, keys: Sequence[bytes]
    ) -> Mapping[bytes, ReceivedJudgment]:
        """Return what `sender` reported of judgments, by their blind tokens; only its N1 notices count."""
        query = (
            select(_D.c.judgment_key, _D.c.person_key, _D.c.state, _N.c.late_days)
            .join(_N, _N.c.digest == _D.c.digest)
            .where(_N.c.sender == str(sender), _N.c.kind == notice_pb2.NOTICE_KIND_JUDGMENT)
            .where(_D.c.judgment_key.in_(keys))
        )
        found: dict[bytes, _Counted] = {}
        for row in view.execute(query):
            one = found.setdefault(bytes(row.judgment_key), _Counted())
            one.persons.add(bytes(row.person_key))
            one.late_days = max(one.late_days, row.late_days)
            one.unsettled += row.state in _UNSETTLED
        return {key: ReceivedJudgment(len(n.persons), n.late_days, n.unsettled) for key, n in found.items()}
