"""docs/dependencies.md lists every package that is installed, as `constraints.txt` fixes it."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version

import pytest
from packaging.utils import canonicalize_name

from tests.support import dependencies
from tests.support.dependencies import DOCUMENT, PARTS, directly_needed, fixed, licence, needed, parts


def rows() -> dict[str, tuple[str, list[str]]]:
    """Return the part and the cells of each row, by package."""
    found: dict[str, tuple[str, list[str]]] = {}
    part = ""
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if line.startswith("## "):
            part = line.removeprefix("## ")
        if line.startswith("| ") and not line.startswith("| package "):
            name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert name not in found, f"{name} stands twice"
            found[name] = part, cells
    return found


def test_every_fixed_version_is_listed_and_no_other() -> None:
    assert {name: cells[0] for name, (_, cells) in rows().items()} == fixed()


def test_every_package_that_is_needed_is_fixed() -> None:
    """One that is not is installed in whatever version is newest that day."""
    known = {canonicalize_name(name) for name in fixed()}
    for part, asked in directly_needed().items():
        assert set(needed(asked)) <= known, part


def test_what_is_installed_is_what_is_listed() -> None:
    for name, (_, cells) in rows().items():
        assert (version(name), licence(name)) == (cells[0], cells[2]), name


def test_each_package_stands_in_the_part_that_needs_it() -> None:
    listed, order = rows(), list(PARTS)
    for part, packages in parts().items():
        for each in packages:
            assert order.index(listed[each.name][0]) <= order.index(part), f"{each.name}: {part}"


def test_each_day_is_one_that_has_been() -> None:
    first = date(2026, 11, 23)
    for name, (_, cells) in rows().items():
        assert first <= date.fromisoformat(cells[1]), name


def test_a_package_that_is_not_listed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "fixed", lambda: {n: v for n, v in fixed().items() if n != "grpcio"})
    [unknown] = [each for each in parts()["Servers and commands"] if each.name not in dependencies.fixed()]
    assert unknown.name == "grpcio"
