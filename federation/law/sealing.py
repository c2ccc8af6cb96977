"""Whether a minor's criminal record is sealed (未成年人犯罪记录封存): a three-valued rule over plain facts.

Two tests (Opinions II(4).1, R40; law.md section 10): under eighteen at the offence, and a combined penalty of
five years or lighter. A definite no to either is `OPEN`, two yeses are `SEALED`, anything else is `WITHHELD`.
What is not known is worked out over everything it could be: a test is answered only where every possibility
agrees, so that missing facts can withhold a record but never open one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from federation.law import sealing_grounds as grounds
from federation.law.punishment import PenaltyFacts, PenaltyKind, over_five_years
from federation.law.sealing_grounds import Ground
from federation.values.calendar import DateRange, adult_from, under_through

_ONE_DAY: Final = timedelta(days=1)


class Status(StrEnum):
    """What sealing does to a record; `SEALED` and `WITHHELD` are as if absent without sealed access."""

    OPEN = "OPEN"
    SEALED = "SEALED"
    WITHHELD = "WITHHELD"


class Profile(StrEnum):
    """The rules in force on the day of evaluation (A14)."""

    OPINION_2012 = "opinion-2012"
    PRACTICE_2022 = "practice-2022"


class MainActs(StrEnum):
    """The court's finding whether the main acts were before eighteen (A12)."""

    YES = "yes"
    NO = "no"
    UNDETERMINED = "undetermined"


class AgeFinding(StrEnum):
    """The court's own finding of age at the offence; it prevails over dates."""

    UNDER_18 = "under_18"
    ADULT = "adult"


@dataclass(frozen=True, slots=True)
class Conduct:
    """First and last day of one offence's conduct (not of its result); None is unknown."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rule looks at. `penalty` None is unknown; `conduct` has one item per offence."""

    birth: DateRange | None
    conduct: tuple[Conduct, ...]
    main_acts: MainActs = MainActs.UNDETERMINED
    penalty: PenaltyFacts | None = None
    court_age_finding: AgeFinding | None = None
    adulthood_proven: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A status with the rule that gave it.

    `offences` is the status that each offence would need by itself. `status` is the strictest of them and
    holds for the record: one act at seventeen and one at eighteen with the main acts after the birthday
    give offences ("WITHHELD", "OPEN") and status "WITHHELD", until a person separates or decides the case.
    """

    status: Status
    rule: str
    clause: str
    reason: str
    offences: tuple[Status, ...]


class _Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


# On which side of the birthday one offence may lie: a set of sides as bits.
_BEFORE, _AFTER, _BOTH = 1, 2, 4


def decide(facts: Facts, profile: str) -> Decision:
    """Return what sealing does to the record with these facts; raises `ValueError` for an unknown profile."""
    rules = Profile(profile)
    penalty, penalty_ground = _penalty(facts.penalty)
    ages, age_ground = _ages(facts, rules)
    statuses = tuple(_combine(age, penalty) for age in ages)
    status = _strictest(statuses)
    offences = statuses[: len(facts.conduct)]
    if status is Status.SEALED:
        return Decision(
            status,
            age_ground.rule,
            f"{age_ground.clause}; {penalty_ground.clause}",
            f"Sealed: {age_ground.reason}, and {penalty_ground.reason}.",
            offences,
        )
    if status is Status.OPEN:
        ground = penalty_ground if penalty is _Answer.NO else age_ground
        return Decision(status, ground.rule, ground.clause, f"Not sealed: {ground.reason}.", offences)
    ground = age_ground if _Answer.UNKNOWN in ages else penalty_ground
    return Decision(
        status, ground.rule, ground.clause, f"Withheld until a person decides: {ground.reason}.", offences
    )


def _combine(age: _Answer, penalty: _Answer) -> Status:
    if age is _Answer.NO or penalty is _Answer.NO:
        return Status.OPEN
    if age is _Answer.YES and penalty is _Answer.YES:
        return Status.SEALED
    return Status.WITHHELD


def _strictest(statuses: Iterable[Status]) -> Status:
    present = set(statuses)
    for status in (Status.WITHHELD, Status.SEALED):
        if status in present:
            return status
    return Status.OPEN


def _penalty(penalty: PenaltyFacts | None) -> tuple[_Answer, Ground]:
    if penalty is None:
        return _Answer.UNKNOWN, grounds.PENALTY_UNKNOWN
    if penalty.kind is PenaltyKind.EXEMPT:
        return _Answer.YES, grounds.EXEMPT
    heavy = over_five_years(penalty)
    if heavy is None:
        return _Answer.UNKNOWN, grounds.PENALTY_UNKNOWN
    return (_Answer.NO, grounds.HEAVY) if heavy else (_Answer.YES, grounds.LIGHT)


def _ages(facts: Facts, profile: Profile) -> tuple[Sequence[_Answer], Ground]:
    """Return per offence whether the offender was under eighteen, and why."""
    count = len(facts.conduct) or 1
    if facts.court_age_finding is AgeFinding.UNDER_18:
        return [_Answer.YES] * count, grounds.FINDING_UNDER
    if facts.court_age_finding is AgeFinding.ADULT:
        return [_Answer.NO] * count, grounds.FINDING_ADULT
    if facts.birth is None:
        if facts.adulthood_proven:
            return [_Answer.NO] * count, grounds.PROVEN_ADULT
        return [_Answer.UNKNOWN] * count, grounds.BIRTH_UNKNOWN

    conduct = facts.conduct or (Conduct(None, None),)
    possible: list[set[_Answer]] = [set() for _ in conduct]
    may_span, must_span, unclear = False, True, False
    for birthday in _birthdays(facts.birth, conduct):
        sides = [_sides(one, birthday) for one in conduct]
        not_only_before = sum(side != _BEFORE for side in sides)
        not_only_after = sum(side != _AFTER for side in sides)
        all_before = all(side & _BEFORE for side in sides)
        all_after = all(side & _AFTER for side in sides)
        may_span = may_span or any(side & _BOTH for side in sides) or bool(not_only_before and not_only_after)
        must_span = must_span and not all_before and not all_after
        unclear = unclear or any(side not in (_BEFORE, _AFTER, _BOTH) for side in sides)
        for answers, side in zip(possible, sides, strict=True):
            if side & _BEFORE:
                if all_before:
                    answers.add(_Answer.YES)
                if not_only_before > (side != _BEFORE):
                    answers.add(_span(_BEFORE, len(conduct), facts.main_acts, profile))
            if side & _AFTER:
                if all_after:
                    answers.add(_Answer.NO)
                if not_only_after > (side != _AFTER):
                    answers.add(_span(_AFTER, len(conduct), facts.main_acts, profile))
            if side & _BOTH:
                answers.add(_span(_BOTH, len(conduct), facts.main_acts, profile))
    ages = [answers.pop() if len(answers) == 1 else _Answer.UNKNOWN for answers in possible]
    return ages, _age_ground(ages, facts.main_acts, profile, may_span, must_span, unclear)


def _span(side: int, offences: int, main_acts: MainActs, profile: Profile) -> _Answer:
    """Return the answer for an offence on `side` of a birthday that all offences together span."""
    if profile is Profile.OPINION_2012 or main_acts is MainActs.UNDETERMINED:
        return _Answer.UNKNOWN
    if main_acts is MainActs.YES:
        return _Answer.YES
    return _Answer.NO if offences == 1 or side == _AFTER else _Answer.UNKNOWN


def _sides(conduct: Conduct, birthday: date) -> int:
    """Return the sides of `birthday`, the last day under eighteen, on which the conduct may lie."""
    first, last = conduct.first, conduct.last
    if first is not None and last is not None and last < first:
        return _BEFORE | _AFTER | _BOTH  # facts that contradict each other prove nothing
    if last is not None and last <= birthday:
        return _BEFORE
    if first is not None and first > birthday:
        return _AFTER
    sides = _BOTH
    if last is None:
        sides |= _BEFORE
    if first is None:
        sides |= _AFTER
    return sides


def _birthdays(birth: DateRange, conduct: Sequence[Conduct]) -> Iterable[date]:
    """Yield each last day under eighteen that may make a difference to these offences."""
    earliest, latest = under_through(birth), adult_from(birth) - _ONE_DAY
    if earliest == latest:
        return (earliest,)
    days = {earliest, latest}
    for one in conduct:
        for day in (one.first, one.last):
            if day is not None:
                days.update(d for d in (day - _ONE_DAY, day) if earliest <= d <= latest)
    return days


def _age_ground(
    ages: Sequence[_Answer],
    main_acts: MainActs,
    profile: Profile,
    may_span: bool,
    must_span: bool,
    unclear: bool,
) -> Ground:
    if _Answer.UNKNOWN not in ages:
        if _Answer.YES in ages:
            return grounds.MAIN_BEFORE if may_span else grounds.UNDER
        return grounds.MAIN_AFTER if may_span else grounds.ADULT
    if must_span:
        if profile is Profile.OPINION_2012:
            return grounds.SPAN_SILENT
        return grounds.SPAN_UNDETERMINED if main_acts is MainActs.UNDETERMINED else grounds.SPAN_MIXED
    return grounds.CONDUCT_UNKNOWN if unclear else grounds.BIRTHDAY_UNCERTAIN
