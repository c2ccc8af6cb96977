"""The charter a running program relies on: refreshed in the background, never rolled back, unusable once expired."""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from federation.background.loop import Loop
from federation.charter.load import DirectoryFetcher, Loaded, load, renewal_of, verify_at
from federation.charter.model import Charter
from federation.errors import CharterUnusable, HutongError
from federation.values.clock import now as wall_clock
from federation.values.clock import stamp

__all__ = ["CharterTrust", "verify_at"]

log = logging.getLogger(__name__)


class CharterTrust:
    """The newest charter that `published` offers and the pinned `root` (a file, or its content) vouches for.

    `state` keeps the highest versions seen, so that a rollback is refused across restarts. Used as a context
    manager it loads the charter (raising `CharterUnusable` if there is none) and then looks for a newer one
    every `every` seconds. A publisher that hangs for more than `deadline` seconds or offers something broken
    changes nothing: the current charter stays until it expires. A program without a charter waits `patience`
    seconds for its first one: the machine may be slow, or another command of the member may hold the state.
    """

    def __init__(
        self,
        published: Path,
        state: Path,
        root: Path | bytes | None,
        *,
        every: float = 5.0,
        deadline: float = 10.0,
        patience: float = 120.0,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._published, self._state, self._root = published, state, root
        self._every, self._deadline, self._clock = every, deadline, clock
        self._patience = max(deadline, patience)
        self._loaded: Loaded | None = None
        self._enter: Callable[[Charter], None] = lambda _: None
        self._swap = threading.Lock()
        self._attempt: _Attempt | None = None
        self._starting = threading.Lock()
        self._loop: Loop | None = None
        self._warned_of = -1
        self._watchers: list[Callable[[], object]] = []
        self._lookers: list[Callable[[], object]] = []

    def current(self) -> Charter:
        """Return the charter in force; raises `CharterUnusable` when there is none or it has expired.

        Costs two attribute reads and a look at the clock: call it for every request.
        """
        return self._valid().charter

    def expires(self) -> datetime | None:
        """Return when the first metadata of the newest charter expires, also after that; None without a charter."""
        return self._loaded.expires if self._loaded is not None else None

    @contextmanager
    def entered(self, enter: Callable[[Charter], None]) -> Iterator[None]:
        """Call `enter` with every charter before it comes into force; with the current one immediately.

        If `enter` raises a `HutongError`, the previous charter stays in force, and `enter` is tried again later.
        """
        with self._swap:
            if self._loaded is not None:
                enter(self._loaded.charter)
            self._enter = enter
        try:
            yield
        finally:
            with self._swap:
                self._enter = lambda _: None

    def files(self) -> Mapping[str, bytes]:
        """Return the published files that prove the charter in force, by name, for others to verify."""
        return self._valid().files

    def refresh(self) -> Charter:
        """Look for a newer charter now and return the one in force; raises `CharterUnusable`.

        What was published before the call is seen: an attempt that is under way may have looked earlier, so its end is
        awaited and another one made. Waits at most `deadline` seconds, or `patience` while there is no charter. After a
        failed attempt the current charter stays in force.
        """
        began, before = time.monotonic(), self._attempt
        if before is not None:
            self._await(before, began)
        attempt = self._after(before)
        self._await(attempt, began)
        if attempt.error is not None:
            raise attempt.error
        return self.current()

    def _after(self, before: _Attempt | None) -> _Attempt:
        """Return an attempt that began after `before` ended: another caller's, or a new one.

        Raises `CharterUnusable` where it cannot begin; the next call tries again.
        """
        with self._starting:
            if self._attempt is not None and self._attempt is not before:
                return self._attempt
            attempt = _Attempt(self._load)
            attempt.start()
            self._attempt = attempt
        return attempt

    def _await(self, attempt: _Attempt, began: float) -> None:
        """Wait for the end of an attempt, for a call that began then; raises `CharterUnusable`."""
        left = began + self._deadline - time.monotonic()
        if attempt.done.wait(max(0.0, left)) or self._waited_longer(attempt):
            return
        waited = self._deadline if self._loaded is not None else self._patience
        raise CharterUnusable(
            f"the charter's publisher has not answered for {waited:g} s", reason="CHARTER_UNREADABLE"
        )

    def _waited_longer(self, attempt: _Attempt) -> bool:
        if self._loaded is not None:
            return False
        log.warning("no charter after %g s: waiting up to %g s for the first", self._deadline, self._patience)
        return attempt.done.wait(self._patience - self._deadline)

    @contextmanager
    def watched(self, changed: Callable[[], object]) -> Iterator[None]:
        """Call `changed` whenever another charter has come into force, until the context ends.

        It is called on the thread that loaded the charter, so it must neither wait nor raise.
        """
        self._watchers.append(changed)
        try:
            yield
        finally:
            self._watchers.remove(changed)

    @contextmanager
    def after_looks(self, look: Callable[[], object]) -> Iterator[None]:
        """Call `look` after each look for a newer charter, whether it found one or not, until the context ends.

        It is called on the thread that looks every `every` seconds, so it must neither wait nor raise.
        """
        self._lookers.append(look)
        try:
            yield
        finally:
            self._lookers.remove(look)

    def __enter__(self) -> Self:
        self.refresh()
        self._loop = Loop("charter", self._keep_fresh, every_s=self._every, waits_first=True)
        self._loop.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.close(self._deadline + 1)

    def _valid(self) -> Loaded:
        loaded = self._loaded
        if loaded is None:
            raise CharterUnusable("no charter has been loaded", reason="CHARTER_NOT_LOADED")
        if self._clock() >= loaded.expires:
            raise CharterUnusable(
                f"charter {loaded.charter.version} has expired: its {loaded.expires_first} metadata ended at "
                f"{stamp(loaded.expires)}; {renewal_of(loaded.expires_first)}",
                reason="CHARTER_EXPIRED",
            )
        return loaded

    def _load(self) -> None:
        before = self._loaded
        if before is not None and self._offered() == before.files["metadata/timestamp.json"]:
            return
        self._state.mkdir(parents=True, exist_ok=True)
        with (self._state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # several commands of one member may share the state
            root = self._root.read_bytes() if isinstance(self._root, Path) else self._root
            loaded = load(DirectoryFetcher(self._published), self._state, root, at=self._clock())
        with self._swap:
            # An attempt that hung may finish after a later one: it must not restore the older charter.
            if self._loaded is None or loaded.timestamp_version > self._loaded.timestamp_version:
                self._insist_entered(loaded.charter)
                self._loaded = loaded
                log.info("charter %d in force", loaded.charter.version)
            else:
                return
        for changed in [*self._watchers]:
            changed()

    def _insist_entered(self, charter: Charter) -> None:
        try:
            self._enter(charter)
        except HutongError as error:
            raise CharterUnusable(
                f"charter {charter.version} is not in force yet: {error.message}",
                reason="CHARTER_NOT_ENTERED",
            ) from error

    def _offered(self) -> bytes:
        return (self._published / "metadata" / "timestamp.json").read_bytes()

    def _keep_fresh(self) -> bool:
        try:
            self.refresh()
        except CharterUnusable as error:
            log.warning("charter not refreshed: %s", error.message)
        self._warn_from_half_life()
        for look in [*self._lookers]:
            look()
        return False

    def _warn_from_half_life(self) -> None:
        loaded = self._loaded
        if loaded is None or loaded.timestamp_version == self._warned_of:
            return
        half: timedelta = (loaded.expires - loaded.issued) / 2
        if self._clock() >= loaded.issued + half:
            self._warned_of = loaded.timestamp_version
            log.warning(
                "charter %d is past half its life: %s metadata expires at %s",
                loaded.charter.version,
                loaded.expires_first,
                stamp(loaded.expires),
            )


class _Attempt:
    """One try in a thread of its own, because a read from a hanging file system cannot be interrupted."""

    def __init__(self, action: Callable[[], None]) -> None:
        self.done = threading.Event()
        self.error: CharterUnusable | None = None
        self._action = action

    def start(self) -> None:
        try:
            threading.Thread(target=self._run, name="charter-attempt", daemon=True).start()
        except (
            RuntimeError
        ) as error:  # the machine has no room: who asked would otherwise end, or wait for ever
            raise CharterUnusable(
                f"there is no thread to look for the charter: {error}", reason="CHARTER_UNREADABLE"
            ) from error

    def _run(self) -> None:
        try:
            self._action()
        except CharterUnusable as error:
            self.error = error
        except Exception as error:  # the charter in force must survive any failure
            log.exception("charter attempt failed")
            self.error = CharterUnusable(f"the charter cannot be read: {error}", reason="CHARTER_UNREADABLE")
        finally:
            self.done.set()
