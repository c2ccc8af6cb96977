"""The kit's cases are written once: rows, checks and docs/node-contract.md say the same, and cite what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.conformance import people
from compose.conformance.outcomes import TargetRole
from compose.conformance.registry import cases, checks
from compose.conformance.running import MODULES

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "node-contract.md").read_text("utf-8")
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+) \| ([A-Z0-9, C]+) \|$", re.MULTILINE)


def test_every_row_has_a_check_for_each_role_and_every_check_a_row() -> None:
    assert MODULES
    assert {(case.name, role) for case in cases() for role in case.roles} == checks().keys()
    names = [case.name for case in cases()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("role", TargetRole)
def test_the_document_lists_the_duties_of_a_role_in_the_order_in_which_they_are_played(
    role: TargetRole,
) -> None:
    _, _, section = PAGE.partition(f"## Duties of a {role}\n")
    section = section.partition("\n## ")[0]
    written = [case for case in cases() if role in case.roles]
    assert ROW.findall(section) == [(case.name, case.duty, ", ".join(case.requirements)) for case in written]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_case_names_its_family_and_requirements_of_the_table_of_the_law(case: object) -> None:
    law = (ROOT / "docs" / "law.md").read_text("utf-8")
    assert case.name.startswith(f"{case.family}-")  # type: ignore[attr-defined]
    for requirement in case.requirements:  # type: ignore[attr-defined]
        assert requirement == "RFC 6962" or f"| {requirement} |" in law


def test_the_records_are_those_of_synthetic_persons_and_are_printed_one_a_line() -> None:
    printed = CliRunner().invoke(main, ["conformance", "--records"]).output.splitlines()
    assert printed == people.lines()
    numbers = [identifier.number for made in people.records() for identifier in made.person.identifiers]
    assert [number[:6] for number in numbers] == ["990911"] * 3
    assert len(set(numbers)) == 3


def test_target_and_certificates_are_needed() -> None:
    ended = CliRunner().invoke(main, ["conformance", "--role", "node"])
    assert ended.exit_code == 2
    assert "--target and --certs" in ended.output


def test_an_unknown_case_is_no_silent_success() -> None:
    ended = CliRunner().invoke(
        main, ["conformance", "--target", "localhost:1", "--certs", ".", "--case", "wire-nothing"]
    )
    assert ended.exit_code == 2
    assert "wire-nothing" in ended.output
