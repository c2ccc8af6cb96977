"""No fault of a row hides another, and the dry run counts what it does not list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compose.bulk.judging import faults_of
from compose.bulk.map_file import load_map
from compose.bulk.source import SourceRow, open_source
from compose.cli import main
from compose.node import tallying
from compose.shared.exit_codes import ExitCode
from tests.support.records import Someone
from tests.support.tables import MAP, as_csv, row


def items(file: Path) -> list[SourceRow]:
    return list(open_source(file, load_map(MAP)).items())


def dry(file: Path) -> dict[str, Any]:
    checked = CliRunner().invoke(
        main, ["node", "import", str(file), "--map", str(MAP), "--dry-run", "--json"]
    )
    report: dict[str, Any] = json.loads(checked.output)
    assert checked.exit_code == (ExitCode.ROWS_LEFT if report["faulty"] else 0), checked.output
    return report


def test_a_row_with_an_unreadable_cell_shows_its_other_faults_too_and_none_that_follow_from_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(
        as_csv(
            [
                row(Someone(), 性别="?"),
                row(Someone(), 性别="?", 宣判日期="2999年1月1日"),
                row(Someone(), 罪名="", 出生日期="昨天", 决定执行的刑罚="若干年"),
            ]
        )
    )
    rows = [[(f.field, f.rule) for f in faults_of(item)] for item in items(file)]
    assert rows[0] == [("性别", "CELL")]
    assert rows[1][0] == ("性别", "CELL")
    assert "pronounced_on" in {where for where, _ in rows[1]}
    assert {where for where, _ in rows[2]} >= {"出生日期", "决定执行的刑罚", "offences"}
    assert not {where for where, _ in rows[2]} & {"person.birth_date", "combined_penalty"}


def test_a_bad_cell_does_not_hide_another_cell_but_a_wrongly_cut_row_means_nothing(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    good = as_csv([row(Someone(), 姓名="甲\0", 性别="?")])
    file.write_bytes(good + b"a,b\r\n")
    first, second = items(file)
    assert {("姓名", "TEXT"), ("性别", "CELL")} <= {(f.field, f.rule) for f in faults_of(first)}
    assert [(f.field, f.rule) for f in faults_of(second)] == [("row", "CELLS")]


def test_the_dry_run_counts_every_fault_by_column_and_rule_and_says_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(as_csv(row(Someone(), 性别=f"?{n}", 刑满日期=f"第{n % 2}天") for n in range(150)))
    report = dry(file)
    assert (report["rows"], report["faulty"], report["faults_not_listed"]) == (150, 150, 0)
    sex, done = sorted(report["faults"], key=lambda fault: fault["field"] != "性别")
    assert (sex["rule"], sex["rows"], sex["first_row"]) == ("CELL", 150, 2)
    assert (len(sex["others"]), sex["rows_not_shown"]) == (2, 147)
    assert (done["field"], done["rows"], len(done["others"]), done["rows_not_shown"]) == (
        "刑满日期", 150, 1, 0,
    )  # fmt: skip
    monkeypatch.setattr(tallying, "MOST_KINDS", 1)
    assert dry(file)["faults_not_listed"] == 150
    shown = CliRunner().invoke(main, ["node", "import", str(file), "--map", str(MAP), "--dry-run"])
    assert "147 rows that say otherwise" in " ".join(shown.output.split())
    assert "150 more faults are of further kinds" in " ".join(shown.output.split())
