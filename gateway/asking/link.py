"""The line to one node: a long-lived stream with one page under way; waiting questions go with the next page."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass

import grpc.aio

from federation.charter.model import Node
from federation.errors import Corrupt, Exhausted, Unavailable
from federation.evidence.heads import Known
from federation.transport.limits import PAGE_CONTENT
from federation.v1 import lookup_pb2, lookup_pb2_grpc, query_pb2
from federation.v1.envelope_pb2 import Envelope
from gateway.asking.growth import Growth

_LOGGER = logging.getLogger(__name__)
MOST_PER_PAGE = 256
MOST_WAITING = 8192
#: The same request is sent to the same node at most this often in all: a node accepts no more.
MOST_ATTEMPTS = 8
#: A page whose line breaks is sent at most this often before the node counts as unreachable.
MOST_SENDINGS = 3
_PAUSE_S = 0.02


@dataclass(slots=True)
class Attempts:
    """The number of times one question was sent to one node, in retries after broken lines and in further rounds."""

    made: int = 0

    @property
    def left(self) -> bool:
        """Whether the question may be sent once more."""
        return self.made < MOST_ATTEMPTS

    def next(self) -> int:
        """Return the number of the next attempt; raises `Exhausted` after the last."""
        if not self.left:
            raise Exhausted(f"a question is sent to a node at most {MOST_ATTEMPTS} times: sign a new one")
        self.made += 1
        return self.made


@dataclass(frozen=True, slots=True)
class Paged:
    """A node's unverified answer, and what the node adds for this gateway alone: not signed, or not directly."""

    evidence: query_pb2.NodeEvidence
    added: lookup_pb2.PagedAnswer
    #: The node's log after its entries of the page; the signed page commits to it.
    head: lookup_pb2.LogHead
    #: Whether seals of that node are still spreading.
    spreads: bool = False
    #: Whether the node has not shown that its log goes on from the highest head known here.
    went_back: bool = False


@dataclass(slots=True)
class _PendingQuestion:
    """One question on its way to one node; once `reply` is done, nothing waits for it any more."""

    envelope: Envelope
    attempts: Attempts
    attempt: int
    person_digests: Sequence[bytes]
    reply: asyncio.Future[Paged]
    sendings: int = 1


class Link:
    """Asks one node. Lives on the gateway's event loop, and is used there only."""

    def __init__(
        self,
        *,
        node: Node,
        connect: Callable[[], grpc.aio.Channel],
        known: Callable[[], Known | None],
        page_deadline_s: float,
    ) -> None:
        """`known` gives the highest head of the node's log that this gateway knows."""
        self.node = node
        self._connect = connect
        self._known = known
        self._page_deadline_s = page_deadline_s
        self._queue: deque[_PendingQuestion] = deque()
        self._something = asyncio.Event()
        self._stream: _Stream | None = None
        self._page = 0
        #: Whether the node's last page did not show that its log goes on.
        self._doubted = False
        # In a context of its own: the line outlives the call that opened it, and must not log under its number.
        self._task = asyncio.get_running_loop().create_task(
            self._run(), name=f"link-{node.name}", context=Context()
        )

    async def close(self) -> None:
        """Hang up; questions that still wait raise `Unavailable`."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._drop()
        for waiting in self._queue:
            self._tell_unreachable(waiting)

    def ask(
        self, envelope: Envelope, *, attempts: Attempts | None = None, person_digests: Sequence[bytes] = ()
    ) -> asyncio.Future[Paged]:
        """Send a question; the future has the node's paged answer, unverified, or raises `Unavailable`.

        Cancelling the future withdraws the question, unless its page has been sent. Raises `Exhausted`.
        """
        if len(self._queue) >= MOST_WAITING:
            raise Exhausted("too many questions wait for this node: ask again after a pause")
        attempts = attempts or Attempts()
        reply = asyncio.get_running_loop().create_future()
        self._queue.append(_PendingQuestion(envelope, attempts, attempts.next(), person_digests, reply))
        self._something.set()
        return reply

    async def _run(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._queue:
                page = self._next_page()
                try:
                    await self._deliver(page)
                except (Exception, asyncio.CancelledError):
                    if self._task.cancelling():
                        raise  # hung up
                    # Only this page fails: a line whose task has ended would never answer again.
                    _LOGGER.exception("the line to %s met an error that it does not know", self.node.name)
                    await self._drop()
                finally:
                    for waiting in page:
                        self._tell_unreachable(waiting)

    def _next_page(self) -> list[_PendingQuestion]:
        """Take the next questions from the queue: at least one, and at most a page of them, by number and by bytes."""
        page, length = list[_PendingQuestion](), 0
        while self._queue and len(page) < MOST_PER_PAGE:
            length += self._queue[0].envelope.ByteSize()
            if page and length > PAGE_CONTENT:
                break
            page.append(self._queue.popleft())
        return page

    async def _deliver(self, page: list[_PendingQuestion]) -> None:
        """Exchange a page, again on a new stream when the old one broke under it.

        If the answers would not fit into one message, a node answers the first questions; the others are sent again.
        """
        while page := [w for w in page if not w.reply.done()]:
            try:
                async with asyncio.timeout(self._page_deadline_s):
                    response, went_back = await self._exchange(page)
            except Exception as error:  # gRPC raises many kinds
                await self._drop()
                page = [w for w in page if self._again(w, error)]
                await asyncio.sleep(_PAUSE_S)
                continue
            answered, page = page[: len(response.answers)], page[len(response.answers) :]
            for index, (waiting, paged) in enumerate(zip(answered, response.answers, strict=True)):
                if not waiting.reply.done():
                    evidence = query_pb2.NodeEvidence(
                        node=self.node.name,
                        answer=paged.answer,
                        leaf_index=index,
                        path=paged.path,
                        page=response.statement,
                    )
                    waiting.reply.set_result(
                        Paged(evidence, paged, response.head, response.spreads, went_back)
                    )

    def _again(self, waiting: _PendingQuestion, error: BaseException) -> bool:
        if waiting.sendings < MOST_SENDINGS and waiting.attempts.left:
            waiting.sendings, waiting.attempt = waiting.sendings + 1, waiting.attempts.next()
            return True
        self._tell_unreachable(waiting)
        code = error.code() if isinstance(error, grpc.aio.AioRpcError) else type(error).__name__
        _LOGGER.warning("%s cannot be reached: %s", self.node.name, code)
        return False

    def _tell_unreachable(self, waiting: _PendingQuestion) -> None:
        if not waiting.reply.done():
            waiting.reply.set_exception(Unavailable(f"{self.node.name} cannot be reached"))

    async def _exchange(self, page: list[_PendingQuestion]) -> tuple[lookup_pb2.LookupResponse, bool]:
        """Return the answers, and whether the node's log went back; raises when the line broke."""
        stream = self._stream
        if stream is None:
            stream = self._stream = _Stream(self._connect())
        known = stream.growth.to_state(self._known())
        self._page += 1
        request = lookup_pb2.LookupRequest(
            page=self._page,
            questions=[
                lookup_pb2.Question(envelope=w.envelope, attempt=w.attempt, person_digests=w.person_digests)
                for w in page
            ],
            known=known.message() if known else None,
        )
        response = await stream.exchange(request)
        if response.page != self._page or not 1 <= len(response.answers) <= len(page):
            raise Corrupt(f"{self.node.name} answered another page than it was asked")
        try:
            stream.growth.check(known, response)
        except Corrupt as error:
            if not self._doubted:
                _LOGGER.warning("%s does not show that its log goes on: %s", self.node.name, error.message)
            self._doubted = True
        else:
            self._doubted = False
        return response, self._doubted

    async def _drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()


class _Stream:
    """One call of `Lookup` on a connection of its own."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self.growth = Growth()
        stub: lookup_pb2_grpc.LookupServiceAsyncStub = lookup_pb2_grpc.LookupServiceStub(channel)
        self._call = stub.Lookup()

    async def exchange(self, request: lookup_pb2.LookupRequest) -> lookup_pb2.LookupResponse:
        """Send a page and wait for its answers; raises gRPC's errors or `Unavailable` when it ends."""
        await self._call.write(request)
        response = await self._call.read()
        if not isinstance(response, lookup_pb2.LookupResponse):
            raise Unavailable("the stream has ended")
        return response

    async def close(self) -> None:
        """End the call and its connection."""
        self._call.cancel()
        await self._channel.close()
