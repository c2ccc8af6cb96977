"""Everything that keeps a row from being entered, as far as it shows without a node."""

from __future__ import annotations

import re

from compose.bulk.source import SourceRow
from federation.errors import FieldViolation, InvalidRequest
from federation.record.validate import admit
from federation.values import clock

_PLACE = re.compile(r"\[[^]]*]")


def faults_of(item: SourceRow) -> list[FieldViolation]:
    """Return what is wrong with the cells of a row, and by the rules of entry with what could be read of it.

    What the rules say about a field whose cell could not be read is left out: it follows from that cell.
    """
    record = item.partial if item.record is None else item.record
    if record is None:
        return item.faults
    try:
        admit(record, today=clock.legal_day(clock.now()), allow_synthetic=True, new=True)
    except InvalidRequest as error:
        return [*item.faults, *(v for v in error.violations if not _follows(v.field, item.unread))]
    return item.faults


def _follows(field: str, unread: frozenset[str]) -> bool:
    """Say whether `field` is one that could not be read, lies in one, or holds one."""
    place = _PLACE.sub("", field) + "."
    return any(place.startswith(each) or each.startswith(place) for each in _places(unread))


def _places(unread: frozenset[str]) -> list[str]:
    return [_PLACE.sub("", each) + "." for each in unread]
