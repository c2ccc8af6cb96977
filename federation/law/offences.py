"""The offences of the Criminal Law (罪名) by the name a judgment gives them, including names of the past.

A record always keeps the name as judged; the findings from here are used in addition. A name that is not found is
no error, since old and unusual names are lawful.
"""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from federation.values.offence_name import offence_key

_DATA: Final = Path(__file__).parents[1] / "data"
_OTHER_NAMES: Final = ("offence_names.toml", "offence_names_1979.toml")
_NEGLIGENT = re.compile("过失|失火|事故|肇事|失职")
_ARTICLE = re.compile(
    r"第?(\d+)条?(?:[之-]([一二三四五六七八九\d])(?![十百\d]))?(?:\(([一二三四五六七八九\d])\)|第([一二三四五六七八九\d])款)?",
    re.ASCII,
)
_DIGIT: Final = {c: str(n) for n, c in enumerate("一二三四五六七八九", start=1)}


class NameKind(StrEnum):
    """The kind of a name in the catalogue."""

    CURRENT = "current"
    RENAMED = "renamed"
    ABOLISHED = "abolished"
    HEADING = "heading"
    SPELLING = "spelling"
    SELECTION = "selection"
    UNKNOWN = "unknown"


class Intent(StrEnum):
    """故意 or 过失, as far as the name determines it."""

    INTENTIONAL = "intentional"
    NEGLIGENT = "negligent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Offence:
    """The catalogue's entry for one name.

    `until` is the first day on which the name was no longer valid; `now` are the names that replaced it. `tags`
    hold for every conviction under the name, `possible_tags` only under some paragraph of the article.
    `checked` is the mark of the source, and empty for the official list.
    """

    name: str
    kind: NameKind
    chapter: int | None = None
    article: str | None = None
    until: date | None = None
    now: tuple[str, ...] = ()
    intent: Intent = Intent.UNKNOWN
    tags: frozenset[str] = frozenset()
    possible_tags: frozenset[str] = frozenset()
    checked: str = ""


@dataclass(frozen=True)
class Catalogue:
    """All names, by their normal form."""

    by_name: Mapping[str, Offence]
    paragraph_tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    negligent_in: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Per field of work, the negligent offences whose name shows that they were committed in it."""
    all_tags: frozenset[str] = frozenset()
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Per kind of offence that lists ending in 等 name, the items beside it that such a list may mean too."""

    def find(self, name: str) -> Offence:
        """Return the offence called `name`, with or without 罪; of kind `UNKNOWN` when there is none."""
        key = offence_key(name)
        found = self.by_name.get(key)
        if found is not None:
            return found
        intent = Intent.NEGLIGENT if _NEGLIGENT.search(key) else Intent.UNKNOWN
        return Offence(name=name, kind=NameKind.UNKNOWN, intent=intent)

    def tags(self, name: str, article: str = "") -> frozenset[str]:
        """Return the tags of a conviction for `name` under `article` as judged, e.g. "第238条第2款"."""
        offence = self.find(name)
        cited, paragraph = _cited(article)
        if cited != offence.article or not paragraph:
            return offence.tags
        more = self.paragraph_tags.get(f"{cited}({paragraph})", frozenset())
        return offence.tags | (more & offence.possible_tags)

    def __iter__(self) -> Iterator[Offence]:
        return iter(self.by_name.values())


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with this version of the project; read once, at first use."""
    return load(_DATA)


def load(folder: Path) -> Catalogue:
    """Return the catalogue in `folder`: offences.csv, the three tables of other names, and offence_tags.toml."""
    marks = tomllib.loads((folder / "offence_tags.toml").read_text("utf-8"))
    entries: dict[str, Offence] = {}
    with (folder / "offences.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            name, article = row["name"], row["article"]
            tags, possible = _tags(marks, name, article)
            entries[offence_key(name)] = Offence(
                name=name,
                kind=NameKind.CURRENT,
                chapter=int(row["chapter"]),
                article=article,
                intent=_intent(marks, name),
                tags=tags,
                possible_tags=possible,
            )
    others = [tomllib.loads((folder / file).read_text("utf-8"))["name"] for file in _OTHER_NAMES]
    official = dict(entries)
    others.append(_selections(folder, official))
    for row in (row for table in others for row in table):
        if offence_key(row["name"]) in entries:
            raise ValueError(f"{row['name']}: the catalogue has this name already")
        successors = [official[offence_key(now)] for now in row["now"]]
        tags, possible = _tags_of_the_past(marks, row, successors)
        entries[offence_key(row["name"])] = Offence(
            name=row["name"],
            kind=NameKind(row["kind"]),
            chapter=successors[0].chapter if successors else None,
            article=row["article"],
            until=row.get("until"),
            now=tuple(s.name for s in successors),
            intent=_intent_of_the_past(marks, row["name"], successors),
            tags=tags,
            possible_tags=possible,
            checked=row["checked"],
        )
    paragraphs: dict[str, frozenset[str]] = {}
    for tag, articles in marks["tags"].items():
        for article in articles:
            if "(" in article:
                paragraphs[article] = paragraphs.get(article, frozenset()) | {tag}
    return Catalogue(
        by_name=entries,
        paragraph_tags=paragraphs,
        negligent_in={name: frozenset(listed) for name, listed in marks["negligent_in"].items()},
        all_tags=frozenset(marks["tags"]),
        near={kind: tuple(items) for kind, items in marks["near"].items()},
    )


def _tags(marks: Mapping[str, Any], name: str, article: str) -> tuple[frozenset[str], frozenset[str]]:
    certain: set[str] = set()
    possible: set[str] = set()
    for tag, articles in marks["tags"].items():
        for tagged in articles:
            base, _, paragraph = tagged.partition("(")
            if base != article:
                continue
            named = marks["paragraph_names"].get(tagged)
            if not paragraph or (named and name in named):
                certain.add(tag)
            elif not named:
                possible.add(tag)
    return frozenset(certain), frozenset(possible - certain)


def _selections(folder: Path, official: Mapping[str, Offence]) -> list[dict[str, Any]]:
    """Return the names formed by selection (选择性罪名) as rows: each counts as the official name it was taken from."""
    table = tomllib.loads((folder / "offence_names_selected.toml").read_text("utf-8"))["selected"]
    return [
        {
            "name": selected,
            "kind": NameKind.SELECTION.value,
            "article": official[offence_key(whole)].article,
            "now": [whole],
            "checked": "[M] (a selection of the official name)",
        }
        for whole, names in table.items()
        for selected in names
    ]


def _tags_of_the_past(
    marks: Mapping[str, Any], row: Mapping[str, Any], successors: Sequence[Offence]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the tags that are certain and those that are possible of a name of the past or a heading.

    It counts as what it was: certain is what its own article shows and what all its successors share, possible is
    what holds for some of them. A heading has no article of its own, and one of 1979 proves nothing.
    """
    heading = row["kind"] == NameKind.HEADING
    own, maybe = (
        (frozenset[str](), frozenset[str]()) if heading else _tags(marks, row["name"], row["article"])
    )
    if not successors:
        return own, maybe
    certain = own | frozenset.intersection(*(s.tags for s in successors))
    return certain, maybe.union(*(s.tags | s.possible_tags for s in successors)) - certain


def _intent_of_the_past(marks: Mapping[str, Any], name: str, successors: Sequence[Offence]) -> Intent:
    """Return the intent that a name of the past itself is listed with or shows, else that of all its successors."""
    stated = any(name in listed for listed in marks["intent"].values())
    shared = {successor.intent for successor in successors}
    if stated or not shared or _NEGLIGENT.search(name):
        return _intent(marks, name)
    return shared.pop() if len(shared) == 1 else Intent.UNKNOWN


def _intent(marks: Mapping[str, Any], name: str) -> Intent:
    for intent in Intent:
        if name in marks["intent"][intent.value]:
            return intent
    return Intent.NEGLIGENT if _NEGLIGENT.search(name) else Intent.INTENTIONAL


def _cited(article: str) -> tuple[str, str]:
    text = "".join(unicodedata.normalize("NFKC", article).split())
    match = _ARTICLE.match(text)
    if match is None or text.startswith(("之", "-"), match.end()):  # 264-266 is a range, not article 264-2
        return "", ""
    number, sub, *paragraphs = match.groups()
    paragraph = next((p for p in paragraphs if p), "")
    return number + (f"-{_DIGIT.get(sub, sub)}" if sub else ""), _DIGIT.get(paragraph, paragraph)
