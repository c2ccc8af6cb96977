"""Checks of what a court forbids next to a penalty: 从业禁止 (刑法 37-1) and 禁止令 (刑法 38, 72), and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from federation.errors import FieldViolation
from federation.v1 import record_pb2 as pb
from federation.values.calendar import known_day, parse_date

OCCUPATION, ORDER = pb.PROHIBITION_KIND_OCCUPATION, pb.PROHIBITION_KIND_ORDER
#: Kind -> since when courts order it (刑法修正案九 and 八), and the article.
_SINCE = {OCCUPATION: (date(2015, 11, 1), "刑法 37-1"), ORDER: (date(2011, 5, 1), "刑法 38, 72")}
#: Months of a ban on an occupation, unless another law says otherwise (刑法 37-1).
OCCUPATION_MONTHS = (36, 60)
#: Longer than any working life; what is longer is for life.
MOST_MONTHS = 600
#: Least months of an order with control and with probation (法发〔2011〕9号, 6).
_LEAST_WITH_CONTROL, _LEAST_WITH_PROBATION = 3, 2


def check(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield what is wrong with the prohibitions of a criminal record."""
    for number, prohibition in enumerate(record.prohibitions):
        where = f"prohibitions[{number}]"
        if prohibition.kind not in _SINCE:
            yield FieldViolation(f"{where}.kind", "R20", "say which prohibition it is: OCCUPATION or ORDER")
            continue
        since, article = _SINCE[prohibition.kind]
        judged = known_day(record.pronounced_on)
        if judged and judged < since:
            yield FieldViolation(f"{where}.kind", article, f"no court ordered it before {since}")
        if not prohibition.scope:
            yield FieldViolation(f"{where}.scope", article, "say what is forbidden")
        yield from _period(prohibition, where)
        if prohibition.kind == OCCUPATION:
            yield from _occupation(record, prohibition, where)
        else:
            yield from _order(record, prohibition, where)


def _period(prohibition: pb.Prohibition, where: str) -> Iterator[FieldViolation]:
    days: dict[str, date] = {}
    for name, text in (("from", getattr(prohibition, "from")), ("until", prohibition.until)):
        try:
            if text:
                days[name] = parse_date(text)
        except ValueError as error:
            yield FieldViolation(f"{where}.{name}", "DATE", str(error))
    if len(days) == 2 and days["until"] < days["from"]:
        yield FieldViolation(f"{where}.until", "DATE", "the prohibition ends before it begins")
    if prohibition.for_life and (prohibition.months or prohibition.until):
        yield FieldViolation(f"{where}.for_life", "R20", "has no other length; keep one")
    if prohibition.months > MOST_MONTHS:
        yield FieldViolation(f"{where}.months", "R20", f"longer than {MOST_MONTHS} months: say for_life")
    if not (prohibition.months or prohibition.for_life or prohibition.until):
        yield FieldViolation(f"{where}.months", "R20", "say for how long")


def _occupation(record: pb.Record, prohibition: pb.Prohibition, where: str) -> Iterator[FieldViolation]:
    if record.combined_penalty.kind == pb.PENALTY_KIND_EXEMPT:
        yield FieldViolation(f"{where}.kind", "刑法 37-1", "goes with a penalty, and this one was exempted")
    least, most = OCCUPATION_MONTHS
    usual = not prohibition.for_life and (not prohibition.months or least <= prohibition.months <= most)
    if not usual and not prohibition.basis:
        yield FieldViolation(
            f"{where}.basis",
            "刑法 37-1",
            "name the law by which it is for another time than three to five years",
        )


def _order(record: pb.Record, prohibition: pb.Prohibition, where: str) -> Iterator[FieldViolation]:
    penalty, further = record.combined_penalty, record.further_penalty
    control = next((p for p in (penalty, further) if p.kind == pb.PENALTY_KIND_CONTROL), None)
    most, least = penalty.probation_months, _LEAST_WITH_PROBATION
    if control is not None:
        most, least = control.months + (control.days > 0), _LEAST_WITH_CONTROL
    if not most and penalty.kind:
        yield FieldViolation(
            f"{where}.kind", "刑法 38, 72", "goes with control or a suspended sentence alone"
        )
    elif prohibition.for_life:
        yield FieldViolation(f"{where}.for_life", "刑法 38, 72", "ends with the control or probation")
    elif most and prohibition.months and not least <= prohibition.months <= most:
        yield FieldViolation(f"{where}.months", "刑法 38, 72", f"must be {least} to {most} months here")
