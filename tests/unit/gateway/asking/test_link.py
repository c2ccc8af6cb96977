"""A line to a node outlives whatever the node sends, and whatever goes wrong while a page is handled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc.aio
import pytest

from federation.charter.model import Node
from federation.errors import Unavailable
from federation.transport.limits import PAGE_CONTENT
from federation.v1 import lookup_pb2, lookup_pb2_grpc, query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation, MemberId, NodeName
from gateway.asking.growth import Growth
from gateway.asking.link import Link, Paged

Context = Any  # grpc.aio's, which has no type of its own for a stream
Behaviour = Callable[[lookup_pb2.LookupRequest, Context], Awaitable[lookup_pb2.LookupResponse]]
SERVICE = "/hutong.federation.v1.LookupService/Lookup"


class _Node(lookup_pb2_grpc.LookupServiceServicer):
    """A node that answers as told until it is told otherwise, and rightly from then on."""

    def __init__(self) -> None:
        self.behaviour: Behaviour | None = None
        self.size = 0

    async def Lookup(
        self, pages: AsyncIterator[lookup_pb2.LookupRequest], context: Context
    ) -> AsyncIterator[lookup_pb2.LookupResponse]:
        async for page in pages:
            yield (
                await self.behaviour(page, context)
                if self.behaviour
                else self.right(page, len(page.questions))
            )

    def right(self, page: lookup_pb2.LookupRequest, answers: int) -> lookup_pb2.LookupResponse:
        self.size += answers
        return lookup_pb2.LookupResponse(
            page=page.page,
            answers=[lookup_pb2.PagedAnswer() for _ in range(answers)],
            head=lookup_pb2.LogHead(log_size=self.size, log_root=bytes(32)),
        )


async def _more_answers(node: _Node, page: lookup_pb2.LookupRequest, _: Context) -> lookup_pb2.LookupResponse:
    return node.right(page, len(page.questions) + 3)


async def _no_answer(node: _Node, page: lookup_pb2.LookupRequest, _: Context) -> lookup_pb2.LookupResponse:
    return node.right(page, 0)


async def _another_page(node: _Node, page: lookup_pb2.LookupRequest, _: Context) -> lookup_pb2.LookupResponse:
    page.page += 1
    return node.right(page, len(page.questions))


async def _cancels(
    node: _Node, page: lookup_pb2.LookupRequest, context: Context
) -> lookup_pb2.LookupResponse:
    await context.abort(grpc.StatusCode.CANCELLED, "the node cancels")
    raise AssertionError


async def _too_long(node: _Node, page: lookup_pb2.LookupRequest, _: Context) -> lookup_pb2.LookupResponse:
    response = node.right(page, len(page.questions))
    response.answers[0].answer = bytes(8 * PAGE_CONTENT)
    return response


async def _raises(node: _Node, page: lookup_pb2.LookupRequest, _: Context) -> lookup_pb2.LookupResponse:
    raise RuntimeError("the node is broken")


HOSTILE = {
    "more answers than questions": _more_answers,
    "no answer": _no_answer,
    "another page": _another_page,
    "cancels": _cancels,
    "a message over the limit": _too_long,
    "an error": _raises,
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_node_is_asked_again_after_whatever_it_sent(how: str) -> None:
    async def play(node: _Node, link: Link) -> None:
        node.behaviour = lambda page, context: HOSTILE[how](node, page, context)
        with pytest.raises(Unavailable):
            await _asked(link)
        node.behaviour = None
        assert (await _asked(link)).evidence.node == "police-1"

    _play(play)


@pytest.mark.parametrize(
    ("owner", "name"), [(Growth, "check"), (query_pb2, "NodeEvidence")], ids=["the log", "the answer"]
)
@pytest.mark.parametrize("fault", [ValueError("unforeseen"), asyncio.CancelledError()], ids=repr)
def test_a_line_survives_an_error_that_nobody_foresaw(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, fault: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    async def play(node: _Node, link: Link) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(owner, name, fail)
            with pytest.raises(Unavailable):
                await _asked(link)
        assert (await _asked(link)).evidence.node == "police-1"

    _play(play)


def test_hanging_up_ends_the_line_and_what_waits() -> None:
    async def play(node: _Node, link: Link) -> None:
        async def for_ever(page: lookup_pb2.LookupRequest, _: Context) -> lookup_pb2.LookupResponse:
            await asyncio.Event().wait()
            raise AssertionError

        node.behaviour = for_ever
        under_way = link.ask(Envelope())
        while link._queue:
            await asyncio.sleep(0)
        waiting = link.ask(Envelope())
        await link.close()
        for each in (under_way, waiting):
            with pytest.raises(Unavailable):
                await each

    _play(play)


async def _asked(link: Link) -> Paged:
    """Ask one question; a line that is dead answers nothing at all, and no time-out of a page ends that."""
    return await asyncio.wait_for(link.ask(Envelope()), 60)


def _play(play: Callable[[_Node, Link], Awaitable[None]]) -> None:
    async def run() -> None:
        server, node = grpc.aio.server(), _Node()
        lookup_pb2_grpc.add_LookupServiceServicer_to_server(node, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        link = Link(
            node=Node(
                NodeName("police-1"), MemberId("police"), Installation.parse("police/node/police-1"), ""
            ),
            connect=lambda: grpc.aio.insecure_channel(f"127.0.0.1:{port}"),
            known=lambda: None,
            page_deadline_s=30,
        )
        try:
            await play(node, link)
        finally:
            await link.close()
            await server.stop(None)

    asyncio.run(run())
