"""The servers of agencies that have founded a federation by commands, each a process on its own home."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.founding import Founding
from tests.support.starting import await_serving


@contextmanager
def running(agencies: Founding, installation: str) -> Iterator[None]:
    """Run a server of an agency as its service manager does."""
    home, kind = agencies.home(installation), installation.split("/")[1]
    command = [sys.executable, "-m", "compose.cli", kind, "run", "--home", str(home)]
    with (home / "stderr").open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True)
        try:
            await_serving(process, home)
            yield
        finally:
            process.kill()
            process.wait()
