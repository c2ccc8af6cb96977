"""Remove, in the background, marks that can no longer concern any question.

A mark may be removed once every node has acknowledged its proposal and every question that began before the last of
these acknowledgements has ended. Until then it is kept: a needless mark costs a look, a missing mark a disclosure.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from federation.background.loop import Loop
from gateway.sealing.mark_store import MarkStore
from gateway.sealing.marks import MarkKey
from gateway.sealing.proposals import ProposalStates
from gateway.sealing.under_way import UnderWay
from server.journal.journal import Journal
from server.journal.work import Work

EVERY_S = 2.0
_PAGE = 500


class MarkSweeper:
    """Removes marks a page at a time, on a thread of its own."""

    def __init__(
        self,
        *,
        states: ProposalStates,
        marks: MarkKey,
        mark_store: MarkStore,
        under_way: UnderWay,
        journal: Journal,
    ) -> None:
        self._states = states
        self._marks = marks
        self._mark_store = mark_store
        self._under_way = under_way
        self._journal = journal
        self._lock = threading.Lock()
        self._candidates: set[str] = set()
        self._swept_all = False
        self._loop = Loop("marks", self._step, every_s=EVERY_S, longest_s=EVERY_S)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sweep in the background until the context ends."""
        with self._loop:
            yield

    def ended(self, keys: Iterable[str]) -> None:
        """Note that a node has acknowledged these proposals, so that their marks may be removable."""
        with self._lock:
            self._candidates.update(keys)

    def sweep(self) -> None:
        """Drop the removable marks; raises `CannotAccount` when the store cannot be written."""
        if not self._marks.present:
            return
        if not self._swept_all:
            self._sweep_all()
        with self._lock:
            keys, self._candidates = sorted(self._candidates), set()
        for start in range(0, len(keys), _PAGE):
            try:
                self.ended(self._sweep_page(keys[start : start + _PAGE]))
            except Exception:
                self.ended(keys[start:])  # `ended` is not called for these again
                raise
        additions, none = self._journal.run(self._looked).value
        if none:
            self._marks.none_since(additions)

    def _sweep_all(self) -> None:
        """Sweep the marks from before this start, for which `ended` may never be called."""
        after = ""
        while not self._loop.closing:
            with self._journal.reading() as view:
                keys = self._mark_store.after(view, after, _PAGE)
            if not keys:
                self._swept_all = True
                return
            after = keys[-1]
            self.ended(self._sweep_page(keys))

    def _sweep_page(self, keys: list[str]) -> frozenset[str]:
        """Drop the removable marks of `keys`; return the keys that a question under way may still need."""
        with self._journal.reading() as view:
            waiting = self._states.wait_still(view, keys)
        needed = self._under_way.remembered()
        over = set(keys) - waiting - needed
        if over:
            self._journal.run(lambda work: self._drop(work, over))
        return needed & set(keys)

    def _drop(self, work: Work, keys: set[str]) -> None:
        """Drop the marks of `keys`, except those of proposals made again or acknowledged meanwhile."""
        still = self._states.wait_still(work.view, keys) | self._under_way.remembered()
        self._mark_store.drop(work, sorted(keys - still))

    def _looked(self, work: Work) -> tuple[int, bool]:
        return self._marks.count_additions(), not self._mark_store.any(work.view)

    def _step(self) -> bool:
        self.sweep()
        return False
