"""A three-valued answer with a sentence that gives the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Answer(IntEnum):
    """Ordered so that `min` is "all hold" and `max` is "one holds"."""

    NO = 0
    UNDECIDED = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class CriterionFinding:
    """The answer of one criterion for one conviction, with the reason."""

    answer: Answer
    because: str


def yes(because: str) -> CriterionFinding:
    """Return a certain yes."""
    return CriterionFinding(Answer.YES, because)


def no(because: str) -> CriterionFinding:
    """Return a certain no."""
    return CriterionFinding(Answer.NO, because)


def undecided(because: str) -> CriterionFinding:
    """Return an undecided answer: a person has to decide."""
    return CriterionFinding(Answer.UNDECIDED, because)
