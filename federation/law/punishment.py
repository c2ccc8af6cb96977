"""Criminal penalties as the rules compare them: kinds, the limit of five years, and the end of execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from federation.v1 import record_pb2 as pb


class PenaltyKind(StrEnum):
    """The principal penalty (刑法 33), or its substitute (刑法 37)."""

    EXEMPT = "exempt"
    SUPPLEMENTARY_ONLY = "supplementary_only"
    CONTROL = "control"
    CRIMINAL_DETENTION = "criminal_detention"
    FIXED_TERM = "fixed_term"
    LIFE = "life"
    DEATH_SUSPENDED = "death_suspended"
    DEATH = "death"


@dataclass(frozen=True, slots=True)
class PenaltyFacts:
    """The combined penalty ordered (决定执行), as pronounced: reduction never changes it (A6).

    `months` (None: unknown) and `days` (0-30) count for a fixed term only.
    """

    kind: PenaltyKind
    months: int | None = None
    days: int = 0


KINDS: Final[Mapping[pb.PenaltyKind.ValueType, PenaltyKind]] = {
    pb.PENALTY_KIND_EXEMPT: PenaltyKind.EXEMPT,
    pb.PENALTY_KIND_SUPPLEMENTARY_ONLY: PenaltyKind.SUPPLEMENTARY_ONLY,
    pb.PENALTY_KIND_CONTROL: PenaltyKind.CONTROL,
    pb.PENALTY_KIND_CRIMINAL_DETENTION: PenaltyKind.CRIMINAL_DETENTION,
    pb.PENALTY_KIND_FIXED_TERM: PenaltyKind.FIXED_TERM,
    pb.PENALTY_KIND_LIFE: PenaltyKind.LIFE,
    pb.PENALTY_KIND_DEATH_SUSPENDED: PenaltyKind.DEATH_SUSPENDED,
    pb.PENALTY_KIND_DEATH: PenaltyKind.DEATH,
}
"""The kind that a record's penalty has; an unknown penalty is not among them."""

LIFE_OR_DEATH: Final = frozenset({PenaltyKind.LIFE, PenaltyKind.DEATH_SUSPENDED, PenaltyKind.DEATH})
"""The penalties heavier than any term (刑法 33); deprivation of political rights follows from each (刑法 57)."""

EXECUTION_OVER: Final = frozenset(
    {
        pb.EXECUTION_KIND_COMPLETED,
        pb.EXECUTION_KIND_DISCHARGED,
        pb.EXECUTION_KIND_PARDONED,
        pb.EXECUTION_KIND_DIED,
        pb.EXECUTION_KIND_EXECUTED,
    }
)
"""The events that end the execution of a penalty: no further notice of its end is owed (R25-R27)."""

FIVE_YEARS_IN_MONTHS: Final = 60
"""The limit of sealing: "five years or lighter" includes five years (Opinions II(4).1, R40; CL art. 99, A7)."""


def execution_over(record: pb.Record) -> frozenset[pb.ExecutionKind.ValueType]:
    """Return the events that end the execution of a record's principal penalties.

    Where control is served after a term or detention (刑法 69(2)), the release from it ends only the first of them.
    """
    if record.further_penalty.kind:
        return EXECUTION_OVER - {pb.EXECUTION_KIND_COMPLETED}
    return EXECUTION_OVER


def is_life_or_death(kind: pb.PenaltyKind.ValueType) -> bool:
    """Say whether a record's principal penalty is life imprisonment or death, suspended or not."""
    return KINDS.get(kind) in LIFE_OR_DEATH


def over_five_years(penalty: PenaltyFacts, *, or_exactly: bool = False) -> bool | None:
    """Say whether a penalty is heavier than five years; None when the months of a fixed term are unknown.

    With `or_exactly`, a term of exactly five years counts as heavier. Control, detention, supplementary
    penalties and exemption are always lighter (A7).
    """
    if penalty.kind in LIFE_OR_DEATH:
        return True
    if penalty.kind is not PenaltyKind.FIXED_TERM:
        return False
    if penalty.months is None:
        return None
    length, limit = (penalty.months, penalty.days), (FIVE_YEARS_IN_MONTHS, 0)
    return length >= limit if or_exactly else length > limit
