"""A proposal on age where the days of conduct are unknown: likely by the limits of time, certain only to a person.

The period of limitation (刑法 87) is twenty years at the most, so conduct that was judged had mostly ended within
twenty years before. It may have ended earlier: time does not run against who evades the investigation (刑法 88), and
the Supreme People's Procuratorate may approve a late prosecution (刑法 87(4)). So this decides nothing: an officer
finds it in the work list as a proposal, and the record stays withheld.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from federation.law import sealing
from federation.law.sealing import Conduct, Facts, Status

#: The longest period, that of offences punishable by life imprisonment or death; no table of shorter ones is kept.
LONGEST_YEARS: Final = 20
_CLAUSE: Final = "刑法 87, 88 [V-L]"


class Proposed(StrEnum):
    """What the computation proposes."""

    OF_AGE = "of_age"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class ProposedDecision:
    """A decision for a person to take or not, with its ground in words."""

    decision: Proposed
    because: str


def proposal(readings: Sequence[Facts], judged_on: date | None, profile: str) -> ProposedDecision | None:
    """Return what time speaks for; None where the judgment's day is unknown or time settles nothing.

    `readings` are the facts once for each claimed birth: the same must follow from all of them.
    """
    if judged_on is None or not readings:
        return None
    since = _years_before(judged_on, LONGEST_YEARS)
    if _all(readings, lambda each: Conduct(each.first or since, each.last), Status.OPEN, profile):
        says = (
            f"judged on {judged_on}, so the conduct ended after {since} unless limitation was suspended "
            f"({_CLAUSE}): the offender was probably of age"
        )
        return ProposedDecision(Proposed.OF_AGE, says)
    if _all(readings, lambda each: Conduct(each.first, each.last or judged_on), Status.SEALED, profile):
        return ProposedDecision(
            Proposed.SEAL, f"judged on {judged_on}, when the offender was under eighteen: so was the conduct"
        )
    return None


def _all(
    readings: Sequence[Facts], bounded: Callable[[Conduct], Conduct], status: Status, profile: str
) -> bool:
    """Say whether every reading has this status once the unknown days of conduct are bounded."""
    return all(
        sealing.decide(
            replace(facts, conduct=tuple(map(bounded, facts.conduct or (Conduct(None, None),)))), profile
        ).status
        is status
        for facts in readings
    )


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return date(day.year - years, 3, 1)
