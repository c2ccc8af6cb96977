"""The court's judgment made from one outcome: dates in order, a lawful penalty, and its execution.

How a row becomes a penalty (Criminal Law articles in brackets):
months 1-5, or up to 6 for dangerous driving, are criminal detention (42, 133-1); more is fixed-term
imprisonment (45); no months and a fine is a supplementary penalty alone (34); neither is exemption (37).
Life with months is life for one offence and the months for another (69); with a single offence this is a
contradiction, which is passed on unchanged so that the node refuses it. So is life together with death.
Seven of ten death sentences are suspended (48). A sentence of life or death takes political rights for life
(57); grave violence may take them for one to five years (56). A penalty that no rule makes lawful, such as
more than 300 months, is also passed on for the node to refuse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from compose.demo.chance import one_in, weighted
from compose.demo.outcomes import Row
from federation.law.workdays import workdays
from federation.v1 import record_pb2 as pb

#: Grave crimes that may cost political rights (刑法 56), by the first characters of their names.
_GRAVE = ("故意杀人", "强奸", "放火", "抢劫", "故意伤害", "走私、贩卖", "拐卖")
_DETENTION_ONLY = ("危险驾驶",)


@dataclass
class Judgment:
    """The decision of a court on one row, and its execution."""

    conduct_from: date | None
    conduct_to: date | None
    filed: date
    pronounced: date
    served: date
    final: date
    penalty: pb.Penalty
    supplementary: list[pb.SupplementaryPenalty] = field(default_factory=list)
    per_offence: list[pb.Penalty] = field(default_factory=list)
    execution: list[pb.ExecutionEvent] = field(default_factory=list)
    contradictory: bool = False

    @property
    def custodial(self) -> bool:
        """Whether a prison or the community correction organ, both of justice, executes it."""
        kinds = (pb.PENALTY_KIND_FIXED_TERM, pb.PENALTY_KIND_LIFE, pb.PENALTY_KIND_DEATH_SUSPENDED)
        return self.penalty.kind in kinds or self.penalty.probation_months > 0


def judge(row: Row, draw: Random, *, as_of: date) -> Judgment:
    """Return the judgment of `row`; events after `as_of` have not happened yet."""
    conduct_to = row.first_date
    if row.first_date and one_in(draw, 4):
        conduct_to = row.first_date + timedelta(days=draw.randint(1, 120))
    known = conduct_to or date(draw.randint(2012, 2016), draw.randint(1, 12), draw.randint(1, 28))
    filed = known + timedelta(days=draw.randint(60, 300))
    pronounced = filed + timedelta(days=draw.randint(20, 120))
    served = pronounced + timedelta(days=draw.choice((0, 0, 0, 1, 3, 5, 7)))
    penalty, contradictory = _penalty(row, draw)
    judgment = Judgment(
        conduct_from=row.first_date,
        conduct_to=conduct_to,
        filed=filed,
        pronounced=pronounced,
        served=served,
        final=_final(served, penalty, draw),
        penalty=penalty,
        contradictory=contradictory,
    )
    judgment.supplementary = _supplementary(row, penalty, draw)
    judgment.per_offence = _per_offence(row, penalty)
    judgment.execution = _execution(judgment, draw, as_of=as_of)
    return judgment


def needs_an_adult(row: Row) -> bool:
    """Say whether no minor can have received the penalty of this row (刑法 49)."""
    return row.life or row.death or row.months > 180


def _final(served: date, penalty: pb.Penalty, draw: Random) -> date:
    """Return the day the judgment became final (A5): no appeal within ten days, decided on appeal, or approved."""
    if penalty.kind == pb.PENALTY_KIND_DEATH:
        return served + timedelta(days=draw.randint(200, 500))
    if penalty.kind == pb.PENALTY_KIND_DEATH_SUSPENDED:
        return served + timedelta(days=draw.randint(60, 150))
    if one_in(draw, 7):
        return served + timedelta(days=draw.randint(45, 120))
    return workdays().end_of_period(served + timedelta(days=10)) + timedelta(days=1)


def _penalty(row: Row, draw: Random) -> tuple[pb.Penalty, bool]:
    if row.life and row.death:
        return pb.Penalty(kind=pb.PENALTY_KIND_DEATH, months=row.months or 1), True
    if row.death or row.life:
        suspended = row.death and draw.random() < 0.7
        kind = pb.PENALTY_KIND_DEATH_SUSPENDED if suspended else pb.PENALTY_KIND_DEATH
        kind = kind if row.death else pb.PENALTY_KIND_LIFE
        contradictory = bool(row.months) and len(row.offences) < 2
        return pb.Penalty(kind=kind, months=row.months if contradictory else 0), contradictory
    if not row.months:
        kind = pb.PENALTY_KIND_SUPPLEMENTARY_ONLY if row.fine_yuan else pb.PENALTY_KIND_EXEMPT
        return pb.Penalty(kind=kind), False
    detention = row.months < 6 or (row.months == 6 and row.offences[:1] == _DETENTION_ONLY)
    penalty = pb.Penalty(
        kind=pb.PENALTY_KIND_CRIMINAL_DETENTION if detention else pb.PENALTY_KIND_FIXED_TERM,
        months=row.months,
    )
    if row.months <= 36 and draw.random() < 0.35:
        least, most = (max(2, row.months), 12) if detention else (max(12, row.months), 60)
        penalty.probation_months = draw.randint(least, min(most, 2 * least))
    return penalty, row.months > 300


def _supplementary(row: Row, penalty: pb.Penalty, draw: Random) -> list[pb.SupplementaryPenalty]:
    found = []
    if row.fine_yuan:
        found.append(pb.SupplementaryPenalty(kind=pb.SUPPLEMENTARY_KIND_FINE, amount_yuan=row.fine_yuan))
    rights = pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS
    if penalty.kind in (pb.PENALTY_KIND_LIFE, pb.PENALTY_KIND_DEATH, pb.PENALTY_KIND_DEATH_SUSPENDED):
        found.append(pb.SupplementaryPenalty(kind=rights, for_life=True))
    elif row.months >= 60 and any(name.startswith(_GRAVE) for name in row.offences) and one_in(draw, 2):
        found.append(pb.SupplementaryPenalty(kind=rights, months=12 * draw.randint(1, 5)))
    return found


def _per_offence(row: Row, penalty: pb.Penalty) -> list[pb.Penalty]:
    """Return the penalty for each offence, where it follows from the row (刑法 69, A6)."""
    count = len(row.offences)
    if count == 1:
        return [pb.Penalty(kind=penalty.kind, months=penalty.months, days=penalty.days)]
    if penalty.kind in (pb.PENALTY_KIND_LIFE, pb.PENALTY_KIND_DEATH_SUSPENDED) and 6 <= row.months <= 180:
        lesser = pb.Penalty(kind=pb.PENALTY_KIND_FIXED_TERM, months=row.months)
        return [penalty, *[lesser] * (count - 1)]
    if penalty.kind == pb.PENALTY_KIND_FIXED_TERM and count == 2 and 8 <= penalty.months <= 180:
        main = pb.Penalty(kind=penalty.kind, months=penalty.months - 2)
        return [main, pb.Penalty(kind=penalty.kind, months=6)]
    return []


def _execution(judgment: Judgment, draw: Random, *, as_of: date) -> list[pb.ExecutionEvent]:
    penalty, start = judgment.penalty, judgment.final + timedelta(days=draw.randint(3, 30))
    steps: list[tuple[pb.ExecutionKind.ValueType, date, str]] = []
    if penalty.probation_months:
        end = start + timedelta(days=penalty.probation_months * 30)
        steps.append((pb.EXECUTION_KIND_COMMUNITY_CORRECTION, start, "县司法局"))
        ending = weighted(draw, [(pb.EXECUTION_KIND_DISCHARGED, 19), (pb.EXECUTION_KIND_REVOKED, 1)])
        steps.append((ending, end, "县司法局"))
    elif penalty.kind == pb.PENALTY_KIND_CRIMINAL_DETENTION:
        end = start + timedelta(days=penalty.months * 30)
        steps.append((pb.EXECUTION_KIND_SERVING, start, "看守所"))
        steps.append((pb.EXECUTION_KIND_COMPLETED, end, "看守所"))
    elif judgment.custodial:
        steps.append((pb.EXECUTION_KIND_PENDING_DELIVERY, judgment.final, "看守所"))
        steps.append((pb.EXECUTION_KIND_SERVING, start, "监狱"))
        term = timedelta(days=min(penalty.months, 400) * 30)  # absurd terms must not overflow
        if penalty.kind == pb.PENALTY_KIND_FIXED_TERM:
            if penalty.months >= 36 and one_in(draw, 3):
                steps.append((pb.EXECUTION_KIND_REDUCED, start + term / 2, "监狱"))
                term = term * 5 / 6
            steps.append((pb.EXECUTION_KIND_COMPLETED, start + term, "监狱"))
    elif penalty.kind == pb.PENALTY_KIND_SUPPLEMENTARY_ONLY:
        steps.append((pb.EXECUTION_KIND_FINE_PAID, start, "人民法院"))
    elif penalty.kind == pb.PENALTY_KIND_DEATH:
        steps.append((pb.EXECUTION_KIND_EXECUTED, start, "人民法院"))
    return [
        pb.ExecutionEvent(kind=kind, on=day.isoformat(), executor=executor)
        for kind, day, executor in steps
        if day <= as_of
    ]
