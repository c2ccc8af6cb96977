"""The calendar of holidays: every day since 2004, what it moves, and the file that an operator puts in its place."""

from __future__ import annotations

import importlib
from datetime import date, timedelta
from pathlib import Path

import pytest

from federation.law.workdays import HOLIDAYS, VARIABLE, Workdays, load_workdays, workdays
from server.settings import NodeSettings


def test_a5_every_day_since_2004_is_worked_or_not_as_the_package_of_others_says() -> None:
    others = importlib.import_module("chinese_calendar")
    calendar = load_workdays()
    assert min(calendar.years) == 2004
    assert calendar.years == {
        day.year for day in importlib.import_module("chinese_calendar.constants").holidays
    }
    first, last = date(2004, 1, 1), date(max(calendar.years), 12, 31)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert [day for day in days if calendar.is_one(day) != others.is_workday(day)] == []


def test_a5_an_end_is_moved_only_in_a_year_whose_holidays_are_known() -> None:
    calendar = Workdays(off=frozenset({date(2025, 5, 1), date(2025, 5, 2)}), years=frozenset({2025}))
    assert calendar.end_of_period(date(2025, 5, 1)) == date(2025, 5, 5), "a holiday and the weekend after it"
    assert calendar.end_of_period(date(2025, 4, 30)) == date(2025, 4, 30)
    assert calendar.end_of_period(date(2026, 5, 2)) == date(2026, 5, 2), "nobody knows"


def test_an_operator_replaces_the_calendar_without_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "holidays-2027.toml"
    copy.write_text(f'{HOLIDAYS.read_text("utf-8")}\n[2027]\noff = ["2027-01-01"]\n')
    monkeypatch.setenv(VARIABLE, str(copy))
    assert workdays().years == load_workdays().years | {2027}
    assert workdays().end_of_period(date(2027, 1, 1)) == date(2027, 1, 4)
    monkeypatch.delenv(VARIABLE)
    assert workdays() is load_workdays(HOLIDAYS)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[2027", "cannot be read"),
        ("off = []", r"\[off\] is no year"),
        ("[27]\noff = []", r"\[27\] is no year"),
        ('[2027]\nholidays = ["2027-01-01"]', r"\[2027\] holidays"),
        ('[2027]\noff = "2027-01-01"', r"\[2027\] off"),
        ('[2027]\noff = ["1 January"]', "'1 January'"),
        ("[2027]\noff = [2027-01-01]", "is no day written"),
        ('[2027]\noff = ["2026-01-01"]', "2026-01-01 is no day of that year"),
        ('[2027]\noff = ["2027-01-01"]\nworked = ["2027-01-01"]', "both off and worked: 2027-01-01"),
    ],
)
def test_a_calendar_that_cannot_be_used_stops_the_start_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, says: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(ValueError, match=says) as refused:
        NodeSettings(
            home=tmp_path, charter=tmp_path, installation="police/node/police-1", certificate=path, key=path,
            signing_key=path,
        )  # fmt: skip
    assert "mine.toml" in str(refused.value)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere.toml"))
    with pytest.raises(ValueError, match=r"nowhere\.toml: cannot be read"):
        workdays()
