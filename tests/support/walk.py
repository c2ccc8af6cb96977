"""Play the commands of a document as a reader types them: in order, in one shell, each with what its comment says.

Commands stand in blocks marked `sh`. A block behind `<!-- not run: REASON -->` is left out. The comment behind a
command begins with what comes of it: a finding (`RECORD`), `refused`, or `exit code N`; anything else is for readers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Seconds after which a walk hangs: on a quiet machine it takes two minutes, beside twenty busy programs twenty.
WITHIN_S = 2300
_BLOCK = re.compile(r"(?:<!-- not run: (?P<reason>[^>]+) -->\n+)?```sh\n(?P<commands>.*?)```\n", re.DOTALL)
_COMMAND = re.compile(r"(?P<command>hutong .*?)(?:   # (?P<comment>.*))?", re.DOTALL)
_FINDING = re.compile(r"(RECORD|NO_RECORD|YES|NO|CONFIRM_IDENTITY|UNDECIDED)\b")
_CODE = re.compile(r"exit code ([0-9]+)")
#: Runs one command, keeps what it printed, and ends the walk where it ends or finds otherwise than the document says.
_PRELUDE = """
step() {
  local at=$1 code=$2 finding=$3; shift 3
  local ended=0; "$@" > "$LOGS/$at" 2>&1 || ended=$?
  if [ "$ended" != "$code" ] || ! grep -q "$finding" "$LOGS/$at"; then
    printf 'line %s ended with %s, not %s, or without "%s": %s\\n' "$at" "$ended" "$code" "$finding" "$*"
    cat "$LOGS/$at"; exit 1
  fi
}
"""


@dataclass(frozen=True)
class Step:
    """A command that was played: its line in the document, the command, and what it printed."""

    line: int
    command: str
    printed: str


def blocks(document: Path) -> list[tuple[int, str, str]]:
    """Return the blocks of commands: first line, text, and the reason why it is not run, or ""."""
    text = document.read_text("utf-8")
    return [
        (text.count("\n", 0, each.start("commands")) + 1, each["commands"], each["reason"] or "")
        for each in _BLOCK.finditer(text)
    ]


def play(document: Path, home: Path) -> list[Step]:
    """Type every command of `document`; raises `AssertionError` at the first that does otherwise.

    `home` is an empty folder that stands for the reader's own.
    """
    logs = home / "logs"
    logs.mkdir(parents=True)
    commands: dict[int, str] = {}
    script = [_PRELUDE]
    for start, text, reason in blocks(document):
        if not reason:
            for line, command in _lines(start, text):
                script.append(_typed(line, command))
                commands[line] = command
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HUTONG_", "LC_", "LANG"))
    }
    environment |= {
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "LOGS": str(logs),
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    (home / "walk.sh").write_text("\n".join(script), "utf-8")
    try:
        ran = subprocess.run(
            ["bash", "-eu", str(home / "walk.sh")],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=WITHIN_S,
        )  # fmt: skip
    finally:
        for description in home.glob("**/federation.json"):
            subprocess.run(
                [sys.executable, "-m", "compose.cli", "down"],
                cwd=ROOT, env=environment | {"HUTONG_HOME": str(description.parent)}, check=False,
            )  # fmt: skip
    assert ran.returncode == 0, f"{ran.stdout[-6000:]}\n{ran.stderr[-3000:]}"
    return [
        Step(line, command, (logs / str(line)).read_text("utf-8"))
        for line, command in commands.items()
        if (logs / str(line)).exists()
    ]


def _lines(start: int, text: str) -> list[tuple[int, str]]:
    """Return the lines of a block, continued ones joined, each with its number in the document."""
    found: list[tuple[int, str]] = []
    inside = ""
    for number, line in enumerate(text.splitlines(), start=start):
        if found and (inside or found[-1][1].endswith("\\")):
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
            inside = "" if line == inside else inside
        else:
            found.append((number, line))
            heredoc = re.search(r"<<'(\w+)'$", line)
            inside = heredoc[1] if heredoc else ""
    return found


def _typed(line: int, text: str) -> str:
    """Return a command as the shell gets it: one of ours with its expected end, any other unchanged."""
    found = _COMMAND.fullmatch(text)
    if found is None or re.search(r" [>|] ", found["command"]):
        return text
    comment = found["comment"] or ""
    code = _CODE.match(comment)
    expected = code[1] if code else "1" if comment.startswith("refused") else "0"
    finding = _FINDING.match(comment)
    wanted = f"': {finding[1]}, '" if finding else "''"
    return f"step {line} {expected} {wanted} {found['command']}"
