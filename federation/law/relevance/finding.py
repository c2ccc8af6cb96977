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
class Finding:
    """The answer of one word for one conviction, with the reason."""

    answer: Answer
    because: str


def yes(because: str) -> Finding:
    """Return a certain yes."""
    return Finding(Answer.YES, because)


def no(because: str) -> Finding:
    """Return a certain no."""
    return Finding(Answer.NO, because)


def undecided(because: str) -> Finding:
    """Return an undecided answer: a person has to decide."""
    return Finding(Answer.UNDECIDED, because)
