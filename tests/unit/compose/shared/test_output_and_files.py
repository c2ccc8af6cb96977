"""Output that finds no room, closed streams, files in one step: no command ends as if it had answered."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from certs.printing import write_json, write_text

ROOT = Path(__file__).parents[4]


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    write_json(file, {"a": "张三"})
    with pytest.raises(TypeError):
        write_json(file, {"a": object()})
    assert json.loads(file.read_text("utf-8")) == {"a": "张三"}
    full = (
        "import resource, sys, pathlib; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from certs.printing import write_json; write_json(pathlib.Path(sys.argv[1]), ['x' * 100] * 1000)"
    )
    ended = subprocess.run([sys.executable, "-c", full, str(file)], capture_output=True, text=True, cwd=ROOT)
    assert "File too large" in ended.stderr
    assert json.loads(file.read_text("utf-8")) == {"a": "张三"}
    assert [each.name for each in tmp_path.iterdir()] == ["answer.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "stores"],
        ["explain", "stores", "--json"],
        ["explain", "bases"],
        ["explain", "bases", "--json"],
        ["--help"],
        ["--version"],
        ["charter", "show", "--help"],
    ],
    ids=" ".join,
)
def test_output_that_finds_no_room_ends_with_a_sentence(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "compose.cli", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "No space left on device" in ended.stderr
    assert "make room" in ended.stderr


@pytest.mark.parametrize(
    ("closed", "ends"),
    [
        pytest.param(">&-", 1, id="standard output"),
        pytest.param(">&- 2>&-", 1, id="both outputs"),
        pytest.param("2>&-", 0, id="standard error"),
        pytest.param("<&-", 0, id="standard input"),
    ],
)
def test_a_command_whose_output_is_closed_does_not_end_as_if_it_had_answered(closed: str, ends: int) -> None:
    line = f"exec {sys.executable} -m compose.cli explain stores --json {closed}"
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == ends, ended
    assert ("standard output is closed" in ended.stderr) == (closed == ">&-")
    assert bool(ended.stdout) == (ends == 0)


def test_an_error_goes_nowhere_else_when_standard_error_is_closed(tmp_path: Path) -> None:
    line = f"exec {sys.executable} -m compose.cli status --home {tmp_path} 2>&-"
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=ROOT)
    assert (ended.returncode, ended.stdout) == (1, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_gets_the_number_of_a_closed_stream(tmp_path: Path, closed: str) -> None:
    """A message to standard output would otherwise be written into the store that was opened first."""
    opens = (
        "import sys\nfrom certs.printing import prepare\n"
        "try: prepare()\nexcept SystemExit: pass\n"
        "file = open(sys.argv[1], 'w')\nprint(file.fileno(), file=file)"
    )
    file = tmp_path / "store"
    subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" "$2" {closed}', sys.executable, opens, str(file)], cwd=ROOT
    )
    assert int(file.read_text()) > 2


def test_a_file_keeps_its_mode_and_a_link_its_file(tmp_path: Path) -> None:
    file, link = tmp_path / "a.txt", tmp_path / "link.txt"
    file.write_text("before")
    file.chmod(0o600)
    link.symlink_to(file)
    write_text(link, "after")
    assert (file.read_text(), file.stat().st_mode & 0o777, link.is_symlink()) == ("after", 0o600, True)
