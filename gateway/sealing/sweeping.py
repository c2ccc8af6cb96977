"""Remove marks that can concern no question any more, in the background.

A mark may go once every node has acknowledged its proposal and every question that began before the last of these
acknowledgements has ended. Until then it is kept; a mark too many costs a look, a mark too few a disclosure.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from federation.errors import HutongError
from gateway.sealing.mark_store import MarkStore
from gateway.sealing.marks import Marks
from gateway.sealing.proposals import ProposalStates
from gateway.sealing.under_way import UnderWay
from server.journal.journal import Journal
from server.journal.work import Work

_LOGGER = logging.getLogger(__name__)
EVERY_S = 2.0
_PAGE = 500


class Sweeping:
    """Looks at marks a page at a time, from a thread of its own."""

    def __init__(
        self,
        *,
        states: ProposalStates,
        marks: Marks,
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
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeping", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sweep in the background until the context ends."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def ended(self, keys: Iterable[str]) -> None:
        """Say that a node has acknowledged these proposals: their marks may be among those that can go."""
        with self._lock:
            self._candidates.update(keys)

    def sweep(self) -> None:
        """Drop the marks that can go; raises `CannotAccount` when the store cannot be written."""
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
                self.ended(keys[start:])  # nobody says of these again that they have ended
                raise
        additions, none = self._journal.run(self._looked).value
        if none:
            self._marks.none_since(additions)

    def _sweep_all(self) -> None:
        """Look at the marks of before this start: nobody says of these that they have ended."""
        after = ""
        while not self._stop.is_set():
            with self._journal.reading() as view:
                keys = self._mark_store.after(view, after, _PAGE)
            if not keys:
                self._swept_all = True
                return
            after = keys[-1]
            self.ended(self._sweep_page(keys))

    def _sweep_page(self, keys: list[str]) -> frozenset[str]:
        """Drop what can go of `keys`; return those that a question under way may yet need."""
        with self._journal.reading() as view:
            waiting = self._states.wait_still(view, keys)
        needed = self._under_way.remembered()
        over = set(keys) - waiting - needed
        if over:
            self._journal.run(lambda work: self._drop(work, over))
        return needed & set(keys)

    def _drop(self, work: Work, keys: set[str]) -> None:
        """Drop, unless one of them was proposed again or acknowledged meanwhile."""
        still = self._states.wait_still(work.view, keys) | self._under_way.remembered()
        self._mark_store.drop(work, sorted(keys - still))

    def _looked(self, work: Work) -> tuple[int, bool]:
        return self._marks.count_additions(), not self._mark_store.any(work.view)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.sweep()
            except HutongError as error:
                _LOGGER.warning("marks stay: %s", error.reason)
            except Exception:  # they stay, which is the safe side
                _LOGGER.exception("marks stay")
