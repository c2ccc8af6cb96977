"""The assembly of the parts of a gateway that carry seals, and their interface to questions on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TypeVar

from federation.charter.envelope import Signer
from federation.charter.model import Charter, Node
from gateway.sealing.acknowledgement_store import AcknowledgementStore
from gateway.sealing.delivering import Delivering
from gateway.sealing.mark_store import MarkStore
from gateway.sealing.marks import Concern, Marks
from gateway.sealing.node_calls import Connect, NodeCalls
from gateway.sealing.proposal_store import ProposalStateStore, ProposalStore
from gateway.sealing.spreading import Reading, Spreading
from gateway.sealing.sweeping import Sweeping
from gateway.sealing.syncing import Syncing
from gateway.sealing.taking import Taking
from gateway.sealing.under_way import UnderWay
from gateway.sealing.workers import Worker, Workers
from server.journal.journal import Journal
from server.journal.work import Command

T = TypeVar("T")


class Sealing:
    """Seals on their way through this gateway."""

    def __init__(
        self,
        *,
        key: bytes,
        journal: Journal,
        signer: Signer,
        charter: Callable[[], Charter],
        connect: Connect,
        now: Callable[[], datetime],
    ) -> None:
        """`key` encrypts waiting proposals and acknowledgements; marks are made with a key derived from it."""
        self._journal = journal
        proposals, states = ProposalStore(key=key), ProposalStateStore()
        acknowledgements = AcknowledgementStore(key=key)
        self.marks = Marks(key=key)
        self._mark_store = MarkStore(marks=self.marks)
        self.under_way = UnderWay()
        self.reading = Reading(charter=charter, now=now)
        self._calls = NodeCalls(signer=signer, charter=charter, connect=connect, now=now)
        self.workers = Workers(self._worker, charter=charter, hang_up=self._calls.close)
        self._sweeping = Sweeping(
            states=states,
            marks=self.marks,
            mark_store=self._mark_store,
            under_way=self.under_way,
            journal=journal,
        )
        self.delivering = Delivering(
            proposals=proposals,
            acknowledgements=acknowledgements,
            under_way=self.under_way,
            calls=self._calls,
            journal=journal,
            charter=charter,
            now=now,
            wake=self.workers.wake,
            ended=self._sweeping.ended,
        )
        self.taking = Taking(
            proposals=proposals,
            states=states,
            acknowledgements=acknowledgements,
            marks=self.marks,
            mark_store=self._mark_store,
            under_way=self.under_way,
            reading=self.reading,
            journal=journal,
            charter=charter,
            now=now,
            wake=self.workers.wake,
        )
        self.syncing = Syncing(calls=self._calls, reading=self.reading, taking=self.taking)
        self._charter = charter
        self._lookers = ThreadPoolExecutor(2, "marks")
        self._deliverers = ThreadPoolExecutor(32, "urgent-seals")
        self._under_way: dict[tuple[str, frozenset[str]], asyncio.Future[None]] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Deliver in the background until the context ends; proposals of an earlier program get their marks first."""
        self.taking.mark_earlier()
        try:
            with self.workers, self._sweeping.running():
                yield
        finally:
            self.close()

    def close(self) -> None:
        """Hang up and end the threads of questions."""
        self._calls.close()
        for executor in (self._lookers, self._deliverers):
            executor.shutdown(wait=True, cancel_futures=True)

    async def look(self, marks: Collection[bytes]) -> Sequence[Concern]:
        """Return the waiting or acknowledged proposals under `marks`; reads no store while there is no mark."""
        if not marks or not self.marks.present:
            return ()
        return await _in(self._lookers, partial(self._look, marks))

    async def prepare(self, node: Node, keys: Collection[str], within_s: float) -> None:
        """Prepare `node` for being asked: take its spreading seals, and deliver these proposals to it.

        Raises `TimeoutError` after `within_s` seconds, and a `HutongError` when it cannot be done now. Questions that
        need the same preparation share it; it continues when they give up.
        """
        name = (str(node.name), frozenset(keys))
        under_way = self._under_way.get(name)
        if under_way is None:
            work = partial(self._prepare, node, tuple(keys), max(0.1, within_s))
            under_way = asyncio.ensure_future(_in(self._deliverers, work))
            self._under_way[name] = under_way
            under_way.add_done_callback(partial(self._prepared, name))
        async with asyncio.timeout(within_s):
            await asyncio.shield(under_way)

    async def to_take(self, spreading: Sequence[Spreading]) -> Command[None] | None:
        """Return the command that stores those of `spreading` that this gateway lacks, or None when it has all."""
        return await _in(self._lookers, partial(self._to_take, spreading))

    def _prepare(self, node: Node, keys: Iterable[str], timeout: float) -> None:
        if not self.syncing.ready(node):
            self.syncing.sync(node)
        self.delivering.deliver_these(node, tuple(keys), timeout=timeout)

    def _prepared(self, name: tuple[str, frozenset[str]], done: asyncio.Future[None]) -> None:
        del self._under_way[name]
        if not done.cancelled():
            done.exception()  # questions that wait receive the error; there may be none left

    def _look(self, marks: Collection[bytes]) -> Sequence[Concern]:
        with self._journal.reading() as view:
            return self._mark_store.concerns(view, marks)

    def _to_take(self, spreading: Sequence[Spreading]) -> Command[None] | None:
        missing = self.taking.missing(spreading)
        return self.taking.spread(spreading, missing) if missing else None

    def _worker(self, name: str) -> Worker:
        return Worker(
            name,
            delivering=self.delivering,
            syncing=self.syncing,
            under_way=self.under_way,
            charter=self._charter,
        )


async def _in(executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Return what `work` returns on a thread of `executor`: the event loop waits for no disk and no lock."""
    return await asyncio.get_running_loop().run_in_executor(executor, work)
