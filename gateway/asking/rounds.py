"""Ask all nodes of one question so that what was sealed before it began is disclosed by none of them (R45).

Before a node is asked, the seals of this person that wait for it are delivered. Before anything leaves, every person
behind what the nodes told is held against the seals that wait: where one is concerned, it is delivered and that node
asked again; and a node at which anything spreads is asked about persons that the question did not name. Two such
rounds suffice; who needs more than three counts as late. What a page told that is asked again, or cannot be, is
discarded. With nothing spreading all this costs one comparison. `tests/models/seals.py` searches its schedules.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from federation.answers.ledger import Ledger
from federation.answers.replies import Reply
from federation.charter.model import Node
from federation.errors import HutongError, Unavailable
from federation.values.tokens import subject_digests
from gateway.asking.accounting import Accounting
from gateway.asking.links import Links, Target
from gateway.asking.pages import MOST_FURTHER, Page, PageTerms
from gateway.asking.question import Question
from gateway.sealing.marks import Concern
from gateway.sealing.part import Sealing
from gateway.sealing.spreading import Spreading

MOST_ROUNDS: Final = 3
#: All rounds together end after so many times the time that one node has.
_MOST_TIMES: Final = 3.0


class Rounds:
    """One question on its way. Lives on the gateway's event loop."""

    def __init__(
        self,
        question: Question,
        *,
        links: Links,
        accounting: Accounting,
        sealing: Sealing,
        now: Callable[[], datetime],
        within_s: float,
    ) -> None:
        """`within_s` is the time in seconds that each node has to answer, and to take what waits for it first."""
        self._envelope = question.envelope
        self._terms = PageTerms(question, sealing.reading, now)
        self._links = links
        self._accounting = accounting
        self._sealing = sealing
        self._within_s = within_s
        self._until = asyncio.get_running_loop().time() + _MOST_TIMES * within_s
        self._pages: dict[str, Page] = {}
        strong, weak = subject_digests(question.asked.query.subject)
        self._subject = frozenset((*strong, *weak))

    async def ask(self, nodes: Sequence[Node]) -> None:
        """Ask `nodes` together; each has a reply that may leave when this returns."""
        self._pages = {str(node.name): Page(node) for node in nodes}
        waiting: dict[str, set[str]] = defaultdict(set)
        for concern in await self._concerns(self._subject):
            if not concern.acknowledged:
                waiting[concern.node].add(concern.key)
        await self._send([(page, waiting.get(name, ())) for name, page in self._pages.items()])
        await self._settle()

    async def ask_again(self, proposals: Mapping[str, Collection[str]]) -> None:
        """Deliver proposals of this gateway, by key, to the nodes they are for, and ask those again.

        Who does not take them, or does not answer, ends as unreachable or late: its first page is discarded.
        """
        await self._send([(self._pages[name], keys) for name, keys in proposals.items()])
        await self._settle()

    def replies(self) -> dict[str, Reply]:
        """Return the outcome of each node that was asked, by name."""
        return {name: page.reply for name, page in self._pages.items() if page.reply is not None}

    async def _settle(self) -> None:
        """Ask again until nothing that was told is concerned by a seal of before the question."""
        for rounds in range(MOST_ROUNDS + 1):
            if not self._sealing.marks.present and not any(page.spreads for page in self._pages.values()):
                return
            concerned = await self._concerned()
            if rounds == MOST_ROUNDS:
                for page in concerned:
                    page.late()
            further = self._further()
            if not concerned and not further:
                return
            if rounds == MOST_ROUNDS:
                for page in further:
                    page.late()
                return
            for page, digests in further.items():
                page.further.update(sorted(digests)[: MOST_FURTHER - len(page.further)])
            again = dict.fromkeys((*concerned, *further))
            await self._send([(page, concerned.get(page, ())) for page in again])

    async def _concerned(self) -> dict[Page, set[str]]:
        """Return the pages that tell of somebody whom a seal concerns, each with the keys of those proposals."""
        for page in self._pages.values():
            page.gather_persons()
        telling = {name: page for name, page in self._pages.items() if page.tells}
        marks = self._sealing.marks
        of = {name: marks.of(self._subject | page.persons) for name, page in telling.items()}
        everybody = frozenset().union(*of.values())
        found: dict[Page, set[str]] = defaultdict(set)
        for concern in await self._sealing.look(everybody):
            if concern.mark in of.get(concern.node, ()) and self._counts(concern, telling[concern.node]):
                found[telling[concern.node]].add(concern.key)
        return found

    def _counts(self, concern: Concern, page: Page) -> bool:
        """Say whether the page may have been made without a seal from before the question began."""
        under_way = self._sealing.under_way
        if concern.acknowledged and not under_way.acknowledged_since(
            concern.node, concern.key, page.asked_at
        ):
            return False  # the node held it when it was asked
        proposer = next(
            (p for p in self._pages.values() if str(p.node.installation) == concern.proposer), None
        )
        if proposer is None or not proposer.came or not self._sealing.syncing.vouches(proposer.node):
            return True
        covered = not proposer.spreads or not self._news_for(proposer)
        return not (covered and under_way.taken_since(concern.key, proposer.came_at))  # else sealed later

    def _further(self) -> dict[Page, frozenset[bytes]]:
        """Return the nodes at which something spreads, each with persons that it was not asked about yet."""
        found = {page: self._news_for(page) for page in self._pages.values() if page.came and page.spreads}
        return {page: digests for page, digests in found.items() if digests}

    def _news_for(self, page: Page) -> frozenset[bytes]:
        others = (other.persons for other in self._pages.values() if other is not page)
        return frozenset().union(*others) - self._subject - page.further

    async def _concerns(self, digests: frozenset[bytes]) -> Iterable[Concern]:
        marks = self._sealing.marks
        return await self._sealing.look(marks.of(digests)) if marks.present else ()

    async def _send(self, plan: Sequence[tuple[Page, Collection[str]]]) -> None:
        """Ask the pages' nodes together, each after it has taken the proposals of these keys."""
        within_s = min(self._within_s, self._until - asyncio.get_running_loop().time())
        ready = [page for page, keys in plan if not keys and self._sealing.syncing.ready(page.node)]
        if len(ready) == len(plan):
            await self._exchange(ready, within_s)
            return
        await asyncio.gather(
            self._exchange(ready, within_s),
            *(self._after(page, keys, within_s) for page, keys in plan if page not in ready),
        )

    async def _after(self, page: Page, keys: Collection[str], within_s: float) -> None:
        """Deliver to one node, then ask it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        try:
            await self._sealing.prepare(page.node, keys, within_s)
        except TimeoutError:
            page.late()
        except HutongError:
            page.unreachable(Unavailable.reason)  # as when it is down: nobody is told that a seal waits
        else:
            await self._exchange([page], until - loop.time())

    async def _exchange(self, pages: Sequence[Page], within_s: float) -> None:
        if not pages:
            return
        moment = self._sealing.under_way.moment()
        for page in pages:
            page.asked(moment)
        targets = [Target(page.node, page.attempts, sorted(page.further)) for page in pages]
        given = await self._links.ask(targets, self._envelope, within_s=max(0.0, within_s))
        spreading: list[Spreading] = []
        for page in pages:
            spreading += page.receive(given.get(page.node.name), self._terms)
        if spreading:
            await self._take(spreading)
        moment = self._sealing.under_way.moment()
        for page in pages:
            page.came_at = moment

    async def _take(self, spreading: Sequence[Spreading]) -> None:
        """Write down what came along, before it is used."""
        command = await self._sealing.to_take(spreading)
        if command is not None:
            await self._accounting.run(command)
            self._sealing.workers.wake({node for each in spreading for node in each.nodes})


def outcomes_of(book: Ledger, replies: Mapping[str, Reply]) -> list[Reply]:
    """Return the one outcome of every required node: what the charter says of it, or what it replied."""
    return [
        Reply(node, *book.barred[node.name]) if node.name in book.barred else replies[node.name]
        for node in book.required
    ]
