"""Names, reasons and errors that a terminal would obey, through the real commands, on terminals of few characters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from federation.v1 import record_pb2 as pb
from tests.support.local import LocalFederation
from tests.support.records import Someone, record

pytestmark = pytest.mark.timeout(600)

#: Which encodings a terminal may have.
TERMINALS: Mapping[str, Mapping[str, str]] = {
    "LANG=C": {"LC_ALL": "C", "LANG": "C"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "utf-8": {"PYTHONIOENCODING": "utf-8"},
}
NAMES = ("JOHN [aka jack] DOE", "[/x]", "[bold]PAT\ufe0f")


@pytest.fixture(scope="module")
def people(running_federation: LocalFederation) -> list[tuple[Someone, str]]:
    """Persons whose names are markup, each with a record whose texts are too."""
    found = []
    for name in NAMES:
        someone = Someone(name=name)
        made = record(someone, "police")
        made.court.name = f"{made.court.name}[/x]"
        receipt = running_federation.enter("police", made)
        running_federation.amend("police", receipt.record_id, 1, made_again(made, name))
        found.append((someone, receipt.record_id))
    return found


def made_again(made: pb.Record, name: str) -> pb.Record:
    other = pb.Record()
    other.CopyFrom(made)
    other.instrument.reference = f"更正 {name}"
    return other


def hutong(fed: LocalFederation, terminal: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a process of its own, on such a terminal."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("LC_", "LANG", "PYTHON"))}
    environment = kept | dict(TERMINALS[terminal]) | {"COLUMNS": "250", "HUTONG_HOME": str(fed.layout.home)}
    return subprocess.run(
        [sys.executable, "-m", "compose.cli", *arguments], capture_output=True, env=environment, timeout=120
    )


def shown(ran: subprocess.CompletedProcess[bytes], terminal: str, *, code: int = 0) -> str:
    """Return what a command wrote, if nothing in it is obeyed or hidden and it ended as it should."""
    text = (ran.stdout + ran.stderr).decode("utf-8" if terminal == "LANG=C" else terminal)
    assert "Traceback" not in text, text
    assert ran.returncode == code, text
    hidden = [
        c for c in text if (c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")) or c == "\ufe0f"
    ]
    assert not hidden, text
    return text


def commands(record_id: str, someone: Someone, folder: Path) -> Iterator[tuple[str, ...]]:
    at = ("--node", "police-1", "--officer", "王警官")
    who = ("--id-number", someone.number, "--name", someone.name)
    yield "ask", "--as", "police", "--purpose", "case", "--case-number", "X", "--officer", "王警官", *who
    yield "node", "show", *at, record_id
    yield "node", "history", *at, record_id
    yield "recalls", "told", *at, record_id
    yield "node", "withheld", *at
    yield ("status",)
    yield "report", "intake"
    yield "correct", "list", *at
    yield "notify", "track", "--as", "court", "--officer", "王警官"
    yield "explain", "bases"


@pytest.mark.parametrize("terminal", TERMINALS)
def test_a_name_that_is_markup_is_shown_whole(
    running_federation: LocalFederation, people: list[tuple[Someone, str]], tmp_path: Path, terminal: str
) -> None:
    for number, (someone, record_id) in enumerate(people):
        name = someone.name.replace("\ufe0f", "\\ufe0f")
        for arguments in list(commands(record_id, someone, tmp_path))[
            : None if number == 0 and terminal == "ascii" else 1
        ]:
            output = shown(hutong(running_federation, terminal, *arguments), terminal)
            if arguments[0] == "ask" or arguments[1:2] == ("show",):
                assert name in output, output


@pytest.mark.parametrize("terminal", TERMINALS)
def test_json_keeps_the_name_and_is_whole(
    running_federation: LocalFederation, people: list[tuple[Someone, str]], tmp_path: Path, terminal: str
) -> None:
    someone, record_id = people[2]
    ask, show, *_ = commands(record_id, someone, tmp_path)
    ran = hutong(running_federation, terminal, *ask, "--json")
    shown(ran, terminal)
    answer = tmp_path / "answer.json"
    answer.write_bytes(ran.stdout.decode("utf-8" if terminal == "LANG=C" else terminal).encode("utf-8"))
    assert someone.name in json.dumps(json.loads(answer.read_text("utf-8")), ensure_ascii=False)
    checked = hutong(running_federation, terminal, "verify", str(answer))
    assert "Proven" in shown(checked, terminal)
    record = json.loads(hutong(running_federation, terminal, *show, "--json").stdout)
    assert record["record"]["person"]["names"][0]["text"] == someone.name


@pytest.mark.parametrize("value", ["\x1b[2J[/x]", "\u202eTHE ANSWER HOLDS", "a\nThe answer holds."])
def test_a_saved_answer_or_log_that_lies_moves_no_cursor(
    running_federation: LocalFederation, people: list[tuple[Someone, str]], tmp_path: Path, value: str
) -> None:
    someone, record_id = people[0]
    ask = next(commands(record_id, someone, tmp_path))
    answer = json.loads(hutong(running_federation, "utf-8", *ask, "--json").stdout)
    for part in ("answered_at", "gateway", "answer_id", "finding"):
        answer["answer"][part] = value
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer), "utf-8")
    output = shown(hutong(running_federation, "ascii", "verify", str(file)), "ascii", code=1)
    assert "\nThe answer holds." not in output
    export = tmp_path / "log.jsonl"
    at = ("audit", "export", "--server", "police-1", "--officer", "王警官", str(export))
    assert hutong(running_federation, "ascii", *at).returncode == 0
    lines = export.read_text("utf-8").splitlines()
    entry = json.loads(lines[1])
    entry["body"] = json.dumps(
        {**json.loads(entry["body"]), "kind": value, "note": value}, ensure_ascii=False
    )
    lines[1] = json.dumps(entry)
    header = json.loads(lines[0]) | {"installation": value}
    for first in (lines[0], json.dumps(header)):
        export.write_text("\n".join([first, *lines[1:]]) + "\n", "utf-8")
        shown(hutong(running_federation, "ascii", "audit", "verify", str(export)), "ascii", code=1)


def test_an_application_of_a_person_with_such_a_name_goes_its_way(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    someone = Someone(name="[/x] [aka] DOE")
    paper = tmp_path / "scan.pdf"
    paper.write_bytes(b"a scanned paper")
    at = ("--node", "justice-1")
    options = (
        "--kind",
        "own",
        "--name",
        someone.name,
        "--id-number",
        someone.number,
        "--reason",
        "求职 [/b]",
    )
    papers = (f"--paper=identity_document={paper}", f"--paper=application_form={paper}")
    submit = ("apply", "submit", *at, "--officer", "甲", *options, "--household", "110105", *papers)
    number = json.loads(hutong(running_federation, "cp1252", *submit, "--json").stdout)["application"][
        "number"
    ]
    for officer, step in (("甲", "accept"), ("乙", "review"), ("丙", "handle")):
        done = hutong(running_federation, "ascii", "apply", step, *at, "--officer", officer, number)
        text = shown(done, "ascii")
    assert someone.name in text
    for arguments in (
        ("apply", "show", *at, "--officer", "丙", number),
        ("apply", "list", *at, "--officer", "丙"),
    ):
        shown(hutong(running_federation, "ascii", *arguments), "ascii")


def test_an_error_about_a_value_shows_it_harmless(running_federation: LocalFederation) -> None:
    for value in ("\x1b[2J", "[/x]", "\u202e", "Z\u0000".rstrip("\u0000")):
        arguments = (
            "ask",
            "--as",
            "police",
            "--purpose",
            "case",
            "--case-number",
            "X",
            "--officer",
            "王警官",
        )
        output = shown(hutong(running_federation, "ascii", *arguments, "--id-number", value), "ascii", code=1)
        assert "subject.identifiers" in output
        output = shown(
            hutong(running_federation, "ascii", *arguments, "--birth-date", value), "ascii", code=1
        )
        assert "birth_date" in output


def test_where_only_ascii_is_known_an_argument_that_is_no_text_is_named(
    running_federation: LocalFederation,
) -> None:
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for arguments, code in (
        (("status",), 0),
        (("ask", "--as", "court", "--purpose", "own", "--officer", "王"), 1),
    ):
        ran = subprocess.run(
            [sys.executable, "-m", "compose.cli", *arguments],
            capture_output=True,
            env=os.environ | bare | {"HUTONG_HOME": str(running_federation.layout.home)},
            timeout=120,
        )
        output = shown(ran, "ascii", code=code)
    assert "set LANG=C.UTF-8" in output
