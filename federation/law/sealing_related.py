"""Sealing by the rules other than S1: S2 minors' other records, S3 public-order records (R64).

Each rule is data with the day from which it binds (`sealing_rules`). Only the day of evaluation counts, not the day of
the penalty or decision. The profile of the charter plays no part, because a statute in force applies by itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from federation.law import sealing
from federation.law.punishment import PenaltyFacts, PenaltyKind
from federation.law.sealing import Decision, Facts, Profile, Status
from federation.law.sealing_rules import SealingRule, sealing_rules
from federation.values.terms import RecordClass, SealRule

#: A light penalty, so that only the test of age decides: no penalty of these classes exceeds five years.
_LIGHT: Final = PenaltyFacts(PenaltyKind.SUPPLEMENTARY_ONLY)
NO_RULE: Final = "NO-RULE"


def in_force(on: date) -> tuple[SealRule, ...]:
    """Return the ids of the rules that bind on the day; the result changes when another rule begins to bind."""
    return tuple(sorted(rule.id for rule in _others() if rule.in_force_from and rule.in_force_from <= on))


def wholly_sealed(record_class: str, on: date) -> bool:
    """Say whether every record of the class is sealed on the day, whoever the person is and whatever it says."""
    whole = (rule for rule in _others() if not rule.minors_only and rule.terms is None)
    return any(rule.binds(record_class, on) for rule in whole)


def seals(record_class: str, facts: Facts, *, on: date) -> frozenset[SealRule]:
    """Return every rule that seals a record which is not open: each must be opened before it may be disclosed (A10).

    A minor's public-order record is sealed by S2 and by S3: a provision that opens S3 alone does not reach it.
    """
    if record_class == RecordClass.CRIMINAL:
        return frozenset({SealRule.S1})
    rules = [rule for rule in _others() if rule.binds(record_class, on)]
    return frozenset(
        rule.id for rule in rules if not rule.minors_only or _aged(facts).status is not Status.OPEN
    )


def decide_related(record_class: str, facts: Facts, *, on: date) -> Decision:
    """Return the sealing decision on the day `on` for a related record.

    Minors' records are sealed on the test of age alone; if the age is not certain, the record is withheld (A11).
    """
    rules = [rule for rule in _others() if rule.binds(record_class, on)]
    for rule in rules:
        if not rule.minors_only:
            return _decision(Status.SEALED, str(rule.id), rule.clause, f"Sealed: {rule.says}.", facts)
    for rule in rules:
        aged = _aged(facts)
        found = f"{rule.id}{aged.rule.removeprefix(SealRule.S1)}"
        reason = f"Sealed: {rule.says}." if aged.status is Status.SEALED else aged.reason
        return Decision(aged.status, found, rule.clause, reason, aged.offences)
    return _decision(
        Status.OPEN, NO_RULE, "R64", f"Not sealed: no rule seals {record_class} records on {on}.", facts
    )


def decide(record_class: str, facts: Facts, *, profile: str, on: date) -> Decision:
    """Return the sealing decision for a record of any class on the day `on`; `profile` is the one of that day (A14)."""
    if record_class == RecordClass.CRIMINAL:
        return sealing.decide(facts, profile)
    return decide_related(record_class, facts, on=on)


def _others() -> list[SealingRule]:
    """Return the rules other than S1, in the order in which they are applied."""
    return [rule for rule in sealing_rules().values() if rule.id is not SealRule.S1]


def _aged(facts: Facts) -> Decision:
    """Judge the test of age alone."""
    return sealing.decide(replace(facts, penalty=_LIGHT), Profile.PRACTICE_2022)


def _decision(status: Status, rule: str, clause: str, reason: str, facts: Facts) -> Decision:
    return Decision(status, rule, clause, reason, tuple(status for _ in facts.conduct))
