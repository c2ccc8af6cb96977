"""Server processes started on a home that something has been done to: either they serve, or they say why not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import PATIENCE_S, wait_for


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
        wait_for(
            lambda: process.poll() is not None or (home / "run.json").exists(),
            what="a server that ends or serves",
        )
        assert not (home / "run.json").exists(), f"it serves: {output_of(home)}"
    end = Refused(process.returncode, output_of(home))
    assert end.code == 1, end.output
    assert "Traceback" not in end.output, end.output
    return end


def await_serving(process: subprocess.Popen[str], home: Path) -> None:
    """Return once the server serves."""
    wait_for(
        lambda: process.poll() is not None or (home / "run.json").exists(),
        what="a server that ends or serves",
    )
    assert process.poll() is None, f"it did not start: {output_of(home)}"


def output_of(home: Path) -> str:
    """Return what the server said."""
    return (home / "stderr").read_text("utf-8")
