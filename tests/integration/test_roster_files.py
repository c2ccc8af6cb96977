"""What is wrong with a roster is named by row, line and field, as a form and as a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from compose.shared.exit_codes import ExitCode
from federation.errors import InvalidRequest
from federation.v1 import application_pb2 as pb
from tests.support import applying
from tests.support.applying import ACCEPTOR, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone


def test_r36_what_is_wrong_with_a_roster_is_named_by_row(running_federation: LocalFederation) -> None:
    window = applications(running_federation, "police", ACCEPTOR)
    someone = Someone()
    submission = applying.roster(someone, Someone(), someone)
    submission.roster.persons[1].ClearField("name")
    submission.roster.needed_by = "tomorrow"
    with pytest.raises(InvalidRequest) as wrong:
        window.submit(submission)
    assert {v.field for v in wrong.value.violations} == {
        "roster.persons[1].name",
        "roster.persons[2].identifiers[0].number",
        "roster.needed_by",
    }
    for change in (
        lambda s: s.ClearField("roster") or s.roster.SetInParent(),
        lambda s: s.subject.CopyFrom(someone.subject()),
        lambda s: setattr(s, "kind", pb.APPLICATION_KIND_SEALED_PROVISION),
    ):
        submission = applying.roster(Someone())
        change(submission)
        with pytest.raises(InvalidRequest):
            window.submit(submission)


def test_r36_a_roster_needs_the_stamped_list_and_a_day_that_is_to_come(
    running_federation: LocalFederation,
) -> None:
    submission = applying.roster(Someone(), needed_by="2020-01-01")
    del submission.papers[-1]
    found = applying.rules(
        applications(running_federation, "police", ACCEPTOR).submit(submission).application.obstacles
    )
    assert "名册" in found
    assert "已过" in found
    assert "被查询人是本单位" not in found, "the list stands for the proof of each person"


CSV = "姓名,公民身份号码,出生日期\n{}\n"


def submit(federation: LocalFederation, roster: Path, paper: Path, *more: str) -> Result:
    arguments = ["apply", "submit", "--home", str(federation.layout.home), "--node", "police-1"]
    arguments += ["--officer", "甲", "--kind", "public", "--applicant", "unit:第一小学", "--seat", "110105"]
    arguments += [
        "--basis",
        "COMP-24",
        "--relation",
        "staff",
        "--reason",
        "每年查询",
        "--roster",
        str(roster),
    ]
    arguments += [
        f"--paper={k}={paper}" for k in ("unit_letter", "handler_identity", "application_form", "roster")
    ]
    return CliRunner().invoke(main, [*arguments, *more])


def test_a_roster_comes_in_as_csv_and_bad_rows_are_named_by_line_and_field(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    paper, roster, aside = tmp_path / "scan.pdf", tmp_path / "roster.csv", tmp_path / "aside.csv"
    paper.write_bytes(b"a stamped list")
    good, other = Someone(name="程灵素"), Someone(name="胡斐")
    rows = [
        f"{good.name},{good.number},{good.born}",
        f"苗人凤,{other.number[:-1]}?,1971-02-30",
        f"{other.name},{other.number},",
        f"又一人,{good.number},",
    ]
    roster.write_text(CSV.format("\n".join(rows)), "gb18030")
    refused = submit(running_federation, roster, paper)
    assert refused.exit_code == 1
    for named in ("line 3, id_number", "line 3, birth_date", "line 5, id_number", "row 2"):
        assert named in refused.output, refused.output
    taken = submit(running_federation, roster, paper, "--set-aside", str(aside), "--json")
    assert taken.exit_code == ExitCode.ROWS_LEFT, taken.output
    submission = json.loads(taken.stdout)["application"]["submission"]["roster"]["persons"]
    assert [person["name"] for person in submission] == [good.name, other.name]
    kept = aside.read_text("utf-8-sig").splitlines()
    assert [line.partition(",")[0] for line in kept] == ["姓名", "苗人凤", "又一人"]
    mended = aside.read_text("utf-8-sig").replace("?", other.number[-1]).replace("1971-02-30", "")
    aside.write_text(mended.replace(good.number, Someone().number), "utf-8")
    again = submit(running_federation, aside, paper, "--json")
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize("content", ["", "name\n", "name,id_number,colour\n", "name,id_number\n", "\x00\xff"])
def test_what_is_no_roster_is_said_so(
    running_federation: LocalFederation, tmp_path: Path, content: str
) -> None:
    roster, paper = tmp_path / "roster.csv", tmp_path / "scan.pdf"
    roster.write_text(content, "latin-1")
    paper.write_bytes(b"x")
    refused = submit(running_federation, roster, paper)
    assert refused.exit_code == 1
    assert "roster" in refused.output
    assert "Traceback" not in refused.output
