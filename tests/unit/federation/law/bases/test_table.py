"""The catalogue of statutory bases: the lawyers' table, row by row, and what explains it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from compose.explain.explain_bases import explain_basis
from compose.explain.strict_json import BadLine
from federation.errors import NotPermitted
from federation.law.bases import Basis, load_bases
from federation.law.disclosure import Asker, Context, Disclosure, RecordFacts
from federation.values.identity import OrganClass

LAW = Path(__file__).parents[4] / "law"
TABLE: dict[str, Any] = yaml.safe_load((LAW / "bases.yaml").read_text("utf-8"))
ROWS = load_bases()
RULES = Disclosure()


def conviction(case: dict[str, Any]) -> dict[str, Any]:
    """Return a conviction of the table as `hutong explain basis` takes it."""
    offences = [{"name": each} if isinstance(each, str) else each for each in case["offences"]]
    form = {
        "offences": offences,
        "penalty": case["penalty"],
        "supplementary": case.get("supplementary", []),
        "execution": [{"kind": kind, "on": day} for kind, day in case.get("execution", [])],
        "pronounced_on": case.get("pronounced_on"),
        "final_on": case.get("final_on", "2019-06-16"),
    }
    return form | {key: case[key] for key in ("occupation_ban", "prohibitions") if key in case}


def question(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case of the table as a question."""
    known = TABLE["convictions"]
    convictions = (
        [known[name] for name in case["all"]] if "all" in case else [known.get(case.get("of", ""), case)]
    )
    return {
        "basis": case["basis"],
        "on": case.get("day", TABLE["day"]),
        "convictions": [conviction(each) for each in convictions if each],
    }


def row_cases() -> Iterator[Any]:
    """Yield (row, name of the conviction, answer) for every entry of `rows`."""
    for basis, answers in TABLE["rows"].items():
        for answer, names in answers.items():
            answer_text = {True: "yes", False: "no"}.get(answer, answer)
            for name in names:
                yield pytest.param(basis, name, answer_text, id=f"{basis}-{name}-{answer_text}")


def open_to_questions(basis: str) -> dict[str, Basis]:
    """Return that row as if a question might rest on it: the words are tested of all rows."""
    row = ROWS[basis]
    if row.askable:
        return {basis: row}
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {basis: Basis(**(values | {"askable": True, "rank": "law", "version": row.version or "2017"}))}


@pytest.mark.parametrize(("basis", "name", "expected"), list(row_cases()))
def test_r37_each_row_makes_relevant_what_the_table_says(basis: str, name: str, expected: str) -> None:
    answer = explain_basis(question({"basis": basis, "of": name}), open_to_questions(basis))
    assert answer["answer"] == expected, answer["reasons"]
    assert answer["reasons"]
    assert bool(answer["offences"]) == (expected == "yes")


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["id"] for case in TABLE["cases"]])
def test_r37_each_single_case_is_as_the_table_says(case: dict[str, Any]) -> None:
    answer = explain_basis(question(case), open_to_questions(case["basis"]))
    assert answer["answer"] == case["expect"], answer["reasons"]
    assert case.get("because", "") in " ".join(answer["reasons"])  # type: ignore[arg-type]
    if "offences_named" in case:
        assert answer["offences"] == case["offences_named"]


def test_r36_the_table_shows_every_row_deciding_and_not() -> None:
    """A row that always leaves the decision to a person is shown undecided instead of yes."""
    assert set(TABLE["rows"]) == set(ROWS)
    for id, answers in TABLE["rows"].items():
        criteria = {criterion.name for criteria in ROWS[id].predicate for criterion in criteria}
        never_yes = all(any(w.name == "undecided" for w in criteria) for criteria in ROWS[id].predicate)
        assert criteria
        assert answers.get(False) or answers.get("no")
        assert answers.get("undecided") if never_yes else answers.get(True) or answers.get("yes")


def test_r36_no_case_of_the_table_is_there_twice() -> None:
    ids = [case["id"] for part in ("cases", "refused") for case in TABLE[part]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("case", TABLE["refused"], ids=[case["id"] for case in TABLE["refused"]])
def test_r36_a_basis_repealed_or_not_yet_in_force_is_refused_before_any_look_up(case: dict[str, Any]) -> None:
    on = date.fromisoformat(case.get("day", TABLE["day"]))
    row = ROWS[case["basis"]]
    asked = Context(basis=row.id, on=on)
    asker = Asker(OrganClass(min(row.askers)))
    explained = explain_basis({"basis": row.id, "on": on.isoformat(), "convictions": []}, ROWS)
    if not case["reason"]:
        assert RULES.admit(asker, "public", asked).permitted
        assert explained["answer"] == "no"
        return
    with pytest.raises(NotPermitted) as refused:
        RULES.admit(asker, "public", asked)
    assert refused.value.reason == case["reason"]
    assert row.law in refused.value.message
    assert (explained["answer"], explained["refused"]) == ("refused", case["reason"])
    for sealed in (False, True):
        assert not RULES.decide(asker, "public", asked, RecordFacts("criminal", sealed)).permitted


def test_r36_every_askable_row_admits_exactly_its_askers() -> None:
    on = date.fromisoformat(TABLE["day"])
    for row in ROWS.values():
        if not row.askable:
            continue
        for asker in map(Asker, OrganClass):
            if asker.organ_class in row.askers:
                ruling = RULES.admit(asker, "public", Context(basis=row.id, on=on))
                assert ruling.shown == row.shown == "yes_no"
            else:
                with pytest.raises(NotPermitted):
                    RULES.admit(asker, "public", Context(basis=row.id, on=on))


def decision(**fields: object) -> dict[str, object]:
    usual = {"class": "public_order", "acts": ["殴打他人"], "decided_on": "2020-01-01"}
    return usual | fields


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"basis": "HR-1"}, "basis"),
        ({"on": "2026-02-30"}, "on"),
        ({"on": None}, "on"),
        ({"convictions": {}}, "convictions"),
        ({"convictions": [1]}, "convictions[0]"),
        ({"convictions": [{"offences": []}]}, "convictions[0].offences"),
        ({"convictions": [{"offences": [{"name": "盗窃罪"}]}]}, "convictions[0].penalty"),
        ({"convictions": [{"offences": [{"name": "盗窃罪"}], "penalty": None}]}, "convictions[0].final_on"),
        (
            {"convictions": [{"offences": [{"name": "盗窃罪", "intent": "bad"}]}]},
            "convictions[0].offences[0].intent",
        ),
        ({"officer": "x"}, "officer"),
        ({"convictions": [{"offense": []}]}, "convictions[0].offense"),
        ({"decisions": [decision(sanctions=[[]])]}, "decisions[0].sanctions[0]"),
        ({"decisions": [decision(non_prosecution=None)]}, "decisions[0].non_prosecution"),
        ({"decisions": [decision(acts=[" "])]}, "decisions[0].acts[0]"),
    ],
)
def test_a_wrong_question_about_a_basis_names_its_field(changes: dict[str, object], field: str) -> None:
    good = question({"basis": "CPA-10", "of": "theft"})
    with pytest.raises(BadLine) as fault:
        explain_basis(good | changes, ROWS)
    assert fault.value.field == field


def test_explain_answers_in_lines_and_lists_the_catalogue() -> None:
    line = json.dumps(question({"basis": "COM-178", "of": "embezzlement"}), ensure_ascii=False).encode()
    program = [sys.executable, "-m", "compose.cli", "explain"]
    done = subprocess.run([*program, "basis"], input=line + b"\n{}\n", capture_output=True, check=True)
    answer, fault = (json.loads(each) for each in done.stdout.splitlines())
    assert set(answer) == {"answer", "reasons", "offences", "row"}
    assert (answer["answer"], answer["offences"]) == ("yes", ["职务侵占罪"])
    assert (answer["row"]["law"], answer["row"]["checked_on"]) == ("公司法", "2026-11-23")
    assert set(fault) == {"error", "field"}
    listed = subprocess.run([*program, "bases", "--json"], capture_output=True, check=True).stdout
    assert [each["id"] for each in json.loads(listed)] == list(ROWS)
    table = subprocess.run([*program, "bases"], capture_output=True, check=True).stdout.decode()
    assert all(id in table for id in ROWS)
