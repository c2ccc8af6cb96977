"""Whether a minor's criminal record is sealed (未成年人犯罪记录封存): a three-valued rule over plain facts.

Two tests (Opinions II(4).1, R40; readings A7, A11, A12): under eighteen at the offence, and a combined penalty of
five years or lighter. A definite no to either is `OPEN`, two yeses are `SEALED`, anything else is `WITHHELD`.
For unknown facts, all possible values are tried: a test is answered only if all of them agree, so that missing
facts can withhold a record but never open one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from federation.law import sealing_grounds as grounds
from federation.law.eighteen import Side, birthdays, common_sides, may_span, side_of
from federation.law.punishment import PenaltyFacts, PenaltyKind, over_five_years
from federation.law.sealing_grounds import ResultGround
from federation.values.calendar import DateRange


class Status(StrEnum):
    """The result of sealing for a record; without sealed access, `SEALED` and `WITHHELD` records appear absent."""

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
    """The only facts that the rule uses. `penalty` None is unknown; `conduct` has one item per offence."""

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
    applies to the record: one act at seventeen and one at eighteen with the main acts after the birthday
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


_ON_ONE_SIDE: Final = {Side.BEFORE: _Answer.YES, Side.AFTER: _Answer.NO}


def decide(facts: Facts, profile: str) -> Decision:
    """Return the sealing decision for a record with these facts; raises `ValueError` for an unknown profile."""
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


def _penalty(penalty: PenaltyFacts | None) -> tuple[_Answer, ResultGround]:
    if penalty is None:
        return _Answer.UNKNOWN, grounds.PENALTY_UNKNOWN
    if penalty.kind is PenaltyKind.EXEMPT:
        return _Answer.YES, grounds.EXEMPT
    heavy = over_five_years(penalty)
    if heavy is None:
        return _Answer.UNKNOWN, grounds.PENALTY_UNKNOWN
    return (_Answer.NO, grounds.HEAVY) if heavy else (_Answer.YES, grounds.LIGHT)


def _ages(facts: Facts, profile: Profile) -> tuple[Sequence[_Answer], ResultGround]:
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
    return _ages_by_dates(facts, facts.birth, profile)


def _ages_by_dates(
    facts: Facts, birth: DateRange, profile: Profile
) -> tuple[Sequence[_Answer], ResultGround]:
    """Answer the test of age from the days of birth and conduct: certain only if all possible days agree."""
    conduct = facts.conduct or (Conduct(None, None),)
    spanned = {side: _in_a_span(side, len(conduct), facts.main_acts, profile) for side in Side}
    possible: list[set[_Answer]] = [set() for _ in conduct]
    span_possible, span_certain, unclear = False, True, False
    for birthday in birthdays(birth, (day for one in conduct for day in (one.first, one.last))):
        sides = [side_of(one.first, one.last, birthday) for one in conduct]
        span_possible = span_possible or may_span(sides)
        common = common_sides(sides)
        span_certain = span_certain and not common
        unclear = unclear or any(len(side) > 1 for side in sides)
        for answers, found in zip(possible, _answers(sides, common, spanned), strict=True):
            answers |= found
    ages = [answers.pop() if len(answers) == 1 else _Answer.UNKNOWN for answers in possible]
    return ages, _age_ground(ages, facts.main_acts, profile, span_possible, span_certain, unclear)


def _answers(sides: Sequence[Side], common: Side, spanned: Mapping[Side, _Answer]) -> list[set[_Answer]]:
    """Return for each offence the answers that are possible with one birthday.

    Every offence lies on one of its possible sides. If all lie on the same side, one of `common`, that side gives the
    answer; otherwise the case spans the birthday, and `spanned` gives the answer for the offence on its side.
    """
    answers: dict[Side, set[_Answer]] = {}
    for own in set(sides):
        answers[own] = {_ON_ONE_SIDE[side] for side in common}
        for side in own:
            if side is Side.ACROSS or _others_may_leave(side, sides, own):
                answers[own].add(spanned[side])
    return [answers[own] for own in sides]


def _others_may_leave(side: Side, sides: Sequence[Side], own: Side) -> bool:
    """Say whether any other offence may lie elsewhere than on `side`; `own` are the sides of the offence considered."""
    others = set(sides) if sides.count(own) > 1 else set(sides) - {own}
    return bool(others - {side})


def _in_a_span(side: Side, offences: int, main_acts: MainActs, profile: Profile) -> _Answer:
    """Return the answer for an offence on `side` of a birthday that all offences together span (A12)."""
    if profile is Profile.OPINION_2012 or main_acts is MainActs.UNDETERMINED:
        return _Answer.UNKNOWN
    if main_acts is MainActs.YES:
        return _Answer.YES
    return _Answer.NO if offences == 1 or side is Side.AFTER else _Answer.UNKNOWN


def _age_ground(
    ages: Sequence[_Answer],
    main_acts: MainActs,
    profile: Profile,
    span_possible: bool,
    span_certain: bool,
    unclear: bool,
) -> ResultGround:
    if _Answer.UNKNOWN not in ages:
        if _Answer.YES in ages:
            return grounds.MAIN_BEFORE if span_possible else grounds.UNDER
        return grounds.MAIN_AFTER if span_possible else grounds.ADULT
    if span_certain:
        if profile is Profile.OPINION_2012:
            return grounds.SPAN_SILENT
        return grounds.SPAN_UNDETERMINED if main_acts is MainActs.UNDETERMINED else grounds.SPAN_MIXED
    return grounds.CONDUCT_UNKNOWN if unclear else grounds.BIRTHDAY_UNCERTAIN
