"""The law on sealing, read a second time and written in another way: this file may use nothing of the product.

Law.md section 10 over plain facts. Where facts are missing, every way in which they could be is played through, day
by day; the law's answer is certain only where all of them lead to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from typing import Literal, TypeVar

Status = Literal["OPEN", "SEALED", "WITHHELD"]
T = TypeVar("T")
Test = Literal["yes", "no", "unknown"]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Offence:
    """First and last day of conduct; None where the agency does not say."""

    first: date | None
    last: date | None


@dataclass(frozen=True)
class Penalty:
    """The combined penalty: a kind, and the length of a fixed term."""

    kind: str
    months: int = 0
    days: int = 0


@dataclass(frozen=True)
class Facts:
    """What one agency says of one judgment; "" and None are unsaid. `birth` is a day, a month or a year."""

    birth: str
    offences: tuple[Offence, ...]
    penalty: Penalty | None
    main_acts: Literal["", "yes", "no"] = ""
    finding: Literal["", "under", "adult"] = ""
    adulthood: bool = False


@lru_cache(maxsize=100_000)
def status(facts: Facts, *, practice: bool) -> Status:
    """Return what section 10 makes of these facts; `practice` says whether the Measures of 2022 are in force."""
    light = _light(facts.penalty)
    each: list[Status] = []
    for age in _under_eighteen(facts, practice=practice):
        if "no" in (age, light):
            each.append("OPEN")
        else:
            each.append("SEALED" if (age, light) == ("yes", "yes") else "WITHHELD")
    # One offence that must not be told keeps the whole record back: whole-case scope, and nobody has separated it.
    if "WITHHELD" in each:
        return "WITHHELD"
    return "SEALED" if "SEALED" in each else "OPEN"


def together(stated: Sequence[Facts], *, practice: bool) -> Status:
    """Return what the law makes of one judgment of which several agencies say `stated`.

    Whoever is right on each fact is unknown, so every combination is judged.
    """
    found = {status(facts, practice=practice) for facts in _combinations(stated)}
    return found.pop() if len(found) == 1 else "WITHHELD"


def _combinations(stated: Sequence[Facts]) -> Iterator[Facts]:
    births = _claims((f.birth for f in stated), "")
    penalties = _claims((f.penalty for f in stated), None)
    acts = _claims((f.main_acts for f in stated), "")
    findings = _claims((f.finding for f in stated), "")
    conducts = {_filled(f.offences, stated) for f in stated}
    for birth, penalty, act, finding, conduct in product(births, penalties, acts, findings, conducts):
        yield replace(
            stated[0],
            birth=birth,
            penalty=penalty,
            main_acts=act,
            finding=finding,
            offences=conduct,
            adulthood=any(f.adulthood for f in stated),
        )


def _claims(values: Iterable[T], unsaid: T) -> set[T]:
    """Return what is said at all; that nothing is said is the only thing left when nobody says more."""
    return {value for value in values if value != unsaid} or {unsaid}


def _filled(own: tuple[Offence, ...], stated: Sequence[Facts]) -> tuple[Offence, ...]:
    """What one agency leaves out of its days of conduct is taken from whoever lists as many offences."""
    for other in stated:
        if len(other.offences) == len(own):
            own = tuple(
                Offence(a.first or b.first, a.last or b.last)
                for a, b in zip(own, other.offences, strict=True)
            )
    return own


def _light(penalty: Penalty | None) -> Test:
    if penalty is None:
        return "unknown"
    if penalty.kind in ("life", "death", "death_suspended"):
        return "no"
    if penalty.kind == "fixed_term" and penalty.months * 31 + penalty.days > 60 * 31:
        return "no"
    return "yes"


def _under_eighteen(facts: Facts, *, practice: bool) -> list[Test]:
    """Return for each offence whether it was before the end of the 18th birthday."""
    count = len(facts.offences)
    if facts.finding:
        return ["yes" if facts.finding == "under" else "no"] * count
    if not facts.birth:
        return ["no" if facts.adulthood else "unknown"] * count
    worlds = [
        _in_one_world(conducts, birthday, facts, practice=practice)
        for birthday in _birthdays(facts.birth)
        for conducts in product(*(_days(offence, birthday) for offence in facts.offences))
    ]
    if not worlds:  # days that cannot be: they prove nothing
        return ["unknown"] * count
    merged: list[Test] = []
    for answers in zip(*worlds, strict=True):
        merged.append(answers[0] if len(set(answers)) == 1 else "unknown")
    return merged


def _in_one_world(
    conducts: Sequence[tuple[date, date]], birthday: date, facts: Facts, *, practice: bool
) -> list[Test]:
    if all(last <= birthday for _, last in conducts):
        return ["yes"] * len(conducts)
    if all(first > birthday for first, _ in conducts):
        return ["no"] * len(conducts)
    if not practice or not facts.main_acts:  # the Opinions are silent on both sides of eighteen
        return ["unknown"] * len(conducts)
    if facts.main_acts == "yes":
        return ["yes"] * len(conducts)
    if len(conducts) == 1:
        return ["no"]
    return ["no" if first > birthday else "unknown" for first, _ in conducts]


def _birthdays(birth: str) -> Iterator[date]:
    """Yield each day that may be the last one under eighteen."""
    for day in _births(birth):
        try:
            yield day.replace(year=day.year + 18)
        except ValueError:  # 29 February: whether 28 February or 1 March is meant is contested
            yield date(day.year + 18, 2, 28)
            yield date(day.year + 18, 3, 1)


def _births(birth: str) -> Iterator[date]:
    parts = [int(part) for part in birth.split("-")]
    day = date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)
    while day.isoformat().startswith(birth):
        yield day
        day += _DAY


def _days(offence: Offence, birthday: date) -> list[tuple[date, date]]:
    """Return every conduct that is possible, one of each kind: a day left open may be on either side."""
    firsts = [offence.first] if offence.first else [birthday - 2 * _DAY, birthday + 2 * _DAY]
    lasts = [offence.last] if offence.last else [birthday - _DAY, birthday + 3 * _DAY]
    if offence.first and not offence.last:
        lasts += [offence.first]
    if offence.last and not offence.first:
        firsts += [offence.last]
    return [(first, last) for first in firsts for last in lasts if first <= last]
