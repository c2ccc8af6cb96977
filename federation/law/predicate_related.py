"""The predicate vocabulary for related records (R64), parsed and validated at start-up.

`federation.law.relevance.related` evaluates each criterion for a decision; data/bases/README.md lists them for people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from federation.law import conduct
from federation.law.predicate import MOST_YEARS, Criterion, Predicate, free, items_of, one_of, read_with
from federation.law.predicate import bare as bare_criterion

NON_PROSECUTIONS: Final = ("statutory", "discretionary", "insufficient_evidence", "conditional")
SANCTIONS: Final = ("warning", "fine", "detention", "licence_revoked", "deportation", "reeducation")
_COUNT = re.compile(r"[2-9]", re.ASCII)
_PERIOD = re.compile(r"([1-9]\d?) years? of decision", re.ASCII)


def read_related(alternatives: object) -> Predicate:
    """Return lists of criteria as a predicate on records of another class; raises `ValueError` naming the criterion."""
    return read_with(alternatives, _ARGUMENTS)


def _times(name: str, argument: str) -> Criterion:
    if not _COUNT.fullmatch(argument):
        raise ValueError("write a number of decisions, 2 to 9")
    return Criterion(name, (argument,))


def _period(name: str, argument: str) -> Criterion:
    match = _PERIOD.fullmatch(argument)
    if match is None or int(match[1]) > MOST_YEARS:
        raise ValueError("write (5 years of decision)")
    return Criterion(name, ("decision",), years=int(match[1]))


def _conduct(name: str, argument: str) -> Criterion:
    items = tuple(item.strip() for item in argument.split(","))
    for item in items:
        how, _, what = item.partition(":")
        known = what in conduct.tags() if how == "tag" else how == "name" and bool(conduct.tags_of(what))
        if not known:
            raise ValueError(f"{item!r} is no tag or name of the table of conduct")
    return Criterion(name, items)


_ARGUMENTS: Mapping[str, Callable[[str, str], Criterion]] = {
    "decided": bare_criterion,
    "conduct_in": _conduct,
    "offence_in": items_of,
    "non_prosecution": one_of(*NON_PROSECUTIONS),
    "sanction": one_of(*SANCTIONS),
    "times": _times,
    "within": _period,
    "undecided": free,
}
CRITERIA: Final = frozenset(_ARGUMENTS)
