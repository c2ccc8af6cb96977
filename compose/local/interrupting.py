"""Handle Ctrl-C while servers start: end the servers that this call started, undisturbed by a second Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from compose.local.layout import Layout
from compose.local.processes import STOP_DEADLINE_S
from federation.values.identity import Installation


class Interrupted(BaseException):
    """SIGTERM or SIGHUP arrived: like Ctrl-C, it ends the command after cleaning up."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP clean up as Ctrl-C does; only the main thread can arrange this."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _frame: object) -> None:
        raise Interrupted(signal.Signals(number).name)

    before = {sign: signal.signal(sign, interrupt) for sign in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except Interrupted as error:
        raise SystemExit(f"interrupted by {error}; nothing was left half done") from None
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


@contextmanager
def ending_what_starts(layout: Layout, servers: Sequence[Installation]) -> Iterator[None]:
    """Start servers inside this context; if it does not complete, the servers that were started are ended again."""
    there = {child.pid for child in psutil.Process().children()}
    try:
        yield
    except BaseException:
        with _undisturbed():
            _end(layout, servers, there)
        raise


def _end(layout: Layout, servers: Sequence[Installation], before: set[int]) -> None:
    homes = {str(layout.server(server)): server for server in servers}
    started = [child for child in psutil.Process().children() if child.pid not in before]
    ours = {child: home for child in started if (home := _home_of(child)) in homes}
    for child in ours:
        _signal(child, signal.SIGTERM)
    _, stubborn = psutil.wait_procs([*ours], timeout=STOP_DEADLINE_S)
    for child in stubborn:
        _signal(child, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=5)
    for home in ours.values():
        (layout.server(homes[home]) / "run.json").unlink(missing_ok=True)


def _home_of(process: psutil.Process) -> str:
    """Return the home that a server process was started with; "" for any other process."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return ""
    return command[-1] if "run" in command and "--home" in command else ""


def _signal(process: psutil.Process, sign: signal.Signals) -> None:
    try:
        process.send_signal(sign)
    except psutil.NoSuchProcess:
        return


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore signals while cleaning up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signs = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {sign: signal.signal(sign, signal.SIG_IGN) for sign in signs}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
