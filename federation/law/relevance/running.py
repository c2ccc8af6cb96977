"""Periods that may still run on the day of the question: a term of years, a sentence, a deprivation, a ban.

A term of years ends on the same day of the month, and that day still counts: 以内 includes the number
(刑法 99; counted as in 民法典 201-202 by analogy [P]). The years after a penalty begin only when it has ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from federation.law.relevance import ends
from federation.law.relevance.finding import CriterionFinding, no, undecided, yes
from federation.v1 import record_pb2 as pb

#: Extension for a court's bans (从业禁止, 刑法 37-1), such as "医师 2020-01-01/2023-01-01", separated by ";".
BAN = "cn.hutong/occupation_ban"
#: A ban under 刑法 37-1 is three to five years from completion or parole.
LONGEST_BAN = 5

_BAN = re.compile(r"(\S+) (\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)", re.ASCII)
_FOR_LIFE = frozenset({pb.PENALTY_KIND_LIFE, pb.PENALTY_KIND_DEATH_SUSPENDED})
_NEVER_SERVED = frozenset({pb.PENALTY_KIND_EXEMPT, pb.PENALTY_KIND_SUPPLEMENTARY_ONLY})
_ENDS: Mapping[str, Callable[[pb.Record, date], ends.End | None]] = {
    "completion": ends.completion,
    "probation_end": ends.probation_end,
    "restoration": ends.restoration,
    "judgment": lambda record, on: ends.judgment(record),
}
_WHAT = {
    "completion": "completion of the penalty",
    "probation_end": "the end of probation",
    "restoration": "the end of the deprivation of political rights",
    "judgment": "the judgment's effect",
}


def within(years: int, what: str, record: pb.Record, on: date) -> CriterionFinding:
    """Return whether the years after an end still run; before the end they count as running."""
    end, name = _ENDS[what](record, on), _WHAT[what]
    gap = ""
    if what == "completion" and ends.suspended(record, on):
        # 原判的刑罚就不再执行 (刑法 76): not "completed", so the text decides nothing until the years have passed.
        probation = ends.probation_end(record, on)
        end = ends.End(None, probation.latest if probation else None)
        gap = "the sentence was suspended, so it is not completed but no longer executed (刑法 76)"
    if end is None:
        return no(f"there is no such thing as {name} here")
    if end.latest and on > ends.later(end.latest, years=years):
        return no(f"{years} years after {name} had passed by {ends.later(end.latest, years=years)}")
    if end.earliest and on <= ends.later(end.earliest, years=years):
        until = ends.later(end.earliest, years=years)
        return yes(f"{years} years after {name} run until {until}{'' if end.latest else ' at least'}")
    return undecided(
        f"{gap or end.gap or f'the day of {name} is not certain'}: {years} years may have passed"
    )


def serving(record: pb.Record, on: date) -> CriterionFinding:
    """Return whether the person is serving (正在服刑): a principal penalty is being executed, parole included."""
    penalty = record.combined_penalty
    if penalty.kind in _NEVER_SERVED or record.verdict == pb.VERDICT_GUILTY_EXEMPT:
        return no("no principal penalty was imposed")
    if ends.suspended(record, on):
        probation = ends.probation_end(record, on)
        if probation and probation.latest and probation.latest <= on:
            return no(f"the probation ended by {probation.latest}")
        return undecided(
            "a suspended sentence on probation: whether that is serving (正在服刑) is not settled"
        )
    end = ends.completion(record, on)
    if end is None or end.latest:
        return no(f"the penalty was completed by {end.latest if end else 'no day'}")
    started = {pb.EXECUTION_KIND_SERVING, pb.EXECUTION_KIND_COMMUNITY_CORRECTION}
    begun = ends.events(record, on, started)
    if not begun or not penalty.kind:
        return undecided(f"{end.gap}: whether the penalty is being served is not in the record")
    if record.further_penalty.kind and ends.events(record, on, {pb.EXECUTION_KIND_COMPLETED}):
        penalty = record.further_penalty
    if penalty.kind in _FOR_LIFE or (
        penalty.months and on < ends.later(begun[-1], months=penalty.months + (1 if penalty.days else 0))
    ):
        return yes(f"serving since {begun[-1]}, and nothing says that it ended")
    return undecided(f"{end.gap}, though the term as pronounced has passed")


def deprivation_running(record: pb.Record, on: date) -> CriterionFinding:
    """Return whether deprivation of political rights is in force on the day."""
    end = ends.restoration(record, on)
    if end is None:
        if not record.combined_penalty.kind:
            return undecided("the penalty imposed is unknown")
        return no("deprivation of political rights was not imposed")
    if end.latest and end.latest <= on:
        return no(f"political rights were restored by {end.latest}")
    if end.earliest and on < end.earliest:
        return yes(f"deprivation of political rights runs until {end.earliest} at least, as far as is known")
    return undecided(end.gap)


def ban_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with the text of a court's bans: each names an occupation and its first and last day."""
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        match = _BAN.fullmatch(part)
        first, last = (ends.day_of(match[2]), ends.day_of(match[3])) if match else (None, None)
        if first is None or last is None or last < first:
            yield f"{part[:60]!r} is no ban such as 医师 2020-01-01/2023-01-01"


def ban_running(scope: str, record: pb.Record, on: date) -> CriterionFinding:
    """Return whether a court's ban on the occupation `scope` runs: as the record states it, or no longer by time."""
    bans = [each for each in record.prohibitions if each.kind == pb.PROHIBITION_KIND_OCCUPATION]
    if bans:
        return max((_ban(each, scope, record, on) for each in bans), key=lambda finding: finding.answer)
    text = record.extensions.get(BAN, "")
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        match = _BAN.fullmatch(part)
        first, last = (ends.day_of(match[2]), ends.day_of(match[3])) if match else (None, None)
        if match is None or first is None or last is None:
            return undecided("the occupation ban in the record cannot be read")
        if first <= on <= last and match[1] == scope:
            return yes(f"the court banned the occupation {scope} until {last}")
        if first <= on <= last:
            return undecided(
                f"the court banned the occupation {match[1]} until {last}: whether it is {scope}"
            )
    if text:
        return no("the court's occupation ban does not run on that day")
    probation, served = ends.probation_end(record, on), ends.completion(record, on)
    end = probation or served
    if end is None:
        return no("no punishment, so no occupation ban (刑法 37-1)")
    if end.latest and on > ends.later(end.latest, years=LONGEST_BAN):
        return no("five years have passed, the longest ban there is (刑法 37-1)")
    return undecided("the record does not say whether the court banned an occupation (从业禁止)")


def _ban(ban: pb.Prohibition, scope: str, record: pb.Record, on: date) -> CriterionFinding:
    """Return whether one ban runs: by its own days, else counted from completion or parole (刑法 37-1)."""
    begun = _begin_of_ban(ban, record, on)
    last = ends.day_of(ban.until)
    if ban.for_life:
        first_end, last_end = date.max, date.max
    elif last:
        first_end = last_end = last
    elif ban.months:
        first_end = ends.later(begun.earliest, months=ban.months) if begun.earliest else date.min
        last_end = ends.later(begun.latest, months=ban.months) if begun.latest else date.max
    else:
        return undecided("the occupation ban in the record states no end")
    what = f"the court banned the occupation {ban.scope}"
    if on > last_end:
        return no(f"{what} until {last_end}")
    if begun.earliest and on < begun.earliest:
        return no(f"{what}, not before {begun.earliest}")
    if ban.scope != scope:
        return undecided(f"{what}: whether it is {scope}")
    if begun.latest and begun.latest <= on <= first_end:
        return yes(f"{what} {'for life' if ban.for_life else f'until {first_end} at least'}")
    return undecided(f"{what}, but its first or last day is not certain")


def _begin_of_ban(ban: pb.Prohibition, record: pb.Record, on: date) -> ends.End:
    first = ends.day_of(getattr(ban, "from"))
    if first:
        return ends.End(first, first)
    paroled = ends.events(record, on, {pb.EXECUTION_KIND_PAROLED})
    if paroled:
        return ends.End(paroled[0], paroled[-1])
    return ends.probation_end(record, on) or ends.completion(record, on) or ends.End(None, None)
