"""The end of a penalty, a probation or a deprivation of political rights, as far as a record states it.

An end is given by two days: it certainly did not come before the first and certainly came by the second. Events
after the day of the question are ignored. No penalty is completed before the judgment is final (刑法 47), though a
fine may have been paid before.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from federation.law.punishment import EXECUTION_OVER, execution_over, is_life_or_death
from federation.v1 import record_pb2 as pb
from federation.values.calendar import parse_date

_DAY = timedelta(days=1)
_GOES_ON = frozenset(
    {
        pb.EXECUTION_KIND_PENDING_DELIVERY,
        pb.EXECUTION_KIND_SERVING,
        pb.EXECUTION_KIND_PAROLED,
        pb.EXECUTION_KIND_OUTSIDE_PRISON,
        pb.EXECUTION_KIND_ESCAPED,
        pb.EXECUTION_KIND_COMMUNITY_CORRECTION,
        pb.EXECUTION_KIND_REVOKED,
    }
)
_EXECUTED_BY = {
    pb.SUPPLEMENTARY_KIND_FINE: {pb.EXECUTION_KIND_FINE_PAID, pb.EXECUTION_KIND_FINE_REMITTED},
    pb.SUPPLEMENTARY_KIND_CONFISCATION: {pb.EXECUTION_KIND_CONFISCATED},
    pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS: {pb.EXECUTION_KIND_RIGHTS_RESTORED},
}


@dataclass(frozen=True, slots=True)
class End:
    """An end, not before `earliest` and not after `latest`; None is unknown. `gap` states what is missing."""

    earliest: date | None
    latest: date | None
    gap: str = ""


def later(day: date, *, years: int = 0, months: int = 0) -> date:
    """Return the same day of the month, so much later, or the last of that month (民法典 202 by analogy [P])."""
    count = day.year * 12 + day.month - 1 + years * 12 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_of(text: str) -> date | None:
    """Return the day, or None for an empty text or an invalid date."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def events(record: pb.Record, on: date, kinds: Iterable[int]) -> list[date]:
    """Return the days of events of these kinds, oldest first, up to `on`."""
    days = [day_of(event.on) for event in record.execution if event.kind in kinds]
    return sorted(day for day in days if day is not None and day <= on)


def suspended(record: pb.Record, on: date) -> bool | None:
    """Say whether the penalty is suspended (缓刑) and was not revoked; None when the penalty is unknown."""
    if not record.combined_penalty.kind:
        return None
    return record.combined_penalty.probation_months > 0 and not events(
        record, on, {pb.EXECUTION_KIND_REVOKED}
    )


def judgment(record: pb.Record) -> End:
    """Return when the judgment took effect: never before it was pronounced."""
    final = day_of(record.final_on)
    return End(final or day_of(record.pronounced_on), final, "the date the judgment became final is missing")


def completion(record: pb.Record, on: date) -> End | None:
    """Return when the principal penalty was completed; None when there was none to complete.

    For a fine or another supplementary penalty alone it is the day on which all of them were executed.
    """
    kind = record.combined_penalty.kind
    if kind == pb.PENALTY_KIND_EXEMPT or record.verdict == pb.VERDICT_GUILTY_EXEMPT:
        return None
    if kind == pb.PENALTY_KIND_SUPPLEMENTARY_ONLY:
        return _supplementary(record, on)
    over, going = events(record, on, execution_over(record)), events(record, on, _GOES_ON)
    after = [day for day in over if not going or day >= going[-1]]
    if after:
        return _final(record, after[0], after[-1])
    released = events(record, on, EXECUTION_OVER)
    if released and record.further_penalty.kind:
        return End(released[-1], None, "control is served after the term, and nothing says that it ended")
    known = [day for day in (judgment(record).earliest, *going[-1:]) if day]
    gap = "the completion date is missing" if record.execution else "nothing is known of the execution"
    return End(max(known, default=None), None, gap)


def probation_end(record: pb.Record, on: date) -> End | None:
    """Return when the probation of a suspended sentence ended; None when it is not suspended.

    Probation runs from the day the judgment is final (刑法 73).
    """
    held = suspended(record, on)
    if held is None:
        return End(None, None, "the penalty imposed is unknown")
    if not held:
        return None
    effect = judgment(record).earliest
    computed = later(effect, months=record.combined_penalty.probation_months) if effect else None
    over = events(record, on, EXECUTION_OVER)
    known = [day for day in (computed, over[0] if over else None) if day]
    if over:  # reported before the counted day: a person must find out on which of the two it ended
        return End(
            min(known), max(*known, over[-1]), "the probation was reported as ended before its last day"
        )
    gap = "no notice says that the probation ended"
    if computed is None or events(record, on, {pb.EXECUTION_KIND_REDUCED}):
        return End(effect, None, gap)
    return End(computed - _DAY, None, gap)


def restoration(record: pb.Record, on: date) -> End | None:
    """Return when deprivation of political rights ended; None when there was none.

    It is counted from completion or parole (刑法 58); with control both run together (刑法 55).
    """
    extra = next(
        (
            e
            for e in record.supplementary_penalties
            if e.kind == pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS
        ),
        None,
    )
    kind = record.combined_penalty.kind
    if extra is None and not kind:
        return End(None, None, "the penalty imposed is unknown")
    if extra is None and not is_life_or_death(kind):
        return None
    restored = events(record, on, {pb.EXECUTION_KIND_RIGHTS_RESTORED})
    if restored:
        return End(restored[0], restored[-1])
    gap = "no notice says that political rights were restored"
    eased = {pb.EXECUTION_KIND_COMMUTED, pb.EXECUTION_KIND_REDUCED, pb.EXECUTION_KIND_PARDONED}
    changed = not record.execution or bool(events(record, on, eased))
    served = completion(record, on) or End(None, None)
    if not changed and (is_life_or_death(kind) or (extra is not None and extra.for_life)):
        return End(on + _DAY, None, gap)
    if extra is None or kind == pb.PENALTY_KIND_SUPPLEMENTARY_ONLY or changed or suspended(record, on):
        return End(judgment(record).earliest, None, gap)
    if kind == pb.PENALTY_KIND_CONTROL:
        return End(served.earliest, served.latest, gap)
    least, most = (extra.months, extra.months) if extra.months else (12, 60)
    paroled = events(record, on, {pb.EXECUTION_KIND_PAROLED})
    begun = paroled[-1] if paroled else served.earliest
    return End(
        later(begun, months=least) - _DAY if begun else None,
        later(served.latest, months=most) if served.latest else None,
        gap,
    )


def _supplementary(record: pb.Record, on: date) -> End:
    over = events(record, on, EXECUTION_OVER)
    if over:
        return _final(record, over[0], over[-1])
    days = []
    for extra in record.supplementary_penalties:
        executed = events(record, on, _EXECUTED_BY.get(extra.kind, set()))
        if not executed:
            return End(
                judgment(record).earliest, None, "the day on which the penalty was executed is missing"
            )
        days.append(executed[-1])
    if not days:
        return End(judgment(record).earliest, None, "the supplementary penalties are not named")
    return _final(record, max(days), max(days))


def _final(record: pb.Record, first: date, last: date) -> End:
    effect = judgment(record).earliest or first
    return End(max(first, effect), max(last, effect))
