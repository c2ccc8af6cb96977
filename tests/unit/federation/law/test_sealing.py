"""Sealing: the lawyers' table, and properties that hold for all facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, product
from pathlib import Path
from typing import Any, Final, Literal

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compose.explain.explain_forms import explain_sealing
from federation.law.punishment import PenaltyFacts, PenaltyKind
from federation.law.sealing import (
    AgeFinding,
    Conduct,
    Facts,
    MainActs,
    Profile,
    Status,
    decide,
)
from federation.values.calendar import DateRange, adult_from, under_through
from tests.histories import oracle

LAW = Path(__file__).parents[3] / "law"
ROWS: list[dict[str, Any]] = yaml.safe_load((LAW / "sealing.yaml").read_text("utf-8"))
LIGHT = PenaltyFacts(PenaltyKind.FIXED_TERM, 60)


def question(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row as a question to `hutong explain sealing`."""
    asked: dict[str, Any] = {
        "birth_date": row["born"],
        "offences": [{"name": "盗窃罪", "from": first, "to": last} for first, last in row["conduct"]],
        "penalty": row["penalty"],
    }
    keys = {
        "main": "main_acts_before_18",
        "profile": "profile",
        "finding": "court_age_finding",
        "adult": "adulthood_proven",
        "number": "id_number",
    }
    return asked | {name: row[key] for key, name in keys.items() if key in row}


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_r40_sealing_is_as_the_table_says(row: dict[str, Any]) -> None:
    answer = explain_sealing(question(row))
    expected = row.get("offences", [row["expect"]] * len(row["conduct"]))
    assert (answer["status"], answer["offences"]) == (row["expect"], expected)
    assert answer["rule"] == row.get("rule", answer["rule"])
    assert answer["clause"]
    assert str(answer["reason"]).endswith(".")


def test_r40_no_row_of_the_table_is_there_twice() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_a_profile_that_does_not_exist_is_no_rule() -> None:
    with pytest.raises(ValueError, match="opinion-2099"):
        decide(Facts(None, (Conduct(None, None),)), "opinion-2099")


def test_no_offence_at_all_is_withheld_not_open() -> None:
    born = DateRange(date(2000, 1, 1), date(2000, 1, 1))
    assert decide(Facts(born, (), penalty=LIGHT), Profile.PRACTICE_2022).status is Status.WITHHELD


def test_dates_that_contradict_each_other_prove_nothing() -> None:
    born = DateRange(date(2000, 1, 1), date(2000, 1, 1))
    conduct = (Conduct(date(2019, 1, 1), date(2018, 12, 1)),)
    assert decide(Facts(born, conduct, penalty=LIGHT), Profile.PRACTICE_2022).status is Status.WITHHELD


# Days around the 18th birthdays of people born around 29 February 2000: collisions are wanted.
DAYS = st.integers(-5, 5).map(lambda n: date(2018, 2, 28) + timedelta(days=n))
BIRTHS = st.tuples(st.integers(-4, 4), st.integers(0, 4)).map(
    lambda t: DateRange(date(2000, 2, 28) + timedelta(days=t[0]), date(2000, 2, 28) + timedelta(days=sum(t)))
)
PENALTIES = st.one_of(
    st.none(),
    st.builds(
        PenaltyFacts, st.sampled_from(PenaltyKind), st.sampled_from([None, 0, 59, 60, 61]), st.integers(0, 30)
    ),
)


@st.composite
def conducts(draw: st.DrawFn) -> Conduct:
    first, last = sorted((draw(DAYS), draw(DAYS)))
    return Conduct(draw(st.sampled_from([first, None])), draw(st.sampled_from([last, None])))


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    return Facts(
        birth=draw(st.one_of(st.none(), BIRTHS)),
        conduct=tuple(draw(st.lists(conducts(), min_size=1, max_size=3))),
        main_acts=draw(st.sampled_from(MainActs)),
        penalty=draw(PENALTIES),
    )


PROFILES = st.sampled_from(Profile)


@settings(deadline=None)
@given(any_facts(), PROFILES)
def test_r40_facts_that_certainly_meet_both_tests_are_never_open(facts: Facts, profile: Profile) -> None:
    assume(facts.birth is not None)
    assert facts.birth is not None
    limit = under_through(facts.birth)
    minor = replace(
        facts,
        conduct=tuple(Conduct(c.first and min(c.first, limit), limit) for c in facts.conduct),
        penalty=LIGHT,
    )
    assert decide(minor, profile).status is Status.SEALED


@settings(deadline=None)
@given(any_facts(), PROFILES, st.data())
def test_r40_knowing_less_never_opens_a_record(facts: Facts, profile: Profile, data: st.DataObject) -> None:
    assume(decide(facts, profile).status is not Status.OPEN)
    which = data.draw(st.integers(0, len(facts.conduct) - 1))
    one = facts.conduct[which]
    forgets = [Conduct(None, one.last), Conduct(one.first, None), Conduct(None, None)]
    less = [
        replace(facts, birth=None),
        replace(facts, penalty=None),
        replace(facts, main_acts=MainActs.UNDETERMINED),
        *(replace(facts, conduct=(*facts.conduct[:which], c, *facts.conduct[which + 1 :])) for c in forgets),
    ]
    if facts.birth is not None:
        less.append(replace(facts, birth=DateRange(facts.birth.first - timedelta(3), facts.birth.last)))
        less.append(replace(facts, birth=DateRange(facts.birth.first, facts.birth.last + timedelta(3))))
    for unknown in less:
        assert decide(unknown, profile).status is not Status.OPEN


@settings(deadline=None)
@given(any_facts(), PROFILES)
def test_r40_a_heavier_penalty_never_seals_and_a_withheld_record_needs_an_unknown(
    facts: Facts, profile: Profile
) -> None:
    assert decide(replace(facts, penalty=PenaltyFacts(PenaltyKind.LIFE)), profile).status is Status.OPEN
    found = replace(facts, court_age_finding=AgeFinding.UNDER_18, penalty=LIGHT)
    assert decide(found, profile).status is Status.SEALED


def settled(profile: Profile, main: MainActs, birthday: date, acts: list[tuple[date, date]]) -> list[str]:
    """Return the age test of readings A11 and A12 where everything is known, written as the text has it."""
    if max(last for _, last in acts) <= birthday:
        return ["yes"] * len(acts)
    if min(first for first, _ in acts) > birthday:
        return ["no"] * len(acts)
    if profile is Profile.OPINION_2012 or main is MainActs.UNDETERMINED:
        return ["unknown"] * len(acts)
    if main is MainActs.YES:
        return ["yes"] * len(acts)
    if len(acts) == 1:
        return ["no"]
    return ["no" if first > birthday else "unknown" for first, _ in acts]


@settings(deadline=None)
@given(any_facts(), PROFILES)
def test_r40_what_is_unknown_is_worked_out_over_everything_it_could_be(
    facts: Facts, profile: Profile
) -> None:
    assume(facts.birth is not None)
    assert facts.birth is not None
    span = [date(2018, 2, 28) + timedelta(days=n) for n in (-9, *range(-5, 6), 13)]
    worlds = [
        [
            (first, last)
            for first in ([c.first] if c.first else span)
            for last in ([c.last] if c.last else span)
            if first <= last
        ]
        for c in facts.conduct
    ]
    ages: list[set[str]] = [set() for _ in facts.conduct]
    day, end = under_through(facts.birth), adult_from(facts.birth)
    while day < end:
        for acts in product(*(sorted({(f <= day, x <= day): (f, x) for f, x in w}.values()) for w in worlds)):
            for answers, age in zip(ages, settled(profile, facts.main_acts, day, list(acts)), strict=True):
                answers.add(age)
        day += timedelta(days=1)
    status = {frozenset({"yes"}): Status.SEALED, frozenset({"no"}): Status.OPEN}
    expected = tuple(status.get(frozenset(a), Status.WITHHELD) for a in ages)
    assert decide(replace(facts, penalty=LIGHT), profile).offences == expected


STATED: Final[dict[MainActs, Literal["", "yes", "no"]]] = {
    MainActs.YES: "yes",
    MainActs.NO: "no",
    MainActs.UNDETERMINED: "",
}
#: A birth, and the days on which conduct may begin or end: by the last day under eighteen, which is contested for
#: those born on 29 February.
AROUND = (
    ("2000-01-01", [date(2017, 12, 31), date(2018, 1, 1), date(2018, 1, 2)]),
    ("2000-02-29", [date(2018, 2, 28), date(2018, 3, 1), date(2018, 3, 2)]),
)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(("born", "days"), AROUND)
def test_r40_up_to_two_offences_are_judged_as_the_second_reading_of_the_law_judges_them(
    born: str, days: list[date], profile: Profile
) -> None:
    spans = [(first, last) for first in (*days, None) for last in (*days, None)]
    possible = [(first, last) for first, last in spans if not first or not last or first <= last]
    for acts in chain(product(possible), product(possible, repeat=2)):
        for main in MainActs:
            facts = Facts(
                birth=DateRange(date.fromisoformat(born), date.fromisoformat(born)),
                conduct=tuple(Conduct(*act) for act in acts),
                main_acts=main,
                penalty=LIGHT,
            )
            again = oracle.Facts(
                birth=born,
                offences=tuple(oracle.Offence(*act) for act in acts),
                penalty=oracle.Penalty("fixed_term", 60),
                main_acts=STATED[main],
            )
            expected = oracle.status(again, practice=profile is Profile.PRACTICE_2022)
            assert decide(facts, profile).status == expected, facts
