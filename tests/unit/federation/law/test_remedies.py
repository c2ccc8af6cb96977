"""Every refusal says what can be done, and every document binds its user to purpose and confidentiality (A26, R53)."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest

from federation.errors import NotPermitted
from federation.law import policies
from federation.law.disclosure import (
    BASIS_PURPOSES,
    DEFAULT_DENY,
    EVALUATION_ERROR,
    PURPOSES,
    Asker,
    Context,
    Disclosure,
)
from federation.law.sealing import Profile
from federation.values.identity import OrganClass
from node.applications.papers import load_needs

RULES = Disclosure()
BASES = ("", "NO-SUCH-ROW", "COMP-24", "MIL-24", *(r.id for r in RULES.catalogue.values() if not r.askable))


def refusals() -> list[NotPermitted]:
    """Return what every asker is refused for every purpose under every circumstance that a rule looks at."""
    found = []
    for organ, purpose, case, subject, undertaking, profile in itertools.product(
        OrganClass, PURPOSES, ("", "（2026）京0105刑初1号"), (False, True), (False, True), Profile
    ):
        for basis in BASES if purpose in BASIS_PURPOSES else ("",):
            context = Context(
                case_number=case,
                subject_of_case=subject,
                undertaking=undertaking,
                profile=profile,
                basis=basis,
                on=date(2026, 3, 2),
            )
            try:
                RULES.admit(Asker(organ), purpose, context)
            except NotPermitted as refused:
                found.append(refused)
    return found


def test_a26_every_refusal_of_a_question_names_a_remedy_for_every_rule() -> None:
    found = refusals()
    named = {policy.id for refused in found for policy in refused.policies}
    assert {"q1-no-case-number", "q2-no-basis", "q3-not-of-this-case", "q4-no-undertaking"} <= named
    assert {"q5-seal-not-opened", "q6-not-in-2012", "basis-not-askable"} <= named
    for refused in found:
        assert refused.policies
        assert all(policy.remedy for policy in refused.policies), refused.policies


def test_a26_the_refusals_that_no_policy_made_name_one_too() -> None:
    assert DEFAULT_DENY.remedy
    assert EVALUATION_ERROR.remedy


def test_a26_a_policy_that_forbids_without_a_remedy_stops_the_start(tmp_path: Path) -> None:
    for path in policies.DEFAULT.iterdir():
        text = path.read_text("utf-8")
        kept = [line for line in text.splitlines() if not line.startswith("@remedy")]
        (tmp_path / path.name).write_text("\n".join(kept), "utf-8")
    with pytest.raises(policies.PolicyRefused, match="lacks @remedy"):
        policies.load_policies(tmp_path)


def test_a26_an_agencys_own_refusal_has_the_usual_remedy_unless_it_names_one(tmp_path: Path) -> None:
    (tmp_path / "own.cedar").write_text(
        '@id("own-a") @clause("x") @says("no")\nforbid (principal, action, resource);\n'
        '@id("own-b") @clause("x") @says("no") @remedy("come on Monday")\nforbid (principal, action, resource);\n',
        "utf-8",
    )
    reasons = policies.load_policies(policies.DEFAULT, tmp_path).reasons
    assert (reasons["own-a"].remedy, reasons["own-b"].remedy) == (policies.USUAL_REMEDY, "come on Monday")


def test_a26_every_paper_that_is_missing_names_its_rule_and_its_remedy() -> None:
    assert all(need.ground.rule and need.ground.says and need.ground.remedy for need in load_needs())
