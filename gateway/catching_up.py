"""Bring a node up to date before it is asked: what others have sealed reaches it before the question does (R45).

A node that was down may hold open what has been sealed everywhere else meanwhile; one that cannot take what waits
for it is not asked, and counts as unreachable. Lives on the gateway's event loop. Nothing waits nearly always:
then a question pays one look at a set in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from federation.charter.model import Node
from federation.errors import HutongError, Unavailable
from federation.v1.envelope_pb2 import Envelope
from gateway.links import Links, Told
from gateway.proposing import Proposing

_LOGGER = logging.getLogger(__name__)


class CatchingUp:
    """Asks nodes over `links`, each after what waits for it."""

    def __init__(self, *, links: Links, proposing: Proposing) -> None:
        self._links = links
        self._proposing = proposing
        self._under_way: dict[str, asyncio.Task[bool]] = {}

    async def ask(
        self, nodes: Sequence[Node], envelope: Envelope, *, within_s: float, attempt: int = 1
    ) -> Mapping[str, Told]:
        """Return what became of each node, by name; who is late is not among them (as `Links.ask`)."""
        owed = self._proposing.owed(nodes)
        if not owed:
            return await self._links.ask(nodes, envelope, within_s=within_s, attempt=attempt)
        ready = [node for node in nodes if node not in owed]
        asked = await asyncio.gather(
            self._links.ask(ready, envelope, within_s=within_s, attempt=attempt),
            *(self._ask_after(node, envelope, within_s=within_s, attempt=attempt) for node in owed),
        )
        return {name: told for each in asked for name, told in each.items()}

    async def deliver(self, nodes: Sequence[Node], *, within_s: float) -> bool:
        """Send each of `nodes` what waits for it; False when one of them did not take all of it in time."""
        taken = await asyncio.gather(
            *(self._delivered(node, within_s) for node in nodes), return_exceptions=True
        )
        return all(each is True for each in taken)

    async def _ask_after(
        self, node: Node, envelope: Envelope, *, within_s: float, attempt: int
    ) -> Mapping[str, Told]:
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        try:
            taken = await self._delivered(node, within_s)
        except TimeoutError:
            return {}
        if not taken:
            return {node.name: Unavailable(f"{node.name} cannot be reached")}
        left = max(0.0, until - loop.time())
        return await self._links.ask([node], envelope, within_s=left, attempt=attempt)

    async def _delivered(self, node: Node, within_s: float) -> bool:
        """Deliver, together with whoever delivers to this node already; then see whether that was all.

        Raises `TimeoutError`.
        """
        try:
            async with asyncio.timeout(within_s):
                while self._proposing.owed([node]):
                    if not await asyncio.shield(self._delivery(node)):
                        return False
        except HutongError as error:
            _LOGGER.warning("%s is not asked, proposals wait for it: %s", node.name, error.reason)
            return False
        return True

    def _delivery(self, node: Node) -> asyncio.Task[bool]:
        task = self._under_way.get(node.name)
        if task is None or task.done():
            task = asyncio.create_task(asyncio.to_thread(self._proposing.deliver_now, node))
            self._under_way[node.name] = task
        return task
