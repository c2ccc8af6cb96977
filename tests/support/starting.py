"""Server processes started on a home that something has been done to: either they serve, or they say why not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 120.0


@dataclass(frozen=True)
class Refused:
    """How a server that did not serve ended."""

    code: int
    output: str

    @property
    def sentence(self) -> str:
        """The last line on standard error, as the operator reads it."""
        return str(json.loads(self.output.splitlines()[-1])["says"])


def copy_of(home: Path, into: Path) -> Path:
    """Return a copy of a server's home; its settings name certificates and charter where they were."""
    shutil.copytree(home, into)
    (into / "run.json").unlink(missing_ok=True)
    return into


@contextmanager
def started(kind: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `hutong KIND run` on `home`, on a free port; whatever still runs afterwards is killed."""
    (home / "run.json").unlink(missing_ok=True)
    with (home / "stderr").open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "compose.cli", kind, "run", "--home", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            env={**os.environ, f"HUTONG_{kind.upper()}_LISTEN": "127.0.0.1:0"},
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def serves(kind: str, home: Path) -> None:
    """Insist that the server serves, and stop it in order."""
    with started(kind, home) as process:
        await_serving(process, home)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0, output_of(home)


def killed_while_serving(kind: str, home: Path) -> None:
    """Let the server serve, and kill it."""
    with started(kind, home) as process:
        await_serving(process, home)
        process.kill()
        process.wait()


def refused(kind: str, home: Path) -> Refused:
    """Insist that the server ends by itself without serving; return how."""
    with started(kind, home) as process:
        deadline = time.monotonic() + PATIENCE_S
        while process.poll() is None:
            assert not (home / "run.json").exists(), f"it serves: {output_of(home)}"
            assert time.monotonic() < deadline, "it neither serves nor ends"
            time.sleep(0.05)
    end = Refused(process.returncode, output_of(home))
    assert end.code == 1, end.output
    assert "Traceback" not in end.output, end.output
    return end


def await_serving(process: subprocess.Popen[str], home: Path) -> None:
    """Return once the server serves."""
    deadline = time.monotonic() + PATIENCE_S
    while not (home / "run.json").exists():
        assert process.poll() is None, f"it did not start: {output_of(home)}"
        assert time.monotonic() < deadline, "it does not start"
        time.sleep(0.05)


def output_of(home: Path) -> str:
    """Return what the server said."""
    return (home / "stderr").read_text("utf-8")
