"""How the demo waits for conditions: it shows what is still missing, and fails with one sentence.

A slow machine is not an error: as long as there is progress, the demo never gives up because time has passed.
A scene that does not show what it promises ends the command with exit code 1 and one sentence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import click

from compose.shared.printing import Console
from federation.background.retrying import Growing
from federation.errors import Exhausted, HutongError, Unavailable

_T = TypeVar("_T")
#: Seconds without any progress after which a wait is given up.
PATIENCE_S: Final = 600.0
_PAUSES_S: Final = Growing(0.1, 2.0, factor=1.5)
#: Without a terminal, seconds between two lines of progress, at least.
_LINE_EVERY_S: Final = 5.0


class Unkept(Exception):
    """A scene does not show what it promises; the text is a phrase that states what it shows instead."""


class NotShown(click.ClickException):
    """A scene did not show what it promises: one sentence, and exit code 1."""


@contextmanager
def promised(scene: str) -> Iterator[None]:
    """Raise `NotShown`, one sentence that names the scene, for any error that keeps the scene from its promise."""
    try:
        yield
    except (Unkept, HutongError) as error:
        phrase = " ".join(str(error).split()).rstrip(".")
        raise NotShown(f"Scene ({scene}) did not show what it promises: {phrase}.") from error


def insist(kept: object, otherwise: str) -> None:
    """Raise `Unkept` with the phrase `otherwise` unless `kept` is true."""
    if not kept:
        raise Unkept(otherwise)


class Patience:
    """Waits for conditions and shows on `console` what is missing; `still_s` is in seconds."""

    def __init__(self, console: Console | None = None, still_s: float = PATIENCE_S) -> None:
        self._console = console or Console(quiet=True)
        self.still_s = still_s

    def until(
        self,
        probe: Callable[[], _T],
        lacks: Callable[[_T], str],
        what: str,
        *,
        moving: bool = False,
        passing: Callable[[HutongError], bool] = lambda error: False,
    ) -> _T:
        """Return what `probe` returns as soon as it lacks nothing.

        `lacks` names what is still missing, as a phrase, and returns "" for nothing. A server that cannot be
        reached, or is overloaded, is asked again; so is one whose error is `passing`. With `moving`, the
        waiting time starts again whenever the phrase changes. Raises `Unkept` when the waiting time is over;
        any other error of `probe` is raised at once.
        """
        with self._shown(what) as show:
            deadline, missing, pauses = time.monotonic() + self.still_s, "", iter(_PAUSES_S)
            while True:
                before = missing
                try:
                    found = probe()
                    missing = lacks(found)
                    if not missing:
                        return found
                except HutongError as error:
                    if not isinstance(error, Unavailable | Exhausted) and not passing(error):
                        raise
                    missing = error.message
                show(missing)
                now = time.monotonic()
                if moving and missing != before:
                    deadline = now + self.still_s
                if now > deadline:
                    raise Unkept(f"{what}: {missing}, and no change in {self.still_s:.0f} seconds")
                time.sleep(next(pauses))

    @contextmanager
    def _shown(self, what: str) -> Iterator[Callable[[str], None]]:
        """Yield a function that shows what is missing: with a spinner on a terminal, as lines elsewhere."""
        if self._console.is_terminal:
            with self._console.status(what) as status:
                yield lambda missing: status.update(f"{what}: {missing}")
            return
        shown_at, shown = float("-inf"), ""

        def show(missing: str) -> None:
            nonlocal shown_at, shown
            now = time.monotonic()
            if missing != shown and now - shown_at >= _LINE_EVERY_S:
                self._console.print(f"{what}: {missing}")
                shown_at, shown = now, missing

        yield show
