"""Seals that questions wait for: which concern a person, and their delivery to a node before it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from federation.charter.model import Node
from gateway.sealing.delivering import SealDeliverer
from gateway.sealing.mark_store import MarkStore
from gateway.sealing.marks import Concern, MarkKey
from gateway.sealing.spreading import ProposalVerifier, VerifiedProposal
from gateway.sealing.syncing import FetchedSeals
from gateway.sealing.taking import ProposalIntake
from gateway.sealing.under_way import UnderWay
from server.journal.journal import Journal
from server.journal.work import Command
from server.node_fleet import NodeFleet

T = TypeVar("T")


class UrgentSeals:
    """Seals on their way, as questions on the event loop meet them. A context manager."""

    def __init__(
        self,
        *,
        marks: MarkKey,
        mark_store: MarkStore,
        under_way: UnderWay,
        reading: ProposalVerifier,
        workers: NodeFleet,
        delivering: SealDeliverer,
        taking: ProposalIntake,
        syncing: FetchedSeals,
        journal: Journal,
    ) -> None:
        self.marks = marks
        self._mark_store = mark_store
        self.under_way = under_way
        self.reading = reading
        self.workers = workers
        self.delivering = delivering
        self.taking = taking
        self.syncing = syncing
        self._journal = journal
        self._lookers = ThreadPoolExecutor(2, "marks")
        self._deliverers = ThreadPoolExecutor(32, "urgent-seals")
        self._under_way: dict[tuple[str, frozenset[str]], asyncio.Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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

    async def to_take(self, spreading: Sequence[VerifiedProposal]) -> Command[None] | None:
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

    def _to_take(self, spreading: Sequence[VerifiedProposal]) -> Command[None] | None:
        missing = self.taking.missing(spreading)
        return self.taking.spread(spreading, missing) if missing else None


async def _in(executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Return what `work` returns on a thread of `executor`: the event loop waits for no disk and no lock."""
    return await asyncio.get_running_loop().run_in_executor(executor, work)
