"""Two callers that ask steadily while something else happens to a federation, and what became of their questions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from federation.client import Client
from federation.errors import HutongError
from federation.v1 import query_pb2
from tests.support import asking
from tests.support.founding import Founding
from tests.support.records import Someone
from tests.support.waiting import wait_for


class Steady:
    """Two callers that ask without a pause: one on connections that it keeps, one that connects for each question."""

    def __init__(self, agencies: Founding, *, keeps: str, connects: str, officer: str) -> None:
        """`keeps` and `connects` are the windows at which the two ask."""
        self._agencies = agencies
        self._windows = keeps, connects
        self._officer = officer
        self._done = threading.Event()
        self.failed: list[str] = []
        self.asked = [0, 0]

    def _client(self, window: str) -> Client:
        return Client.open(self._agencies.home(window) / "federation.json", "police", officer=self._officer)

    def _ask(self, client: Client, caller: int) -> None:
        try:
            answer = client.ask(asking.case(Someone().subject())).answer
        except HutongError as error:
            self.failed.append(f"{caller}: {error.reason} {error.message}")
        else:
            if answer.completeness != query_pb2.COMPLETENESS_COMPLETE:
                self.failed.append(f"{caller}: {query_pb2.Completeness.Name(answer.completeness)}")
        self.asked[caller] += 1

    def keeps(self) -> None:
        """Ask on the connections of one client."""
        with self._client(self._windows[0]) as client:
            while not self._done.is_set():
                self._ask(client, 0)

    def connects(self) -> None:
        """Ask each question as a command does, with a client of its own."""
        while not self._done.is_set():
            with self._client(self._windows[1]) as client:
                self._ask(client, 1)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask until the context ends, then insist that no question has failed."""
        with ThreadPoolExecutor(2) as pool:
            made: list[Future[None]] = [pool.submit(each) for each in (self.keeps, self.connects)]
            try:
                yield
            finally:
                self._done.set()
            for each in made:
                each.result()
        assert not self.failed, f"of {self.asked} questions {len(self.failed)} failed: {self.failed[:3]}"
        print(f"questions: {self.asked}, failed: {len(self.failed)}")

    def more(self, questions: int = 5) -> None:
        """Return when both callers have had further answers."""
        before = list(self.asked)
        wait_for(
            lambda: list(self.asked),
            lambda now: all(b + questions <= n for b, n in zip(before, now, strict=True)),
            what="further questions",
        )
