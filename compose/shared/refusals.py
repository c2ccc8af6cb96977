"""What a refusal or a check says to a person who reads Chinese; English stands where it was raised.

The table gives a sentence for each reason, policy, rule and check. Details that only the English text has follow it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from compose.shared.language import known, language
from federation.errors import FieldViolation, PolicyReason
from federation.evidence.report import Check, Result

#: A place in a list and what follows it: person.names[0].text is one of person.names.
_PLACE = re.compile(r"\[.*$")
#: Fields of questions that have their names elsewhere in the messages.
_OF_QUESTIONS = {
    "case_number": "ask.case",
    "purpose": "ask.purpose",
    "basis": "ask.basis",
    "subject.name": "field.person.names",
    "subject.birth_date": "field.person.birth_date",
    "subject.identifiers": "field.person.identifiers",
}
_PLACES = {Result.OK: 1, Result.FAILED: 2, Result.UNPROVEN: 3}


@dataclass(frozen=True, slots=True)
class Refusals:
    """The sentences by reason and rule; what each policy says and what to do; name and sentences of each check."""

    reasons: Mapping[str, str]
    policies: Mapping[str, tuple[str, str]]
    checks: Mapping[str, tuple[str, str, str, str]]
    #: What is wrong with a field that breaks a rule.
    rules: Mapping[str, str]


@cache
def refusals() -> Refusals:
    """Return the table."""
    table = tomllib.loads((files("compose.shared") / "refusals.toml").read_text("utf-8"))
    reasons = {name: row["zh"] for row in table["reason"] for name in row["names"]}
    policies = {id: (says, remedy) for id, (says, remedy) in table["policy"].items()}
    checks = {name: tuple(texts) for name, texts in table["check"].items()}
    return Refusals(reasons, policies, checks, table["rule"])


def reason_in_words(reason: str) -> str:
    """Return what a reason means and what to do; "" where the message alone says it."""
    return refusals().reasons.get(reason, "") if language() == "zh" else ""


def fault_in_words(violation: FieldViolation) -> str:
    """Return the line about a field that breaks a rule: in Chinese what is wrong with it, then the details."""
    field, rule = violation.field, violation.rule
    wrong = refusals().rules.get(rule, "") if language() == "zh" else ""
    if not wrong:
        return f"{field}: {violation.message} [{rule}]"
    path = _PLACE.sub("", field)
    named = known(_OF_QUESTIONS.get(path, f"field.{path}"), "")
    shown = f"{named}（{field}）" if named else field
    return f"{shown}：{wrong}。{violation.message} [{rule}]"


def policy_in_words(policy: PolicyReason) -> tuple[str, str]:
    """Return what a policy says and what to do; a member's own policy is in the language that it was written in."""
    own = (policy.says, policy.remedy)
    return refusals().policies.get(policy.id, own) if language() == "zh" else own


def check_name(check: Check) -> str:
    """Return the name of a check."""
    return _check(check)[0] if language() == "zh" else check.name


def check_in_words(check: Check) -> str:
    """Return the sentence of a check; one that did not pass keeps the details that it was raised with."""
    says = _check(check)[_PLACES[check.result]] if language() == "zh" else ""
    if check.result is Result.OK and says and not says.endswith("："):
        return says
    return f"{says.rstrip('：')}：{check.says}" if says else check.says


def _check(check: Check) -> tuple[str, str, str, str]:
    kind, _, node = check.name.partition(" ")
    known = refusals().checks
    if check.name in known:
        return known[check.name]
    if kind == "node" and node:
        name, *says = known["node"]
        return name.format(node=node), says[0], says[1], says[2]
    return check.name, "", "", ""
