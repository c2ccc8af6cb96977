"""Durable writing for questions on the event loop, which never waits for a disk or a lock.

All commands that questions issue in one turn of the loop go to the writing thread together and are committed
together. That thread calls the loop back when they are durable; meanwhile the loop serves other questions.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, TypeVar

from federation.errors import HutongError
from server.journal.journal import Journal
from server.journal.log import Once
from server.journal.waiting import Queued
from server.journal.work import Command, Committed

T = TypeVar("T")
#: Seconds after which a question gives up on a commit that has not begun.
TIMEOUT_S = 30.0


class CommandBatcher:
    """Collects the commands of one turn of the loop and hands them to the writer. Lives on one event loop."""

    def __init__(self, journal: Journal, *, timeout_s: float = TIMEOUT_S) -> None:
        self._journal = journal
        self._timeout_s = timeout_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn: list[Queued[Any]] = []
        self._settled: dict[Queued[Any], asyncio.Future[None]] = {}

    async def run(self, command: Command[T], *, onces: Sequence[Once] = ()) -> Committed[T]:
        """Return what `command` returned once it is durable; raises what it raised, like `Journal.run`.

        A caller that is cancelled or has waited too long leaves nothing behind: its command is withdrawn if it has
        not begun; otherwise the outcome is awaited.
        """
        loop = self._loop = asyncio.get_running_loop()
        item: Queued[T] = Queued(command, onces, self._committed)
        settled = self._settled[item] = loop.create_future()
        if not self._turn:
            loop.call_soon(self._hand_in)
        self._turn.append(item)
        timer = loop.call_later(self._timeout_s, self._give_up, item)
        try:
            await settled
        except asyncio.CancelledError:
            if not self._journal.withdraw(item) and item.done is None and item.failed is None:
                settled = self._settled[item] = loop.create_future()
                await settled
            raise
        finally:
            timer.cancel()
            self._settled.pop(item, None)
        self._journal.settled(item)
        return item.outcome()

    def _give_up(self, item: Queued[Any]) -> None:
        if self._journal.withdraw(item):
            self._resolve([item])

    def _hand_in(self) -> None:
        turn, self._turn = self._turn, []
        try:
            self._journal.submit(turn)
        except HutongError as error:  # queue full, or writer stopped: no caller may be left waiting
            for item in turn:
                item.failed = error
            self._resolve(turn)

    def _committed(self, items: Sequence[Queued[Any]]) -> None:
        """Receive the outcomes of commands, on the writing thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and its callers with it
                self._loop.call_soon_threadsafe(self._resolve, items)

    def _resolve(self, items: Sequence[Queued[Any]]) -> None:
        for item in items:
            settled = self._settled.pop(item, None)
            if settled is not None and not settled.done():
                settled.set_result(None)
