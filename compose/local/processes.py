"""Start, watch and stop the servers of a local federation; only processes started here are ever ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from compose.local.layout import GATEWAY, Layout
from federation.errors import NotFound, Unavailable
from federation.values.identity import Installation
from server.homelock import exclusive

#: Generous, since an ended process is noticed at once and a slow machine needs time.
START_DEADLINE_S = 600.0
#: Longer than calls under way may take by default (`drain_s`).
STOP_DEADLINE_S = 60.0


@dataclass(frozen=True)
class RunningServer:
    """A server that runs."""

    installation: Installation
    pid: int
    port: int


def running(layout: Layout, server: Installation) -> RunningServer | None:
    """Return the running server, or None; a file left behind by a killed process is ignored."""
    try:
        facts = json.loads((layout.server(server) / "run.json").read_text("utf-8"))
        process = psutil.Process(facts["pid"])
        ours = _is_same(process, facts) and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return RunningServer(server, facts["pid"], facts["port"]) if ours else None


def _is_same(process: psutil.Process, facts: Mapping[str, Any]) -> bool:
    """Say whether the process is the one that announced itself, and not a later one with the same number.

    The clock decides only where the system or an earlier program gives nothing better: when somebody sets it, the
    times at which processes seem to have started move with it.
    """
    since_boot = facts.get("since_boot")
    if since_boot:
        return bool(since_boot == _since_boot(process.pid))
    return abs(process.create_time() - float(facts["born"])) < 2.0


def _since_boot(pid: int) -> str:
    """Return the boot of this machine and how long after it a process started (proc(5)), "" where no /proc says it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        # The name of the program, in parentheses, may hold anything; the 20th field after it is the start, in ticks.
        after_name = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2]
        return f"{boot}:{after_name.split()[19]}"
    except (OSError, IndexError):
        return ""


def start(layout: Layout, server: Installation) -> subprocess.Popen[bytes]:
    """Start a server in the background; its output goes to `server.log` in its folder, reopened at SIGHUP."""
    folder = layout.server(server)
    (folder / "run.json").unlink(missing_ok=True)
    kind = "gateway" if server == GATEWAY else "node"
    path = folder / "server.log"
    with path.open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "compose.cli", kind, "run", "--home", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PYTHONUNBUFFERED": "1", f"HUTONG_{kind.upper()}_LOG_FILE": str(path)},
        )


def await_started(layout: Layout, server: Installation, process: subprocess.Popen[bytes]) -> RunningServer:
    """Wait until the server serves; raises `Unavailable` with the end of its output when it does not."""
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        up = running(layout, server)
        ended = process.poll() is not None
        if up is not None and (ended or up.pid == process.pid):
            process.returncode = 0  # let go: the process outlives this object; `stop_all` waits by its id
            return up
        if ended and not held(layout.server(server)):
            break
        time.sleep(0.02)
    log = layout.server(server) / "server.log"
    raise Unavailable(f"{server} did not start; the end of {log} says:\n{_tail(log)}")


def held(home: Path) -> bool:
    """Say whether a process holds the home: one started by an earlier, interrupted command, which will serve soon."""
    try:
        with exclusive(home):
            return False
    except Unavailable:
        return True


def stop_all(layout: Layout, servers: list[Installation]) -> list[Installation]:
    """Signal servers in order, end them by force after a while, and return those that were running.

    Returns only once their processes have ended: a server still answers for a moment after the signal.
    """
    ups = {server: up for server in servers if (up := running(layout, server)) is not None}
    processes = [psutil.Process(up.pid) for up in ups.values()]
    for process in processes:
        process.send_signal(signal.SIGTERM)
    _, stubborn = psutil.wait_procs(processes, timeout=STOP_DEADLINE_S)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=STOP_DEADLINE_S)
    for server in ups:
        (layout.server(server) / "run.json").unlink(missing_ok=True)
    return list(ups)


def by_name(servers: list[Installation], names: tuple[str, ...]) -> list[Installation]:
    """Return the servers called `names`, all of them for none; raises `NotFound` with the names there are."""
    known = {server.name: server for server in servers}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotFound(f"no server {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names] if names else servers


def announce(home: Path, port: int) -> Path:
    """Write a file stating that this process serves at `port`, for the command that started it."""
    path = home / "run.json"
    pid = os.getpid()
    born = psutil.Process().create_time()
    facts = {"pid": pid, "since_boot": _since_boot(pid), "born": born, "port": port}
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(facts), "utf-8")
    scratch.replace(path)
    return path


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text("utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(nothing)"
