"""Matching of an offence, by the name it was judged under, with the offences that a provision lists.

A name of the past counts as what it was, through all its successors. Former names and section headings stand for
several articles: an answer that applies to some of them only is undecided. Articles of the Criminal Law of 1979 do not
correspond to those of today.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from federation.law import offences
from federation.law.offences import NameKind, Offence
from federation.law.predicate import article_key, in_articles
from federation.law.relevance.finding import Answer, CriterionFinding, no, undecided, yes
from federation.v1 import record_pb2 as pb


def offence_in(items: Iterable[str], offence: pb.Offence) -> CriterionFinding:
    """Return whether the offence is one of `items`, such as "tag:sexual" or "article:134..139"."""
    known = offences.catalogue().find(offence.name)
    if known.kind is NameKind.UNKNOWN:
        return undecided(f"{offence.name} is not in the catalogue of offences")
    answer = max(_is(item, known, offence) for item in items)
    if answer is Answer.YES:
        return yes(f"{offence.name} is among the offences that the provision lists")
    if answer is Answer.NO:
        return no(f"{offence.name} is not among the offences that the provision lists")
    return undecided(f"{offence.name}: the paragraph, or a newer name, decides whether it is listed")


def _is(item: str, known: Offence, offence: pb.Offence) -> Answer:
    how, _, what = item.partition(":")
    if how == "tag":
        if what in offences.catalogue().tags(offence.name, offence.article):
            return Answer.YES
        return Answer.UNDECIDED if what in known.possible_tags else Answer.NO
    if how == "near":
        return max(_is(neighbour, known, offence) for neighbour in offences.catalogue().near[what])
    if how == "name":
        return _is_named(what, known)
    if how == "chapter":
        return _all_or_some([chapter == what for chapter in _chapters(known)])
    return _all_or_some([in_articles(what, article) for article in _articles(known)])


def _is_named(what: str, known: Offence) -> Answer:
    if what == known.name:
        return Answer.YES
    if what not in known.now:
        return Answer.NO
    same = known.kind in (NameKind.RENAMED, NameKind.SPELLING, NameKind.SELECTION)
    return Answer.YES if same else Answer.UNDECIDED


def _all_or_some(hits: list[bool]) -> Answer:
    """Return yes or no where all agree, else undecided; undecided too for an empty list."""
    if hits and all(hits):
        return Answer.YES
    return Answer.UNDECIDED if any(hits) or not hits else Answer.NO


def _articles(known: Offence) -> list[str]:
    """Return today's articles that the name may stand for; a name of 1979 proves none of them."""
    successors = [offences.catalogue().find(name).article for name in known.now]
    own = [] if known.kind is NameKind.HEADING or _of_1979(known) else [known.article]
    if own and known.kind is not NameKind.ABOLISHED:
        return [article for article in own if article]
    return [article for article in (*own, *successors) if article]


def _chapters(known: Offence) -> list[str]:
    return [_chapter_of(article) for article in _articles(known)]


def _of_1979(known: Offence) -> bool:
    return "1979" in (known.article or "")


@cache
def _chapter_of(article: str) -> str:
    """Return the chapter of an article: chapters are ranges, so that of the nearest offence at or before it."""
    place = article_key(article)
    current = (o for o in offences.catalogue() if o.kind is NameKind.CURRENT and o.article)
    before = [(article_key(o.article or ""), o.chapter) for o in current]
    return str(max((key, chapter or 0) for key, chapter in before if key <= place)[1])
