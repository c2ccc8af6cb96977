"""Additions to a record (R22): what the charter declares of each, which values fit, and who may see it.

A charter that declares none takes any namespaced key, as it did when it was signed. One that declares some takes these
alone, and those of the program itself. A key that is not declared is a free text: it may name another person.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from federation.errors import FieldViolation
from federation.law.relevance.running import BAN, ban_faults
from federation.record.fields import CO_OFFENDERS
from federation.values import calendar
from federation.values.terms import Purpose

#: Most additions of one record.
MOST: Final = 50
#: Characters of a value.
MOST_TEXT: Final = 400
_PURPOSES: Final = frozenset(map(str, Purpose))
_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+/[a-z0-9_.-]{1,60}")
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z./_-]{0,59}")
_CITIZEN = re.compile(r"(?<![0-9])([0-9]{17}[0-9Xx]|[0-9]{15})(?![0-9])")
#: Too short for an identity number.
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_OF_CASES: Final = frozenset({str(Purpose.CASE), str(Purpose.SEALED_CASE)})
_WORDS: Final = Path(__file__).parents[1] / "data" / "opinions.toml"


class ExtensionType(StrEnum):
    """What a value of an addition is."""

    #: Free text. It may name anybody, so it is always personal.
    TEXT = "text"
    #: A number of a file or thing: ASCII letters, digits and "./_-"; no identity number unless personal.
    CODE = "code"
    NUMBER = "number"
    #: An ISO date.
    DATE = "date"
    #: "yes" or "no".
    YES_NO = "yes_no"
    #: Occupation bans, in the form of `federation.law.relevance.running`; not to be declared.
    BANS = "bans"


@dataclass(frozen=True, slots=True)
class Extension:
    """A declared addition. `shown_to` are the purposes whose full answers show it; its holder's officers see it."""

    name: str
    type: ExtensionType
    shown_to: frozenset[str]
    #: Whether it may name or describe another person than the offender.
    personal: bool


#: Those of the program itself. Who handles a case sees who else was convicted in it; a lawyer does not (R38).
BUILT_IN: Final[Mapping[str, Extension]] = {
    CO_OFFENDERS: Extension(CO_OFFENDERS, ExtensionType.TEXT, _OF_CASES, personal=True),
    BAN: Extension(BAN, ExtensionType.BANS, _PURPOSES, personal=False),
}


@dataclass(frozen=True, slots=True)
class Declarations:
    """What one charter declares; `declared` is None where it says nothing about additions."""

    declared: Mapping[str, Extension] | None = None

    def of(self, name: str) -> Extension | None:
        """Return the declaration of that name, or None."""
        return BUILT_IN.get(name) or (self.declared or {}).get(name)

    def may_name_others(self, name: str) -> bool:
        """Return whether a value under this key may name another person."""
        known = self.of(name)
        return known is None or known.personal

    def shown(self, name: str, purpose: str) -> bool:
        """Return whether full answers for this purpose show the addition.

        Where the charter declares some, a key that is not among them (of a record entered before) is for its holder.
        """
        known = self.of(name)
        return self.declared is None if known is None else purpose in known.shown_to

    def faults(
        self, extensions: Mapping[str, str], kept: Mapping[str, str] | None = None
    ) -> Iterator[FieldViolation]:
        """Yield what is wrong with the additions of a record; `kept` are those of its version before.

        What that version has under the same key is not judged again: it may be of an earlier charter.
        """
        if len(extensions) > MOST:
            yield FieldViolation("extensions", "SIZE", f"more than {MOST}")
        for name in sorted(extensions):
            if kept is None or kept.get(name) != extensions[name]:
                yield from self._faults(name, extensions[name])

    def _faults(self, name: str, value: str) -> Iterator[FieldViolation]:
        where = f"extensions[{name[:120]}]"
        wrong = list(name_faults(name))
        yield from wrong
        if wrong and wrong[0].field == "extensions":
            return
        known = self.of(name)
        if known is None and self.declared is not None:
            yield FieldViolation(
                where, "R22", "is not declared in the charter: have it declared, or leave it out"
            )
        text = "".join(unicodedata.normalize("NFKC", value).split())
        if word := next((each for each in _words()["in_texts"] if each in text), ""):
            yield FieldViolation(
                where, "R1", f"holds a score or an opinion ({word}): a record states decisions"
            )
        if known is not None and known.type is not ExtensionType.TEXT:
            yield from _type_faults(where, known, value)


def declaration_faults(
    name: str, type_: str, shown_to: Iterable[str], *, personal: bool
) -> list[FieldViolation]:
    """Return what is wrong with a declaration, by its fields."""
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(FieldViolation("name", "R22", "is not a namespaced key such as cn.example.moj/number"))
    if name in BUILT_IN:
        faults.append(FieldViolation("name", "R22", "is declared by the program itself"))
    faults += _opinion_in_name("name", name)
    types = [str(each) for each in ExtensionType if each is not ExtensionType.BANS]
    if type_ not in types:
        faults.append(FieldViolation("type", "R22", f"one of {', '.join(types)}"))
    if type_ == ExtensionType.TEXT and not personal:
        faults.append(FieldViolation("personal", "R41", "a free text may name anybody: it is personal"))
    if unknown := sorted(set(shown_to) - _PURPOSES):
        faults.append(FieldViolation("shown_to", "R53", f"{unknown[0][:40]!r} is no purpose"))
    return faults


def name_faults(name: str) -> Iterator[FieldViolation]:
    """Yield what is wrong with the key of an addition, whatever a charter declares."""
    if not _NAME.fullmatch(name):
        yield FieldViolation(
            "extensions", "R22", f"{name[:60]!r} is not a namespaced key such as cn.example.moj/number"
        )
    elif name not in BUILT_IN:
        yield from _opinion_in_name(f"extensions[{name}]", name)


def _opinion_in_name(where: str, name: str) -> Iterator[FieldViolation]:
    """Yield the fault of a name that stands for a score or an opinion of a person (R1)."""
    words = _words()
    parts = set(re.split(r"[./_-]", name))
    for word in (*(w for w in words["in_names"] if w in name), *(w for w in words["as_words"] if w in parts)):
        yield FieldViolation(
            where, "R1", f"names a score or an opinion ({word}): a record states what an organ decided"
        )
        return


def _type_faults(where: str, known: Extension, value: str) -> Iterator[FieldViolation]:
    if known.type is ExtensionType.BANS:
        yield from (FieldViolation(where, "R22", fault) for fault in ban_faults(value))
    elif known.type is ExtensionType.CODE and not _CODE.fullmatch(value):
        yield FieldViolation(where, "R22", "is no code: letters, digits and ./_- only, at most 60")
    elif known.type is ExtensionType.CODE and not known.personal and _CITIZEN.search(value):
        yield FieldViolation(
            where, "R22", "holds an identity number, and the field is not declared as personal"
        )
    elif known.type is ExtensionType.NUMBER and not _NUMBER.fullmatch(value):
        yield FieldViolation(where, "R22", "is no number, such as 12 or 0.5")
    elif known.type is ExtensionType.YES_NO and value not in ("yes", "no"):
        yield FieldViolation(where, "R22", "is neither yes nor no")
    elif known.type is ExtensionType.DATE:
        try:
            calendar.parse_date(value)
        except ValueError:
            yield FieldViolation(where, "DATE", "is no ISO date")


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(words) for name, words in tomllib.loads(_WORDS.read_text("utf-8")).items()}
