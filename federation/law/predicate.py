"""The predicate vocabulary: the criteria that define which convictions a provision concerns, validated at start-up.

`federation.law.relevance` evaluates each criterion for a conviction; data/bases/README.md lists them for people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from federation.law import offences

Predicate = tuple[tuple["Criterion", ...], ...]
"""Alternatives, each a list of criteria that must all hold for one and the same offence."""

PENALTIES: Final = ("control", "detention", "fixed_term", "life")
ENDS: Final = ("completion", "probation_end", "judgment", "restoration")
MOST_YEARS: Final = 50

_CRITERION = re.compile(r"([a-z_]+)(?:\((.+)\))?", re.DOTALL)
_PERIOD = re.compile(r"([1-9]\d?) years? of ([a-z_]+)", re.ASCII)
_ARTICLE = re.compile(r"(\d{1,3})(?:-D?(\d{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a predicate with its arguments as written; `years` is the length of a period, else 0."""

    name: str
    arguments: tuple[str, ...] = ()
    years: int = 0

    def __str__(self) -> str:
        if self.years:
            return f"{self.name}({self.years} years of {self.arguments[0]})"
        return f"{self.name}({', '.join(self.arguments)})" if self.arguments else self.name


Readers: TypeAlias = Mapping[str, Callable[[str, str], Criterion]]
"""The permitted criteria, each with the reader of its arguments."""


def read_predicate(alternatives: object) -> Predicate:
    """Return lists of criteria as a predicate; raises `ValueError` naming a criterion that is not in the vocabulary."""
    return read_with(alternatives, _ARGUMENTS)


def read_with(alternatives: object, known: Readers) -> Predicate:
    """Return lists of criteria, each of them among `known`, as a predicate; raises `ValueError`."""
    if not isinstance(alternatives, list | tuple) or not alternatives:
        raise ValueError("predicate must be lists of words, one at least")
    found = []
    for criteria in alternatives:
        if not isinstance(criteria, list | tuple) or not criteria:
            raise ValueError("each alternative of the predicate must be a list of words, one at least")
        found.append(tuple(read_criterion(criterion, known) for criterion in criteria))
    return tuple(found)


def read_criterion(text: object, known: Readers) -> Criterion:
    """Return the criterion written as `text`; raises `ValueError` naming it."""
    match = _CRITERION.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[1] not in known:
        raise ValueError(f"predicate: unknown word {text!r}; known are {', '.join(sorted(known))}")
    try:
        return known[match[1]](match[1], (match[2] or "").strip())
    except ValueError as error:
        raise ValueError(f"predicate: {text!r}: {error}") from None


def article_key(article: str) -> tuple[int, int]:
    """Return the sort key of an article, "134-1" after "134"; raises `ValueError`."""
    match = _ARTICLE.fullmatch(article)
    if match is None:
        raise ValueError(f"{article!r} is not an article")
    return int(match[1]), int(match[2] or 0)


def in_articles(articles: str, article: str) -> bool:
    """Say whether `article` equals `articles` or is in such a range as "134..139", which includes 139-1 too."""
    first, dots, last = articles.partition("..")
    if not dots:
        return article == first
    return article_key(first) <= article_key(article) <= (article_key(last)[0], 99)


def bare(name: str, argument: str) -> Criterion:
    """Read a criterion that takes nothing in brackets."""
    if argument:
        raise ValueError("takes nothing in brackets")
    return Criterion(name)


def one_of(*known: str) -> Callable[[str, str], Criterion]:
    """Return a reader of a criterion that takes one of `known` in brackets."""

    def read(name: str, argument: str) -> Criterion:
        if argument not in known:
            raise ValueError(f"one of {', '.join(known)} belongs in the brackets")
        return Criterion(name, (argument,))

    return read


def _field(name: str, argument: str) -> Criterion:
    return one_of(*offences.catalogue().negligent_in)(name, argument)


def free(name: str, argument: str) -> Criterion:
    """Read a criterion that takes any text in brackets."""
    if not argument:
        raise ValueError("something belongs in the brackets")
    return Criterion(name, (argument,))


def _period(name: str, argument: str) -> Criterion:
    match = _PERIOD.fullmatch(argument)
    if match is None or match[2] not in ENDS or int(match[1]) > MOST_YEARS:
        raise ValueError(f"write (5 years of completion), or of {', '.join(ENDS[1:])}")
    return Criterion(name, (match[2],), years=int(match[1]))


def items_of(name: str, argument: str) -> Criterion:
    """Read a criterion that takes items of the offence catalogue in brackets."""
    items = tuple(item.strip() for item in argument.split(","))
    for item in items:
        how, _, what = item.partition(":")
        if how not in _ITEMS or not _ITEMS[how](what):
            raise ValueError(
                f"{item!r} is no tag, neighbourhood, chapter, article or name of the offence catalogue"
            )
    return Criterion(name, items)


def _some_article(what: str) -> bool:
    current = [o.article for o in offences.catalogue() if o.kind is offences.NameKind.CURRENT and o.article]
    return any(in_articles(what, article) for article in current)


_ITEMS: Mapping[str, Callable[[str], bool]] = {
    "tag": lambda what: what in offences.catalogue().all_tags,
    "near": lambda what: what in offences.catalogue().near,
    "chapter": lambda what: what in {str(o.chapter) for o in offences.catalogue() if o.chapter},
    "article": _some_article,
    "name": lambda what: offences.catalogue().find(what).kind is not offences.NameKind.UNKNOWN,
}
_ARGUMENTS: Readers = {
    "convicted": bare,
    "any_punishment": bare,
    "intentional": bare,
    "deprived_of_political_rights": bare,
    "deprivation_running": bare,
    "currently_serving": bare,
    "suspended": bare,
    "not_suspended": bare,
    "negligent_in": _field,
    "min_principal_penalty": one_of(*PENALTIES),
    "offence_in": items_of,
    "within": _period,
    "occupation_ban_running": free,
    "undecided": free,
}
CRITERIA: Final = frozenset(_ARGUMENTS)
