"""How long somebody who is no Chinese citizen has stayed in China, as far as a certificate of record asks (R34).

中国境内居留180天（含）以上的外国人 may apply (2021 Provisions art. 5 [V]). Whether one stay must be so
long, or all of them together, the text leaves open; they are added up, as Beijing's rules of 2022 say (累计居留) [V].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from federation.errors import FieldViolation
from federation.v1 import document_pb2
from federation.values.calendar import DateRange, parse_date
from federation.values.names import name_key

MOST_STAYS: Final = 40
CLAUSE: Final = "2021 Provisions art. 5 [V]"
#: How people write that they are Chinese citizens; those of Hong Kong, Macao and Taiwan are, and need no stays.
_CHINA: Final = re.compile(
    r"(?:中国|中华人民共和国)?(?:籍|公民|大陆|(?:香港|澳门|台湾)(?:特别行政区|地区|居民)?)?"
    r"|(?:peoplesrepublicof|pr)?china|chinese|prc|chn|(?:hongkong|macao|macau|taiwan)(?:china|sar)?"
)
_DAY: Final = timedelta(days=1)


def is_foreign(nationality: str) -> bool:
    """Return whether the country named is another than China; a Chinese citizen may leave it out."""
    try:
        return bool(nationality) and not _CHINA.fullmatch(name_key(nationality))
    except ValueError:  # nothing but signs, which the check of its form refuses
        return True


def stay_violations(where: str, stays: Sequence[document_pb2.Stay]) -> Iterator[FieldViolation]:
    """Yield what is wrong with the form of stays."""
    if len(stays) > MOST_STAYS:
        yield FieldViolation(where, "SIZE", f"more than {MOST_STAYS}: give the latest")
        return
    for number, stay in enumerate(stays):
        here, days = f"{where}[{number}]", {}
        for name in ("first", "last"):
            try:
                days[name] = parse_date(getattr(stay, name))
            except ValueError:
                yield FieldViolation(f"{here}.{name}", "DATE", "the first and the last day: YYYY-MM-DD")
        if len(days) == 2 and days["last"] < days["first"]:
            yield FieldViolation(f"{here}.last", CLAUSE, "lies before the first day")


def stayed_days(stays: Iterable[document_pb2.Stay]) -> int:
    """Return on how many days in all: first and last days count, and a day in two stays counts once.

    The stays are well-formed (`stay_violations`).
    """
    total, counted_to = 0, date.min
    for stay in sorted(map(_range, stays), key=lambda stay: stay.first):
        first = max(stay.first, counted_to + _DAY)
        if first <= stay.last:
            total += (stay.last - first).days + 1
            counted_to = stay.last
    return total


def last_day(stays: Iterable[document_pb2.Stay]) -> date:
    """Return the last day of all stays, of which there is one at least."""
    return max(_range(stay).last for stay in stays)


def _range(stay: document_pb2.Stay) -> DateRange:
    return DateRange(parse_date(stay.first), parse_date(stay.last))
