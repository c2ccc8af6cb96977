"""The line to one node: a long-lived stream, one page in flight; waiting questions ride the next page."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc

from federation.charter.model import Node
from federation.errors import Corrupt, HutongError, Unavailable
from federation.v1 import lookup_pb2, lookup_pb2_grpc, query_pb2
from federation.v1.envelope_pb2 import Envelope
from gateway.gathering import Gathering

_LOGGER = logging.getLogger(__name__)
MOST_PER_PAGE = 256
MOST_WAITING = 8192
#: The same request is sent at most this often.
MOST_ATTEMPTS = 3


@dataclass(slots=True)
class _Waiting:
    """One question on its way to one node."""

    envelope: Envelope
    give_up_at: float
    gathering: Gathering
    attempt: int = 1


class Link:
    """Asks one node, from a thread of its own."""

    def __init__(self, *, node: Node, connect: Callable[[], grpc.Channel]) -> None:
        self.node = node
        self._connect = connect
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._stream: _Stream | None = None
        self._page = 0
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"link-{node.name}", daemon=True)

    def open(self) -> None:
        """Start the link's thread."""
        self._thread.start()

    def close(self) -> None:
        """Hang up; what still waits is told that the node cannot be reached."""
        self._queue.put(None)
        self._drop()
        self._thread.join(2)

    def hang_up_if_busy_since(self, moment: float) -> None:
        """End the stream when its page has been out since before `moment` (monotonic clock)."""
        busy_since, stream = self._busy_since, self._stream
        if busy_since is not None and busy_since < moment and stream is not None:
            _LOGGER.warning("%s takes too long; hanging up", self.node.name)
            stream.close()

    def ask(self, envelope: Envelope, gathering: Gathering, *, give_up_at: float, attempt: int = 1) -> None:
        """Send a question; `gathering` is told the node's paged answer, unverified, or `Unavailable`.

        `give_up_at` is on the monotonic clock: a question that waited until then is not sent.
        """
        if self._queue.qsize() >= MOST_WAITING:
            gathering.tell(self.node.name, Unavailable("too many questions wait for this node"))
            return
        self._queue.put(_Waiting(envelope, give_up_at, gathering, attempt))

    def _run(self) -> None:
        stopping = False
        while not stopping:
            first = self._queue.get()
            stopping = first is None
            page = [] if first is None else [first]
            while len(page) < MOST_PER_PAGE:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    stopping = True
                else:
                    page.append(item)
            self._deliver(page)

    def _deliver(self, page: list[_Waiting]) -> None:
        """Exchange a page, again on a new stream when the old one broke under it."""
        while page:
            page = [w for w in page if self._wanted(w)]
            if not page:
                return
            try:
                response = self._exchange(page)
            except (grpc.RpcError, StopIteration, HutongError, OSError) as error:
                self._drop()
                page = [w for w in page if self._again(w, error)]
                time.sleep(0.02)
                continue
            for index, (waiting, paged) in enumerate(zip(page, response.answers, strict=True)):
                evidence = query_pb2.NodeEvidence(
                    node=self.node.name,
                    answer=paged.answer,
                    leaf_index=index,
                    path=paged.path,
                    page=response.statement,
                )
                waiting.gathering.tell(self.node.name, evidence)
            return

    def _wanted(self, waiting: _Waiting) -> bool:
        return time.monotonic() < waiting.give_up_at  # after that nobody waits

    def _again(self, waiting: _Waiting, error: BaseException) -> bool:
        waiting.attempt += 1
        if waiting.attempt <= MOST_ATTEMPTS:
            return True
        waiting.gathering.tell(self.node.name, Unavailable(f"{self.node.name} cannot be reached"))
        code = error.code() if isinstance(error, grpc.Call) else type(error).__name__
        _LOGGER.warning("%s cannot be reached: %s", self.node.name, code)
        return False

    def _exchange(self, page: list[_Waiting]) -> lookup_pb2.LookupResponse:
        stream = self._stream
        if stream is None:
            stream = self._stream = _Stream(self._connect())
        self._page += 1
        request = lookup_pb2.LookupRequest(
            page=self._page,
            questions=[lookup_pb2.Question(envelope=w.envelope, attempt=w.attempt) for w in page],
        )
        self._busy_since = time.monotonic()
        try:
            response = stream.exchange(request)
        finally:
            self._busy_since = None
        if response.page != self._page or len(response.answers) != len(page):
            raise Corrupt(f"{self.node.name} answered another page than it was asked")
        return response

    def _drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()


class _Stream:
    """One call of `Lookup`: pages go in through a queue that gRPC reads, and come out one by one."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._outgoing: queue.SimpleQueue[lookup_pb2.LookupRequest | None] = queue.SimpleQueue()
        self._call = lookup_pb2_grpc.LookupServiceStub(channel).Lookup(self._requests())

    def _requests(self) -> Iterator[lookup_pb2.LookupRequest]:
        while (request := self._outgoing.get()) is not None:
            yield request

    def exchange(self, request: lookup_pb2.LookupRequest) -> lookup_pb2.LookupResponse:
        """Send a page and wait for its answers; raises `grpc.RpcError` when the stream ends instead."""
        self._outgoing.put(request)
        return next(self._call)

    def close(self) -> None:
        """End the call and its connection."""
        self._outgoing.put(None)
        self._call.cancel()
        self._channel.close()
