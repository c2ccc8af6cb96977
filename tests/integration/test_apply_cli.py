"""`hutong apply` from submission to a saved document that `hutong verify` checks and refuses when altered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from tests.support.local import LocalFederation
from tests.support.records import Someone


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"a scanned paper")
    return path


def apply(federation: LocalFederation, command: str, officer: str, *arguments: str) -> Result:
    home = str(federation.layout.home)
    return run("apply", command, "--home", home, "--node", "justice-1", "--officer", officer, *arguments)


def test_a_window_goes_from_submission_to_a_verified_document(
    running_federation: LocalFederation, paper: Path, tmp_path: Path
) -> None:
    someone = Someone(name="周伯通")
    options = ("--kind", "own", "--name", someone.name, "--id-number", someone.number, "--reason", "求职")
    papers = (f"--paper=identity_document={paper}", f"--paper=application_form={paper}")
    submitted = apply(
        running_federation, "submit", "甲", *options, "--household", "110105", *papers, "--json"
    )
    assert submitted.exit_code == 0, submitted.output
    number = json.loads(submitted.output)["application"]["number"]
    assert apply(running_federation, "accept", "甲", number).exit_code == 0
    assert apply(running_federation, "review", "乙", number).exit_code == 0
    refused = apply(running_federation, "handle", "乙", number)
    assert (refused.exit_code, "SAME_OFFICER" in refused.output) == (1, True)
    handled = apply(running_federation, "handle", "丙", number, "--out", str(tmp_path / "out"))
    assert handled.exit_code == 0, handled.output
    assert "无犯罪记录证明" in handled.output
    page, saved = sorted((tmp_path / "out").iterdir())
    home = str(running_federation.layout.home)
    checked = run("verify", "--home", home, str(saved), "--json")
    assert (checked.exit_code, json.loads(checked.output)["holds"]) == (0, True)
    document = json.loads(saved.read_text("utf-8"))["document"]
    printed = page.read_text("utf-8")
    assert page.name == saved.with_suffix(".html").name
    assert all(
        part in printed for part in ("无犯罪记录证明", document["number"], document["code"], someone.name)
    )
    verified = run(
        "apply",
        "check",
        "--home",
        home,
        "--as",
        "court",
        "--officer",
        "法官",
        document["number"],
        document["code"],
    )
    assert "in force" in verified.output
    listed = apply(running_federation, "list", "丙", "--state", "answered", "--json")
    assert number in {line["number"] for line in json.loads(listed.output)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("未发现", "已发现"),
        ('"valid_until": "2', '"valid_until": "3'),
        ('"result": "none"', '"result": "found"'),
    ],
)
def test_an_altered_document_does_not_hold(
    running_federation: LocalFederation, paper: Path, tmp_path: Path, before: str, after: str
) -> None:
    from federation.documents.file import render
    from tests.support import applying

    [envelope] = applying.answered(running_federation, "justice", applying.own(Someone())).envelopes
    text = json.dumps(render(envelope), ensure_ascii=False, indent=2)
    assert before in text
    path = tmp_path / "document.json"
    path.write_text(text.replace(before, after), "utf-8")
    checked = run("verify", "--home", str(running_federation.layout.home), str(path), "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.output)["holds"] is False


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--paper=nonsense=x",), "paper"),
        (("--paper=identity_document",), "paper"),
        (("--paper=identity_document=sha256:12",), "paper"),
        (("--paper=identity_document=/nowhere/at/all",), "paper"),
        (("--id-number", "123"), "subject.identifiers[0].number"),
        (("--household", "beijing"), "applicant.household_division"),
        (("--nationality", "加拿大", "--stay", "2024-01-01"), "stay"),
        (("--nationality", "加拿大", "--stay", "2024-01-01..2024-02-30"), "stay"),
        (("--stay", "2024-01-01..2024-12-31"), "applicant.nationality"),
    ],
)
def test_what_is_typed_wrong_is_named(
    running_federation: LocalFederation, arguments: tuple[str, ...], field: str
) -> None:
    someone = Someone()
    options = (
        "--name",
        someone.name,
        "--id-number",
        someone.number,
        "--reason",
        "求职",
        "--household",
        "110105",
    )
    wrong = apply(running_federation, "submit", "甲", *options, *arguments)
    assert wrong.exit_code == 1
    assert field in wrong.output
    assert "Traceback" not in wrong.output
