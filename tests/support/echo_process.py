"""The echo server in a process of its own, so that a crash is seen as an exit code.

Run as `python -m tests.support.echo_process SETTINGS`, a JSON object of what `EchoProcess` writes; it serves until its
standard input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from federation.charter.trust import CharterTrust
from federation.values.identity import Installation
from tests.support.echo import Echo, serving_echo
from tests.support.federation import Party, SmallFederation


class EchoProcess:
    """A running echo server: its endpoint, and whether it still lives."""

    def __init__(self, process: subprocess.Popen[str], endpoint: str, log: Path) -> None:
        self.process, self.endpoint, self._log = process, endpoint, log
        self.port = int(endpoint.rpartition(":")[2])

    def lives(self) -> None:
        """Raise `AssertionError` with the end of the server's output when the process has ended."""
        code = self.process.poll()
        output = "\n".join(self._log.read_text("utf-8", errors="replace").splitlines()[-5:])
        assert code is None, f"the server's process ended with exit code {code}:\n{output}"


@contextmanager
def echo_process(federation: SmallFederation, party: Party, **options: float) -> Iterator[EchoProcess]:
    """Serve as `party` in another process; `options` are those of `serving_echo`."""
    settings = {
        "published": str(federation.published),
        "state": str(federation.home / "state" / "echo-process"),
        "root": str(federation.root),
        "installation": str(party.installation),
        "certificate": str(party.certificate),
        "key": str(party.key),
        "options": options,
    }
    log = federation.home / "echo-process.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.echo_process", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            endpoint = process.stdout.readline().strip()
            assert endpoint, log.read_text("utf-8")
            yield EchoProcess(process, endpoint, log)
        finally:
            process.stdin.close()
            process.wait(60)


def _serve(settings: dict[str, Any]) -> None:
    trust = CharterTrust(
        Path(settings["published"]), Path(settings["state"]), Path(settings["root"]), every=0.05
    )
    own = Installation.parse(settings["installation"])
    certificate, key = Path(settings["certificate"]), Path(settings["key"])
    with trust, serving_echo(Echo(), trust, certificate, key, own=own, **settings["options"]) as endpoint:
        print(endpoint, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
