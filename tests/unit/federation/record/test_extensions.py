"""Additions to a record are declared (R22), and none of them is a score or an opinion (R1)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.errors import InvalidRequest
from federation.law.relevance.running import BAN
from federation.record.extensions import Declarations, Extension, ExtensionType, declaration_faults
from federation.record.fields import CO_OFFENDERS
from federation.record.validate import admit
from tests.support.records import Someone, record

TODAY = date(2026, 11, 29)
SILENT = Declarations()
FILE, NOTES, CELL, SINCE, MINOR = (
    f"cn.example.moj/{name}" for name in ("file_number", "notes", "cell", "since", "with_children")
)
DECLARED = Declarations(
    {
        each.name: each
        for each in (
            Extension(FILE, ExtensionType.CODE, frozenset({"case"}), personal=False),
            Extension(NOTES, ExtensionType.TEXT, frozenset(), personal=True),
            Extension(CELL, ExtensionType.NUMBER, frozenset(), personal=False),
            Extension(SINCE, ExtensionType.DATE, frozenset(), personal=False),
            Extension(MINOR, ExtensionType.YES_NO, frozenset(), personal=False),
        )
    }
)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        (FILE, "SF-2019/17", None),
        (FILE, "李四", "R22"),
        (FILE, "A 17", "R22"),
        (FILE, "11010519491231002X", "R22"),
        (FILE, "110105491231002", "R22"),
        (NOTES, "与李四同案", None),
        (NOTES, "再犯可能性大", "R1"),
        (NOTES, "信用评分 612", "R1"),
        (NOTES, "信 用 评 分 ６１２", "R1"),
        (FILE, "ID-11010519491231002X", "R22"),
        (CELL, "12", None),
        (CELL, "0.5", None),
        (CELL, "1e9", "R22"),
        (CELL, "110105491231002", "R22"),
        (CELL, "一二", "R22"),
        (SINCE, "2020-02-29", None),
        (SINCE, "2021-02-29", "DATE"),
        (MINOR, "no", None),
        (MINOR, "false", "R22"),
        ("cn.example.moj/other", "1", "R22"),
        (CO_OFFENDERS, "李四、王五", None),
        (BAN, "医师 2020-01-01/2023-01-01", None),
        (BAN, "医师 2020-01-01/2023-01-01; 律师 2020-01-01/2024-01-01", None),
        (BAN, "与李四同案", "R22"),
        (BAN, "医师 2023-01-01/2020-01-01", "R22"),
        ("cn.example.moj/risk_level", "3", "R1"),
    ],
)
def test_r22_a_declared_addition_takes_what_its_type_says_and_nothing_else_is_added(
    name: str, value: str, rule: str | None
) -> None:
    rules = [fault.rule for fault in DECLARED.faults({name: value})]
    assert rules[:1] == ([rule] if rule else [])


def test_r22_an_undeclared_addition_is_refused_by_field_and_rule() -> None:
    made = record(Someone())
    made.extensions["cn.example.mps/nickname"] = "阿三"
    with pytest.raises(InvalidRequest) as refused:
        admit(made, today=TODAY, allow_synthetic=True, extensions=DECLARED)
    [violation] = refused.value.violations
    assert (violation.field, violation.rule) == ("extensions[cn.example.mps/nickname]", "R22")
    assert admit(made, today=TODAY, allow_synthetic=True, extensions=SILENT).extensions == made.extensions


def test_r22_what_the_version_before_has_is_not_judged_again() -> None:
    made = record(Someone())
    made.extensions["cn.example.mps/nickname"] = "阿三"
    kept = dict(made.extensions)
    assert admit(made, today=TODAY, allow_synthetic=True, extensions=DECLARED, kept=kept)
    made.extensions["cn.example.mps/nickname"] = "阿四"
    with pytest.raises(InvalidRequest, match="not declared"):
        admit(made, today=TODAY, allow_synthetic=True, extensions=DECLARED, kept=kept)


@pytest.mark.parametrize(
    "name",
    [
        "risk",
        "risk_level",
        "recidivism",
        "credit_score",
        "credit",
        "officer.opinion",
        "danger-rating",
        "pingfen",
    ],
)
def test_r1_scores_and_opinions_are_added_nowhere(name: str) -> None:
    key = f"cn.example.mps/{name}"
    assert [fault.rule for fault in SILENT.faults({key: "3"})] == ["R1"], "no charter allows it by silence"
    assert "R1" in [f.rule for f in declaration_faults(key, "number", ["case"], personal=False)]


@pytest.mark.parametrize(
    "name", ["accreditation", "operating_unit", "category", "upgraded_on", "frankfurt_file"]
)
def test_r1_words_that_only_resemble_a_score_are_no_score(name: str) -> None:
    assert not list(SILENT.faults({f"cn.example.mps/{name}": "3"}))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (("number", "code", ["case"], False), "name"),
        ((CO_OFFENDERS, "text", ["defence"], True), "name"),
        ((FILE, "bans", ["case"], False), "type"),
        ((FILE, "text", ["case"], False), "personal"),
        ((FILE, "code", ["everybody"], False), "shown_to"),
    ],
)
def test_r22_a_declaration_that_does_not_hold_is_named_by_field(
    row: tuple[str, str, list[str], bool], field: str
) -> None:
    name, type_, shown_to, personal = row
    assert [f.field for f in declaration_faults(name, type_, shown_to, personal=personal)] == [field]


def test_r38_r53_who_may_see_an_addition_follows_from_its_declaration() -> None:
    assert [DECLARED.shown(FILE, purpose) for purpose in ("case", "defence")] == [True, False]
    assert not DECLARED.shown(NOTES, "case"), "for its holder alone"
    assert not DECLARED.shown("cn.example.mps/nickname", "case"), "entered under an earlier charter: the same"
    assert SILENT.shown("cn.example.mps/nickname", "defence"), "a silent charter means what it meant"
    for declarations in (SILENT, DECLARED):
        assert [declarations.shown(CO_OFFENDERS, p) for p in ("case", "defence")] == [True, False]
        assert declarations.shown(BAN, "public")


def test_r41_what_is_not_declared_otherwise_may_name_another_person() -> None:
    assert all(map(DECLARED.may_name_others, (NOTES, CO_OFFENDERS, "cn.example.mps/nickname")))
    assert SILENT.may_name_others(FILE)
    assert not any(map(DECLARED.may_name_others, (FILE, BAN)))
