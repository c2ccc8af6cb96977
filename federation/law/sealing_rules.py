"""The rules that seal records (`data/sealing_rules.toml`): which class, whose, from which day, on what terms."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from federation.law.predicate import items_of
from federation.law.punishment import PenaltyKind
from federation.values.terms import RecordClass, SealRule

TABLE: Final = Path(__file__).parents[1] / "data" / "sealing_rules.toml"
LostBy = Literal["intentional_crime", "any_crime", "nothing"]
_LOST_BY: Final = ("intentional_crime", "any_crime", "nothing")
_MOST_YEARS: Final = 50


@dataclass(frozen=True, slots=True)
class AdultTerms:
    """The terms on which an adult's conviction is sealed: room for what drafts on minor offences discuss (S4)."""

    offences: tuple[str, ...]
    excluded: tuple[str, ...]
    heaviest: PenaltyKind
    months: int
    waiting_years: int
    lost_by: LostBy


@dataclass(frozen=True, slots=True)
class SealingRule:
    """A rule that seals records of these classes; `in_force_from` None marks a rule that is off."""

    id: SealRule
    classes: frozenset[RecordClass]
    minors_only: bool
    in_force_from: date | None
    clause: str
    says: str
    terms: AdultTerms | None = None

    def binds(self, record_class: str, on: date) -> bool:
        """Say whether the rule is in force for the class on the day."""
        begun = self.in_force_from is not None and self.in_force_from <= on
        return begun and record_class in self.classes


@cache
def sealing_rules() -> Mapping[SealRule, SealingRule]:
    """Return the rules that come with this version of the project, in the order in which they are applied."""
    return load(TABLE)


def load(path: Path) -> Mapping[SealRule, SealingRule]:
    """Return the rules of a table; raises `ValueError` naming file, rule and field."""
    rules = {}
    for id, row in tomllib.loads(path.read_text("utf-8")).items():
        try:
            rules[SealRule(id)] = _rule(SealRule(id), row)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: sealing rule {id}: {error}") from None
    missing = [rule for rule in SealRule if rule not in rules]
    if missing:
        raise ValueError(f"{path}: there is no rule {missing[0]}")
    return rules


def _rule(id: SealRule, row: dict[str, Any]) -> SealingRule:
    _insist_fields(row, SealingRule, optional={"in_force_from", "terms"}, given={"id"})
    day = row.get("in_force_from")
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        raise ValueError("in_force_from: must be a date such as 2026-01-01")
    classes = frozenset(RecordClass(name) for name in row["classes"])
    terms = _terms(row["terms"], in_force=day is not None) if "terms" in row else None
    if (terms is not None) != (RecordClass.CRIMINAL in classes and not row["minors_only"]):
        raise ValueError("terms: belong to a rule on adults' convictions, and to no other")
    return SealingRule(id, classes, row["minors_only"], day, row["clause"], row["says"], terms)


def _terms(row: dict[str, Any], *, in_force: bool) -> AdultTerms:
    _insist_fields(row, AdultTerms, optional=set(), given=set())
    for name in ("offences", "excluded"):
        if in_force and row[name]:  # the catalogue of offences is read only for a rule that binds
            items_of(f"terms.{name}", ", ".join(row[name]))
    if row["lost_by"] not in _LOST_BY:
        raise ValueError(f"terms.lost_by: one of {', '.join(_LOST_BY)}")
    for name, most in (("months", _MOST_YEARS * 12), ("waiting_years", _MOST_YEARS)):
        if not isinstance(row[name], int) or not 0 <= row[name] <= most:
            raise ValueError(f"terms.{name}: a number from 0 to {most}")
    return AdultTerms(
        tuple(row["offences"]),
        tuple(row["excluded"]),
        PenaltyKind(row["heaviest"]),
        row["months"],
        row["waiting_years"],
        row["lost_by"],
    )


def _insist_fields(row: dict[str, Any], of: type[Any], *, optional: set[str], given: set[str]) -> None:
    known = {field.name for field in fields(of)} - given
    unknown, missing = row.keys() - known, known - optional - row.keys()
    if unknown or missing:
        raise ValueError(f"unknown field {min(unknown)}" if unknown else f"missing {min(missing)}")
