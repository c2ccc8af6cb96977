"""What the limits of time propose about age where the days of conduct are unknown (刑法 87, 88; R40)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.law.limitation import Proposed, proposal
from federation.law.punishment import PenaltyFacts, PenaltyKind
from federation.law.sealing import Conduct, Facts, Profile, Status, decide
from federation.values.calendar import DateRange

UNKNOWN = Conduct(None, None)
LIGHT = PenaltyFacts(PenaltyKind.FIXED_TERM, 36)


def born(year: int, month: int = 1, day: int = 1) -> DateRange:
    return DateRange(date(year, month, day), date(year, month, day))


def facts(birth: DateRange | None, *conduct: Conduct) -> Facts:
    return Facts(birth, conduct or (UNKNOWN,), penalty=LIGHT)


@pytest.mark.parametrize(
    ("birth", "judged_on", "proposed"),
    [
        # Eighteen more than twenty years before the judgment: what was judged then was hardly done at seventeen.
        (born(1970), date(2012, 3, 1), Proposed.OF_AGE),
        # Twenty years before the judgment the 18th birthday is past, or it is that very day.
        (born(1974, 2, 28), date(2012, 3, 1), Proposed.OF_AGE),
        (born(1974, 3, 1), date(2012, 3, 1), None),
        (born(1980), date(2012, 3, 1), None),
        # Judged at seventeen, and on the 18th birthday itself: the conduct was before.
        (born(1995), date(2012, 3, 1), Proposed.SEAL),
        (born(1994, 3, 1), date(2012, 3, 1), Proposed.SEAL),
        (born(1994, 2, 28), date(2012, 3, 1), None),
        (born(1970), None, None),
        (None, date(2012, 3, 1), None),
    ],
)
def test_r40_unknown_days_of_conduct_lead_to_a_proposal_and_to_no_decision(
    birth: DateRange | None, judged_on: date | None, proposed: Proposed | None
) -> None:
    asked = facts(birth)
    assert decide(asked, Profile.PRACTICE_2022).status is Status.WITHHELD, "a person decides"
    found = proposal([asked], judged_on, Profile.PRACTICE_2022)
    assert (found.decision if found else None) is proposed
    assert found is None or str(judged_on) in found.because


def test_r40_the_ground_of_a_proposal_says_what_could_make_it_wrong() -> None:
    found = proposal([facts(born(1970))], date(2012, 3, 1), Profile.PRACTICE_2022)
    assert found is not None
    assert "刑法 87, 88" in found.because
    assert "1992-03-01" in found.because


def test_r40_claims_of_birth_that_differ_must_all_lead_to_what_is_proposed() -> None:
    judged_on = date(2012, 3, 1)
    assert proposal([facts(born(1970)), facts(born(1980))], judged_on, Profile.PRACTICE_2022) is None
    both = proposal([facts(born(1970)), facts(born(1971))], judged_on, Profile.PRACTICE_2022)
    assert both is not None
    assert both.decision is Proposed.OF_AGE


def test_r40_one_offence_whose_day_is_known_counts_with_the_others() -> None:
    young = Conduct(date(1987, 1, 1), date(1987, 1, 1))
    asked = facts(born(1970), UNKNOWN, young)
    assert proposal([asked], date(2012, 3, 1), Profile.PRACTICE_2022) is None, "one act was at seventeen"


def test_r40_a_judgment_of_29_february_has_a_day_twenty_years_before() -> None:
    assert proposal([facts(born(1960))], date(2012, 2, 29), Profile.PRACTICE_2022) is not None
