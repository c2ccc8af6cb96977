"""Which day decides which rule (R6, A14, A22): through `hutong explain`, with the clause it prints."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from compose.explain.explain_bases import explain_basis
from compose.explain.explain_forms import explain_disclosure, explain_sealing
from federation.errors import NotPermitted
from federation.law.bases import load_bases
from federation.law.disclosure import Asker, Context, Disclosure
from federation.values.identity import OrganClass

ROWS = load_bases()
RULES = Disclosure()


def convicted(name: str, intent: str | None = None) -> dict[str, Any]:
    offence = {"name": name} | ({"intent": intent} if intent else {})
    penalty = {"kind": "fixed_term", "months": 24}
    return {"offences": [offence], "penalty": penalty, "final_on": "2010-06-16", "execution": []}


def test_a14_the_day_of_evaluation_decides_by_which_profile_sealing_is_judged() -> None:
    """The same case, judged in 2020: the 2012 text is silent on it, the 2022 Measures seal it."""
    asked: dict[str, Any] = {
        "birth_date": "2000-01-01",
        "offences": [{"name": "盗窃罪", "from": "2017-10-01", "to": "2018-03-01"}],
        "penalty": {"kind": "fixed_term", "months": 24},
        "main_acts_before_18": "yes",
    }
    before, after = (explain_sealing(asked | {"on": day}) for day in ("2022-05-29", "2022-05-30"))
    assert (before["status"], before["rule"]) == ("WITHHELD", "S1-AGE-SPAN-SILENT")
    assert (after["status"], after["rule"]) == ("SEALED", "S1-AGE-MAIN-ACTS-BEFORE")
    assert "2022 Measures" in str(after["clause"])
    chosen = explain_sealing(asked | {"on": "2022-05-30", "profile": "opinion-2012"})
    assert chosen["status"] == "WITHHELD", "a profile that is named prevails"


@pytest.mark.parametrize(("profile", "decision"), [("opinion-2012", "forbid"), ("practice-2022", "permit")])
def test_a22_the_own_record_is_asked_about_under_practice_2022_only(profile: str, decision: str) -> None:
    ruling = explain_disclosure(
        {
            "asker": {"class": "person"},
            "purpose": "own",
            "record": {"class": "criminal", "sealed": False},
            "profile": profile,
        },
        RULES,
    )
    assert ruling["decision"] == decision
    policies: Any = ruling["policies"]
    assert [p["id"] for p in policies] == ["q6-not-in-2012" if decision == "forbid" else "q6-own"]
    assert all(p["clause"] for p in policies)


def test_r6_a_basis_is_one_through_the_last_day_of_its_force_and_not_the_day_after() -> None:
    """The day of the question decides, not that of the judgment."""
    rows = dict(ROWS) | {"TCH-14": replace(ROWS["TCH-14"], in_force_to=date(2026, 12, 31))}
    rules, asker = Disclosure(catalogue=rows), Asker(OrganClass.UNIT)
    convictions = [convicted("盗窃罪")]
    for day, refused in ((date(2026, 12, 31), False), (date(2027, 1, 1), True)):
        explained = explain_basis(
            {"basis": "TCH-14", "on": day.isoformat(), "convictions": convictions}, rows
        )
        assert explained["answer"] == ("refused" if refused else "yes")
        context = Context(basis="TCH-14", on=day)
        if refused:
            assert explained["refused"] == "BASIS_NOT_IN_FORCE"
            with pytest.raises(NotPermitted) as error:
                rules.admit_question(asker, "public", context)
            assert error.value.reason == "BASIS_NOT_IN_FORCE"
            assert "R36" in error.value.policies[0].clause
        else:
            assert rules.admit_question(asker, "public", context)[0].permitted


def test_r6_a_row_above_that_ended_takes_the_rule_under_it_along() -> None:
    above = replace(ROWS["MIN-62"], in_force_to=date(2026, 12, 31))
    under = replace(ROWS["EDU-2020"], above=above)
    assert [under.in_force(day) for day in (date(2026, 12, 31), date(2027, 1, 1))] == [True, False]


@pytest.mark.parametrize(
    ("name", "intent", "answer"),
    [
        ("嫖宿幼女罪", None, "yes"),  # abolished in 2015: it stays what it was judged to be
        ("重大环境污染事故罪", None, "undecided"),  # renamed in 2011, and doctrine is divided on both names
        ("重大环境污染事故罪", "negligent", "no"),  # as the judgment found
        ("重大环境污染事故罪", "intentional", "yes"),
    ],
)
def test_r19_name_and_intent_are_those_of_the_judgment(name: str, intent: str | None, answer: str) -> None:
    """The day of the question changes neither: LAW-7 excepts negligent crimes."""
    explained = explain_basis(
        {"basis": "LAW-7", "on": "2026-11-25", "convictions": [convicted(name, intent)]}, ROWS
    )
    assert explained["answer"] == answer, explained["reasons"]
    if answer == "yes":
        assert explained["offences"] == [name]
