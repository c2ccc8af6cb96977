"""Readings of provisions that are not settled: each is chosen in the charter, with the reason.

治安管理处罚法 136 leaves two things open. From which moment a public-order record is sealed: meanwhile nothing is given
out, so the choice decides what is certified and never what is disclosed. And whether a person may ask for a certificate
of no violations: its very name would tell that there is a seal to look behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

CLAUSE: Final = "PSAPL 2025 art. 136 [V]; the moment is a reading [P]"


class SealedFrom(StrEnum):
    """The moment from which a public-order record is sealed."""

    #: The decision takes effect; it does so when it is made and served.
    DECISION = "decision"
    #: Reconsideration and litigation are over.
    REVIEW = "review"
    #: The penalty has been executed.
    EXECUTION = "execution"


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings chosen; those of a charter that chooses none."""

    public_order_sealed_from: SealedFrom = SealedFrom.DECISION
    violation_certificates: bool = False


@dataclass(frozen=True, slots=True)
class Moments:
    """The days of a public-order penalty; None is a day that the record does not state."""

    decided: date | None = None
    review_ended: date | None = None
    executed: date | None = None


#: What a charter may choose: the name of each reading, and its words.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "public_order_sealed_from": tuple(each.value for each in SealedFrom),
    "violation_certificates": ("no", "yes"),
}


def read_readings(chosen: Mapping[str, str]) -> Readings:
    """Return the readings chosen by these values; raises `ValueError` naming a reading or a value that is unknown."""
    for name, value in chosen.items():
        if name not in CHOICES:
            raise ValueError(f"{name[:60]!r} is no reading: there are {', '.join(CHOICES)}")
        if value not in CHOICES[name]:
            raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}, not {value[:60]!r}")
    return Readings(
        public_order_sealed_from=SealedFrom(chosen.get("public_order_sealed_from", SealedFrom.DECISION)),
        violation_certificates=chosen.get("violation_certificates", "no") == "yes",
    )


def not_sealed_yet(sealed_from: SealedFrom, moments: Moments, on: date) -> str:
    """Return why a public-order record is not sealed on that day, though nothing is given out; "" once it is.

    A moment that the record does not state has not been proven to have come.
    """
    day, what = {
        SealedFrom.DECISION: (moments.decided, "the decision takes effect"),
        SealedFrom.REVIEW: (moments.review_ended, "review ends (复议、诉讼)"),
        SealedFrom.EXECUTION: (moments.executed, "the penalty has been executed"),
    }[sealed_from]
    if day is not None and day <= on:
        return ""
    since = f"which is {day}" if day is not None else "a day that the record does not state"
    return f"by this federation's reading it is sealed when {what}, {since}; nothing is given out meanwhile"
