"""The catalogue as a file: complete, marked, and refused at start where a row does not hold."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from federation.law.bases import DEFAULT, load_bases
from federation.law.disclosure import Disclosure
from federation.law.predicate import CRITERIA, read_predicate

GOOD = """
[TEST-1]
law = "a law"
article = "1"
version = "2020"
rank = "law"
purpose = "employment"
summary = "a row for tests"
askers = ["unit"]
predicate = [["intentional", "within(5 years of completion)"]]
checked = "[test]"
checked_on = 2026-11-23
"""
BELOW = """
[TEST-2]
law = "a ministry's rule"
rank = "department_rule"
under = "TEST-1"
purpose = "employment"
summary = "a row under another"
askers = ["unit"]
predicate = [["any_punishment"]]
checked = "[test]"
checked_on = 2026-11-23
"""


def catalogue(folder: Path, text: str) -> Path:
    (folder / "own.toml").write_text(text, "utf-8")
    return folder


def test_r36_a_row_with_few_words_shows_least(tmp_path: Path) -> None:
    (row,) = load_bases(catalogue(tmp_path, GOOD)).values()
    assert row.shown == "yes_no"
    assert sorted(row.includes_classes) == ["criminal"]
    assert not row.opens_seal
    assert (row.in_force_from, row.checked_on, row.askable) == (None, date(2026, 11, 23), True)
    assert load_bases(tmp_path / "own.toml").keys() == {"TEST-1"}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"intentional"', '"wicked"', "TEST-1: predicate: unknown word 'wicked'; known are any_punishment"),
        ('"intentional"', '"offence_in(tag:nasty)"', "TEST-1: predicate: .*'tag:nasty' is no tag"),
        ('"intentional"', '"offence_in(chapter:11)"', "'chapter:11'"),
        ('"intentional"', '"offence_in(article:2711)"', "'article:2711'"),
        ('"intentional"', '"offence_in(article:999)"', "'article:999'"),
        ('"intentional"', '"offence_in(name:没有的罪)"', "name:没有的罪"),
        ('"intentional"', '"offence_in()"', "offence_in"),
        ('"intentional"', '"intentional(really)"', "takes nothing in brackets"),
        ('"intentional"', '"negligent_in(gardening)"', "one of duty, appraisal"),
        ('"intentional"', '"min_principal_penalty(exile)"', "one of control, detention"),
        ('"intentional"', "7", "unknown word 7"),
        ("5 years of completion", "5 completion", "TEST-1: predicate: .*5 years of completion"),
        ("5 years of completion", "5 years of birth", "TEST-1"),
        ("5 years of completion", "0 years of completion", "TEST-1"),
        ("5 years of completion", "51 years of completion", "TEST-1"),
        ('[["intentional", "within(5 years of completion)"]]', "[]", "TEST-1: predicate"),
        ('[["intentional", "within(5 years of completion)"]]', "[[]]", "TEST-1: each alternative"),
        ('[["intentional", "within(5 years of completion)"]]', '"intentional"', "TEST-1: predicate"),
        ('["unit"]', '["unit", "neighbour"]', "TEST-1: askers must be classes of asker, not neighbour"),
        ('["unit"]', '["unit", "person"]', "TEST-1: askers must be units and organs"),
        ('["unit"]', "[]", "TEST-1: askers"),
        ('["unit"]', '"unit"', "TEST-1: askers must be a list"),
        ('law = "a law"\n', "", "TEST-1: missing law"),
        ("predicate = ", "predicates = ", "TEST-1: unknown field predicates"),
        ('predicate = [["intentional", "within(5 years of completion)"]]\n', "", "TEST-1: missing predicate"),
        ("checked_on = 2026-11-23\n", "", "TEST-1: missing checked_on"),
        ("2026-11-23", '"2026-11-23"', "TEST-1: checked_on must be a date"),
        ("2026-11-23", "2026-11-23T00:00:00Z", "TEST-1: checked_on must be a date"),
        ("2026-11-23", "2026-02-30", "own.toml"),
        ("2026-11-23", "2026-11-23\nin_force_from = 2024", "TEST-1: in_force_from must be a date"),
        (
            "2026-11-23",
            "2026-11-23\nin_force_from = 2024-01-02\nin_force_to = 2024-01-01",
            "TEST-1: in_force_to lies before",
        ),
        ('version = "2020"', 'version = "lately"', "TEST-1: article and version"),
        ('version = "2020"', "version = 2020", "TEST-1: version must be a text"),
        ('article = "1"\n', "", "TEST-1: article and version"),
        ('rank = "law"', 'rank = "custom"', "TEST-1: rank .*'custom'"),
        ('rank = "law"', 'rank = "department_rule"', "TEST-1: a department rule supports no question alone"),
        ('"employment"', '"curiosity"', "TEST-1: purpose .*'curiosity'"),
        ('checked = "[test]"', 'checked = " "', "TEST-1: checked is empty"),
        ('checked = "[test]"', 'checked = "[test]"\nshown = "full"', "TEST-1: shown .*'full'"),
        ('checked = "[test]"', 'checked = "[test]"\nmood = "good"', "TEST-1: unknown field mood"),
        ('checked = "[test]"', 'checked = "[test]"\nid = "X"', "TEST-1: unknown field id"),
        ('checked = "[test]"', 'checked = "[test]"\naskable = "no"', "TEST-1: askable"),
        ('checked = "[test]"', 'checked = "[test]"\naskable = false', "TEST-1: .*says why in `note`"),
        (
            'checked = "[test]"',
            'checked = "[test]"\nopens_seal = ["S1"]',
            "TEST-1: .*seal in the charter",
        ),
        ('checked = "[test]"', 'checked = "[test]"\nincludes_classes = ["working"]', "TEST-1: includes"),
        (
            'checked = "[test]"',
            'checked = "[test]"\nincludes_classes = ["rumour"]',
            "TEST-1: includes_classes names 'rumour', which is no class of record: criminal, ",
        ),
        ('checked = "[test]"', 'checked = "[test]"\nsame_as = "TEST-1"', "TEST-1: same_as"),
        ("[TEST-1]", "TEST-1 = 1\n[TEST-3]", "TEST-1: is not a table"),
    ],
)
def test_r36_a_catalogue_that_does_not_hold_is_refused_at_start_naming_row_and_word(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match=named):
        Disclosure(catalogue=catalogue(tmp_path, GOOD.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('under = "TEST-1"', 'under = "TEST-9"', "TEST-2: under 'TEST-9'"),
        ('under = "TEST-1"', 'under = "TEST-2"', "TEST-2: under 'TEST-2'"),
        ('checked = "[test]"', 'checked = "[test]"\nincludes_classes = ["public_order"]', "TEST-2: .*beyond"),
        ("[TEST-2]", "[TEST-1]", "TEST-1"),
    ],
)
def test_r36_a_rule_below_the_state_council_stands_under_a_row_that_carries_it(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    assert load_bases(catalogue(tmp_path, GOOD + BELOW))["TEST-2"].above is not None
    with pytest.raises(ValueError, match=named):
        load_bases(catalogue(tmp_path, GOOD + BELOW.replace(old, new, 1)))


def test_r36_a_row_that_does_not_hold_is_found_by_file_row_and_field(tmp_path: Path) -> None:
    (tmp_path / "another.toml").write_text(GOOD, "utf-8")
    (tmp_path / "below.toml").write_text(BELOW.replace('["unit"]', "[]"), "utf-8")
    with pytest.raises(ValueError, match=r"below\.toml line 8: basis TEST-2: askers"):
        load_bases(tmp_path)
    (tmp_path / "below.toml").write_text(BELOW.replace("TEST-1", "TEST-9"), "utf-8")
    with pytest.raises(ValueError, match=r"below\.toml line 5: basis TEST-2: under 'TEST-9'"):
        load_bases(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('checked = "[test]"', 'checked = "[test]"\nmood = "good"', 12),
        ('law = "a law"\n', "", 2),
        ("predicate = [[", "predicate = [\n  [", 10),
        ("2026-11-23", '"2026-11-23"', 12),
        ('summary = "a row for tests"', 'summary = " "', 8),
    ],
)
def test_r36_the_line_of_a_fault_is_named(tmp_path: Path, old: str, new: str, line: int) -> None:
    text = GOOD.replace(old, new, 1).replace("[\n  [", '[\n  ["wicked", ')
    with pytest.raises(ValueError, match=rf"own\.toml line {line}: basis TEST-1: "):
        load_bases(catalogue(tmp_path, text))


def test_r36_one_id_in_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(GOOD, "utf-8")
    with pytest.raises(ValueError, match="TEST-1: another row has this id"):
        load_bases(catalogue(tmp_path, GOOD))


def test_r36_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no catalogue"):
        load_bases(tmp_path)


def test_r36_a_row_is_in_force_from_its_first_to_its_last_day(tmp_path: Path) -> None:
    text = GOOD + "in_force_from = 2024-07-01\nin_force_to = 2026-12-31\n"
    rows = load_bases(catalogue(tmp_path, text + BELOW))
    days = [date(2024, 6, 30), date(2024, 7, 1), date(2026, 12, 31), date(2027, 1, 1)]
    for row in rows.values():
        assert [row.in_force(day) for day in days] == [False, True, True, False]


def test_r36_every_row_of_the_law_is_there_and_marked() -> None:
    rows = load_bases()
    assert len(rows) == 70
    for row in rows.values():
        assert row.checked_on in (date(2026, 11, 23), date(2026, 11, 29), date(2026, 11, 30))
        assert row.who and row.period and row.checked.startswith("[V")  # noqa: PT018
        assert row.wording or row.rank == "department_rule"
        assert not row.opens_seal
        assert ("within(" in str([str(w) for criteria in row.predicate for w in criteria])) <= (
            row.period != "life"
        )
    below = {row.id: row.under for row in rows.values() if row.rank == "department_rule"}
    assert below == {"EDU-2020": "MIN-62", "MIL-pol": "MIL-24", "FGN-7": ""}
    assert {row.id for row in rows.values() if not row.askable} == {
        "FGN-7",
        "GOV-14",
        "PASS-13/14",
        "EXIT-12",
        "TEL-31",
        "ORG-19",
        "NSF-42",
        "SECR-47",
    }


def test_r64_rows_that_cross_record_classes_say_so() -> None:
    rows = load_bases()
    crossing = {id for id, row in rows.items() if row.includes_classes != {"criminal"}}
    assert {"MIN-62", "PRE-44", "EDU-2020", "SUP-13", "SGD-17", "ADOPT-1098"} <= crossing
    # 劳动教养 only where the provision names it (A24).
    naming = {id for id, row in rows.items() if "reeducation" in row.includes_classes}
    assert naming == {"SGD-17", "SGC-8", "GUN-3"}
    assert all("劳动教养" in rows[id].wording for id in naming)
    for row in rows.values():
        assert row.beside.keys() == row.includes_classes - {"criminal"}, row.id
        assert row.shown == "yes_no" or not row.beside


def test_the_manual_of_the_catalogue_explains_every_word_and_field() -> None:
    manual = (DEFAULT / "README.md").read_text("utf-8")
    for criterion in CRITERIA:
        assert re.search(rf"`{criterion}[`(]", manual), criterion
    for name in load_bases()["COM-178"].__dataclass_fields__:
        assert name in ("id", "above") or f"`{name}`" in manual, name


def test_a_word_is_written_as_it_was_read() -> None:
    for row in load_bases().values():
        again = read_predicate([[str(criterion) for criterion in criteria] for criteria in row.predicate])
        assert again == row.predicate
