"""Disclosure: every cell of the matrix, the reasons given, and what opens a seal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import NotPermitted
from federation.law.bases import RECORD_CLASSES, Basis, load_bases
from federation.law.disclosure import PURPOSES, Asker, Context, Disclosure, RecordFacts
from federation.law.predicate import read_predicate
from federation.values.identity import OrganClass
from federation.values.terms import RecordClass, SealRule

LAW = Path(__file__).parents[3] / "law"
TABLES: dict[str, list[dict[str, Any]]] = yaml.safe_load((LAW / "disclosure.yaml").read_text("utf-8"))
RULES = Disclosure()


def context(row: dict[str, Any]) -> Context:
    asked = Context(**row["context"])
    return replace(asked, profile=row["profile"]) if "profile" in row else asked


@pytest.mark.parametrize("table", TABLES["tables"], ids=[t["id"] for t in TABLES["tables"]])
def test_r41_each_cell_of_the_matrix_is_as_the_table_says(table: dict[str, Any]) -> None:
    expected = {
        (asker, permit["record"], permit["sealed"]): permit["shown"]
        for permit in table["permit"]
        for asker in permit["askers"]
    }
    found = {}
    for asker in OrganClass:
        for record in RECORD_CLASSES:
            for sealed in (False, True):
                facts = RecordFacts(record, sealed)
                ruling = RULES.decide(Asker(asker), table["purpose"], context(table), facts)
                assert ruling.policies
                assert all(p.id and p.clause and p.says for p in ruling.policies)
                if ruling.permitted:
                    found[(asker.value, record, sealed)] = ruling.shown
                else:
                    assert ruling.shown == "none"
    assert found == expected


@pytest.mark.parametrize("row", TABLES["reasons"], ids=[r["id"] for r in TABLES["reasons"]])
def test_a_refusal_names_the_condition_that_is_missing(row: dict[str, Any]) -> None:
    facts = RecordFacts(row["record"], row["sealed"])
    ruling = RULES.decide(Asker(OrganClass(row["asker"])), row["purpose"], context(row), facts)
    assert not ruling.permitted
    assert set(row["policies"]) <= {p.id for p in ruling.policies}
    assert "default-deny" not in {p.id for p in ruling.policies}


ASKERS = st.sampled_from(OrganClass).map(Asker)
CONTEXTS = st.builds(
    Context,
    case_number=st.sampled_from(["", "  ", "（2019）京0105刑初1号"]),
    subject_of_case=st.booleans(),
    basis=st.sampled_from(["", "COMP-24", "TCH-14", "MIN-62", "XYZ"]),
    undertaking=st.booleans(),
    function=st.sampled_from(["", "prison", "notary_administration"]),
    profile=st.sampled_from(["opinion-2012", "practice-2022"]),
)
ALL_PURPOSES = st.sampled_from(list(PURPOSES))


@settings(deadline=None)
@given(ASKERS, ALL_PURPOSES, CONTEXTS, st.booleans())
def test_r46_a_working_record_answers_no_question(
    asker: Asker, purpose: str, asked: Context, sealed: bool
) -> None:
    ruling = RULES.decide(asker, purpose, asked, RecordFacts("working", sealed))
    assert not ruling.permitted
    assert "working-record-never" in {p.id for p in ruling.policies}


@settings(deadline=None)
@given(ASKERS, ALL_PURPOSES, CONTEXTS, st.booleans())
def test_r64_reeducation_through_labour_answers_under_no_rule_that_does_not_name_it(
    asker: Asker, purpose: str, asked: Context, sealed: bool
) -> None:
    assert not RULES.decide(asker, purpose, asked, RecordFacts("reeducation", sealed)).permitted


@settings(deadline=None)
@given(
    ASKERS, st.sampled_from(["case", "public", "defence", "own"]), CONTEXTS, st.sampled_from(RECORD_CLASSES)
)
def test_r41_without_a_sealed_purpose_a_sealed_record_is_shown_to_nobody(
    asker: Asker, purpose: str, asked: Context, record: str
) -> None:
    assert not RULES.decide(asker, purpose, asked, RecordFacts(record, sealed=True)).permitted


@settings(deadline=None)
@given(
    ASKERS, st.sampled_from(["sealed_case", "sealed_provision"]), CONTEXTS, st.sampled_from(RECORD_CLASSES)
)
def test_r44_a_seal_never_opens_without_an_undertaking(
    asker: Asker, purpose: str, asked: Context, record: str
) -> None:
    asked = replace(asked, undertaking=False)
    assert not RULES.decide(asker, purpose, asked, RecordFacts(record, sealed=True)).permitted


@settings(deadline=None)
@given(ASKERS, ALL_PURPOSES, CONTEXTS, st.booleans())
def test_r39_admission_says_the_same_whatever_is_stored(
    asker: Asker, purpose: str, asked: Context, sealed: bool
) -> None:
    """What is refused at the door is refused for every criminal record, so the door reveals nothing."""
    door = purpose in ("sealed_case", "sealed_provision")
    if RULES.decide(asker, purpose, asked, RecordFacts("criminal", door)).permitted:
        assert RULES.admit(asker, purpose, asked).permitted
        return
    with pytest.raises(NotPermitted) as refusal:
        RULES.admit(asker, purpose, asked)
    assert refusal.value.policies
    assert "sealed-not-provided" not in {p.id for p in refusal.value.policies}
    assert not RULES.decide(asker, purpose, asked, RecordFacts("criminal", sealed)).permitted


def test_r36_an_unknown_purpose_or_class_is_no_question() -> None:
    with pytest.raises(ValueError, match="curiosity"):
        RULES.decide(Asker(OrganClass.UNIT), "curiosity", Context(), RecordFacts("criminal", False))
    with pytest.raises(ValueError, match="rumour"):
        RULES.decide(Asker(OrganClass.UNIT), "public", Context(), RecordFacts("rumour", False))


# --- the catalogue


def opened(**changes: Any) -> dict[str, Basis]:
    """Return a catalogue with one row that opens the seal on convictions. For tests only: no law does."""
    values: dict[str, Any] = {
        "id": "TEST-1",
        "law": "a law that opens a seal",
        "version": "2025",
        "purpose": "employment",
        "summary": "a row for tests",
        "askers": frozenset({"unit", "state_organ"}),
        "includes_classes": frozenset({"criminal"}),
        "shown": "listed",
        "opens_seal": frozenset({"S1"}),
        "predicate": read_predicate([["any_punishment"]]),
        "article": "1",
        "checked": "[test]",
        "opened_by": ("officer 1", "officer 2"),
        "opened_because": "test",
    }
    return {"TEST-1": Basis(**(values | changes))}


def test_r43_a_state_provision_that_opens_the_seal_shows_what_its_row_allows() -> None:
    rules = Disclosure(catalogue=opened())
    asked = Context(basis="TEST-1", undertaking=True)
    sealed = RecordFacts("criminal", sealed=True)
    ruling = rules.decide(Asker(OrganClass.UNIT), "sealed_provision", asked, sealed)
    assert (ruling.permitted, ruling.shown) == (True, "listed")
    assert [p.id for p in ruling.policies] == ["q5-state-provision"]
    assert rules.admit(Asker(OrganClass.STATE_ORGAN), "sealed_provision", asked).permitted
    for refused in (
        rules.decide(Asker(OrganClass.PERSON), "sealed_provision", asked, sealed),
        rules.decide(Asker(OrganClass.COURT), "sealed_provision", asked, sealed),
        rules.decide(Asker(OrganClass.UNIT), "sealed_provision", replace(asked, undertaking=False), sealed),
        rules.decide(Asker(OrganClass.UNIT), "sealed_provision", asked, RecordFacts("public_order", True)),
        rules.decide(Asker(OrganClass.UNIT), "public", asked, sealed),
    ):
        assert not refused.permitted


def test_r43_a_seal_is_opened_per_sealing_rule() -> None:
    rules = Disclosure(
        catalogue=opened(
            opens_seal=frozenset({"S3"}), includes_classes=frozenset({"criminal", "public_order"})
        )
    )
    asked = Context(basis="TEST-1", undertaking=True)
    asker = Asker(OrganClass.UNIT)
    assert rules.decide(asker, "sealed_provision", asked, RecordFacts("public_order", True)).permitted
    assert not rules.decide(asker, "sealed_provision", asked, RecordFacts("criminal", True)).permitted
    with pytest.raises(NotPermitted):
        rules.admit(asker, "sealed_provision", asked)
    assert rules.admit(asker, "sealed_provision", asked, record_class="public_order").permitted


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"opened_by": ("officer 1", "officer 1")}, "two named officers"),
        ({"opened_because": " "}, "two named officers"),
        ({"opens_seal": frozenset({"S9"})}, "opens_seal"),
        ({"askers": frozenset({"neighbour"})}, "askers"),
        ({"includes_classes": frozenset({"working"})}, "includes_classes"),
        ({"shown": "full"}, "shown"),
        ({"shown_sealed": "full"}, "shown_sealed"),
        ({"predicate": ()}, "predicate"),
        ({"version": "last year"}, "version"),
        ({"purpose": "curiosity"}, "purpose"),
        ({"rank": "rumour"}, "rank"),
        ({"rank": "department_rule"}, "under"),
    ],
)
def test_r36_a_row_that_does_not_hold_is_refused_by_name(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=f"TEST-1: .*{problem}"):
        opened(**changes)


def test_r43_no_row_that_is_delivered_opens_a_seal() -> None:
    rows = load_bases()
    assert len(rows) == 70
    assert not any(row.opens_seal for row in rows.values())


def test_r64_a_class_is_searched_until_the_day_on_which_all_its_records_are_sealed() -> None:
    """治安管理处罚法 136 from 2026-01-01: from then on a NO under MIN-62 says nothing about violations."""
    school, before, since = Asker(OrganClass.UNIT), date(2025, 12, 31), date(2026, 1, 1)
    asked = Context(basis="MIN-62", undertaking=True)
    last = RULES.reach(school, "public", replace(asked, on=before))
    assert (last.classes, last.closed) == (("criminal", "public_order"), ())
    first = RULES.reach(school, "public", replace(asked, on=since))
    assert (first.classes, first.closed) == (("criminal",), ("public_order",))
    opened_since = replace(asked, on=since, opened=frozenset({SealRule.S3}))
    opened_reach = RULES.reach(school, "sealed_provision", opened_since)
    assert (opened_reach.classes, opened_reach.closed) == (("criminal", "public_order"), ())
    assert opened_reach.sealed == ("public_order",)
    assert RULES.reach(school, "public", Context(basis="COMP-24", on=since)).closed == ()


def test_r64_in_a_case_one_class_is_searched_and_each_seal_opens_to_its_own_organs() -> None:
    asked = Context(case_number="x", undertaking=True, on=date(2026, 11, 25))

    def reach(organ: OrganClass, record_class: RecordClass) -> tuple[tuple[str, ...], set[str]]:
        found = RULES.reach(Asker(organ), "sealed_case", replace(asked, record_class=record_class))
        return found.classes, set(found.opened)

    whole = {"S1", "S2", "S3"}
    assert reach(OrganClass.COURT, RecordClass.CRIMINAL) == (("criminal",), whole)
    assert reach(OrganClass.COURT, RecordClass.PUBLIC_ORDER) == (("public_order",), whole)
    assert reach(OrganClass.SUPERVISORY, RecordClass.PUBLIC_ORDER) == (("public_order",), {"S3"})
    assert reach(OrganClass.SUPERVISORY, RecordClass.NON_PROSECUTION) == ((), {"S3"})
    assert reach(OrganClass.JUSTICE, RecordClass.NON_PROSECUTION) == ((), set()), "no execution function"
    assert reach(OrganClass.UNIT, RecordClass.PUBLIC_ORDER) == ((), set())
    assert reach(OrganClass.POLICE, RecordClass.PROCESS) == ((), whole)
