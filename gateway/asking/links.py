"""The lines to all nodes of the charter, rebuilt when the charter moves a node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import grpc.aio

from federation.charter.model import Charter, Node
from federation.errors import HutongError
from federation.v1.envelope_pb2 import Envelope
from gateway.asking.link import Attempts, Link, Paged
from gateway.asking.looping import EventLoop
from gateway.continuity.heads import Heads

Connect = Callable[[Node, Charter], grpc.aio.Channel]

NodeReply: TypeAlias = "Paged | HutongError"
"""A node's paged answer, unverified, or the error that came instead of it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A node to ask, the attempts made so far with this question, and further persons to ask about."""

    node: Node
    attempts: Attempts
    person_digests: Sequence[bytes] = ()


class NodeLinks:
    """One `Link` per node, opened when first needed. Lives on the gateway's event loop."""

    def __init__(
        self, *, charter: Callable[[], Charter], connect: Connect, heads: Heads, page_deadline_s: float
    ) -> None:
        self._charter = charter
        self._connect = connect
        self._heads = heads
        self._page_deadline_s = page_deadline_s
        self._links: dict[Node, Link] = {}
        self._under: Charter | None = None

    async def ask(
        self, nodes: Sequence[Target], envelope: Envelope, *, within_s: float
    ) -> Mapping[str, NodeReply]:
        """Ask `nodes` together and return the outcome of each, by name; late nodes are left out."""
        await self._leave_those_moved()
        replies: dict[str, NodeReply] = {}
        asked: dict[str, asyncio.Future[Paged]] = {}
        for each in nodes:
            try:
                asked[each.node.name] = self._to(each.node).ask(
                    envelope, attempts=each.attempts, person_digests=each.person_digests
                )
            except HutongError as error:
                replies[each.node.name] = error
        if asked:
            await asyncio.wait(asked.values(), timeout=within_s)
        for name, future in asked.items():
            if not future.done():
                future.cancel()
            elif isinstance(failed := future.exception(), HutongError):
                replies[name] = failed
            else:
                replies[name] = future.result()
        return replies

    async def close(self) -> None:
        """Hang up everywhere."""
        links, self._links = list(self._links.values()), {}
        await asyncio.gather(*(link.close() for link in links))

    @contextmanager
    def used_on(self, looping: EventLoop) -> Iterator[NodeLinks]:
        """Yield these links for use on `looping`, and hang up when the context ends."""
        try:
            yield self
        finally:
            looping.run(self.close())

    def _to(self, node: Node) -> Link:
        link = self._links.get(node)
        if link is None:
            link = self._links[node] = Link(
                node=node,
                connect=lambda: self._connect(node, self._charter()),
                known=lambda: self._heads.known(str(node.name)),
                page_deadline_s=self._page_deadline_s,
            )
        return link

    async def _leave_those_moved(self) -> None:
        """Close the lines to nodes whose description has changed in, or is gone from, a new charter."""
        charter = self._charter()
        if charter is self._under:
            return
        self._under = charter
        moved = self._links.keys() - charter.nodes
        for link in [self._links.pop(node) for node in moved]:
            await link.close()
