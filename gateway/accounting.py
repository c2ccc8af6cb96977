"""Durable writing for questions on the event loop: what all of them want written in one turn is one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from journal.journal import Journal
from journal.log import Once
from journal.writer import Command, Committed, Queued

T = TypeVar("T")


class Accounting:
    """Collects the commands of one turn of the loop and commits them together.

    The loop stands still while the disk writes: whatever comes in meanwhile is the next commit, and nobody on
    the loop has anything to do that the log does not come before.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._turn: list[tuple[Queued[Any], asyncio.Future[None]]] = []

    async def run(self, command: Command[T], *, onces: Sequence[Once] = ()) -> Committed[T]:
        """Return what `command` returned once it is durable; raises what it raised, like `Journal.run`."""
        loop = asyncio.get_running_loop()
        item, settled = Queued(command, onces), loop.create_future()
        if not self._turn:
            loop.call_soon(self._commit)
        self._turn.append((item, settled))
        await settled
        return item.outcome()

    def _commit(self) -> None:
        turn, self._turn = self._turn, []
        try:
            self._journal.settle([item for item, _ in turn])
        except Exception as error:  # nobody may be left waiting
            for item, _ in turn:
                item.failed = item.failed or error
        for _, settled in turn:
            if not settled.done():
                settled.set_result(None)
