"""A followed folder and a followed view feed a node by themselves; killed at any moment, nothing is entered twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from compose.local.layout import node_installation
from tests.support.followed import CURSOR, Registry, map_with_cursor
from tests.support.local import LocalFederation
from tests.support.records import Someone
from tests.support.tables import MAP, as_csv, row
from tests.support.waiting import PATIENCE_S, wait_for

POLICE = node_installation("police")
ROWS = 1200


class Follower:
    """The command that follows one system, as often as it is started."""

    def __init__(self, federation: LocalFederation, folder: Path, stack: ExitStack) -> None:
        self.state, self._stack = folder / "state", stack
        self._federation, self._log = federation, folder / "follow.log"
        self._before = self._entered()

    def start(self, *what: str) -> subprocess.Popen[bytes]:
        """Start following in the background."""
        where = ["--home", str(self._federation.layout.home), "--node", "police-1", "--officer", "登记员丙"]
        often = ["--state", str(self.state), "--every", "0.1", "--settle", "0", "--json"]
        command = [sys.executable, "-m", "compose.cli", "node", "follow", *where, *often, *what]
        with self._log.open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        self._stack.callback(process.kill)
        return process

    def once(self, *what: str) -> list[dict[str, object]]:
        """Take what is there, and return the reports."""
        before = self._log.stat().st_size if self._log.exists() else 0
        process = self.start(*what, "--once")
        process.wait(PATIENCE_S)
        said = self._log.read_bytes()[before:].decode()
        assert process.returncode == 0, said
        return [json.loads(line) for line in said.splitlines()]

    def kill_in_the_middle(self, *what: str) -> None:
        """Start, and kill it once a page is settled and not all of them are."""
        process = self.start(*what)
        wait_for(
            lambda: [*self.state.glob("*.import-state.json")] or process.poll() is not None,
            what="a settled page",
            pause_s=0.005,
        )
        process.kill()
        process.wait(PATIENCE_S)
        assert process.returncode == -signal.SIGKILL, self._log.read_text("utf-8")

    def entered(self) -> int:
        """Return how many records were entered since."""
        return self._entered() - self._before

    def quarantined(self) -> list[str]:
        """Return the column of the first reason of each row in quarantine."""
        files = sorted(self.state.glob("*.quarantine*.jsonl"))
        return [
            json.loads(line)["reasons"][0]["field"]
            for f in files
            for line in f.read_text("utf-8").splitlines()
        ]

    def _entered(self) -> int:
        return sum(str(e["kind"]) == "entered" for e in self._federation.node_entries("police"))


@pytest.fixture
def follower(whole: LocalFederation, tmp_path: Path) -> Iterator[Follower]:
    with ExitStack() as stack:
        yield Follower(whole, tmp_path, stack)


def test_r8_r59_a_followed_folder_is_entered_once_whatever_is_killed(
    follower: Follower, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    rows = [row(Someone()) for _ in range(ROWS)]
    rows[7]["性别"] = "?"
    what = ("--folder", str(folder), "--map", str(MAP))
    (folder / "table.csv").write_bytes(as_csv(rows))
    follower.kill_in_the_middle(*what)
    (folder / "table.csv").unlink()  # what was begun is finished all the same
    [report] = follower.once(*what)
    assert report["quarantined"] == 1
    assert (follower.entered(), follower.quarantined()) == (ROWS - 1, ["性别"])

    (folder / "the-same.csv").write_bytes(as_csv(rows))
    assert follower.once(*what) == []
    more = [*rows, row(Someone())]
    (folder / "the-same.csv").write_bytes(as_csv(more))
    (folder / "no-table.csv").write_bytes(b"\xff\xfe\x00\x00")
    reports = {str(r["part"]): r for r in follower.once(*what)}
    assert (reports["the-same.csv"]["entered"], reports["the-same.csv"]["repeated"]) == (1, ROWS - 1)
    assert "UTF-16" in str(reports["no-table.csv"]["error"])
    assert follower.once(*what) == [], "a file that cannot be read is told once"


def test_r8_r59_a_followed_view_is_entered_once_whatever_is_killed(
    follower: Follower, whole: LocalFederation, tmp_path: Path
) -> None:
    registry = Registry(tmp_path / "registry.db")
    mapped = str(map_with_cursor(tmp_path))
    what = ("--database", registry.url, "--view", "判决", "--cursor", CURSOR, "--map", mapped)
    registry.add([row(Someone()) for _ in range(ROWS)], change=1)
    registry.add([row(Someone(), 性别="?")], change=2)
    registry.add([row(Someone(), 备注="长" * 2_000_000)], change=2)  # longer than any line
    follower.kill_in_the_middle(*what)
    process = follower.start(*what)
    wait_for(follower.entered, lambda number: number == ROWS, what="the rows of the view")

    whole.signal(POLICE, signal.SIGKILL)
    registry.add([row(Someone()) for _ in range(3)], change=2)
    registry.file.rename(tmp_path / "away.db")
    whole.up(POLICE)
    (tmp_path / "away.db").rename(registry.file)
    wait_for(follower.entered, lambda number: number == ROWS + 3, what="the rows after the faults")
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 130
    assert follower.once(*what) == []
    assert (follower.entered(), follower.quarantined()) == (ROWS + 3, ["性别", "line"])
