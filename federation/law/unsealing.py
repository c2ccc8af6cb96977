"""When a sealed record may be unsealed: only on the listed grounds (2022 Measures art. 18 [M], A7).

The texts of 2019 and 2020 unseal at exactly five years, the Measures only above. `at_exactly_five` chooses between
them. It is false by default, or art. 4 would seal again a record just unsealed (A7).
"""

from __future__ import annotations

from enum import StrEnum

from federation.errors import InvalidRequest
from federation.law.punishment import PenaltyFacts, over_five_years

_RULE = "2022 Measures art. 18 [M]"


class Ground(StrEnum):
    """The grounds for unsealing."""

    NEW_CRIME_AS_MINOR = "new_crime_as_minor"
    UNDISCOVERED_CRIME_AS_MINOR = "undiscovered_crime_as_minor"
    RETRIAL = "retrial"
    PROPOSAL_WITHDRAWN = "proposal_withdrawn"


def insist_ground(
    ground: Ground, combined: PenaltyFacts | None, *, held: bool, at_exactly_five: bool = False
) -> None:
    """Raise `InvalidRequest` unless `ground` unseals.

    `combined` is the combined term now ordered; `held` is true when the record is withheld by a proposal only,
    which the last ground is for. An adult's later crime is no ground: the record stays sealed for all
    but judicial organs.
    """
    if ground is Ground.PROPOSAL_WITHDRAWN:
        if not held:
            raise InvalidRequest.of("ground", "R40", "the record is not held by a proposal")
        return
    if combined is None:
        raise InvalidRequest.of("combined_penalty", _RULE, "give the combined term now ordered")
    if not over_five_years(combined, or_exactly=at_exactly_five):
        limit = "five years or more" if at_exactly_five else "more than five years"
        raise InvalidRequest.of("combined_penalty", _RULE, f"unsealing needs a combined term of {limit}")
