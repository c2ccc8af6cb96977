"""Ask all nodes one question so that none of them discloses a record sealed before the question began (R45).

Before a node is asked, the seals of this person that wait for it are delivered. Before an answer is given, every
person behind the nodes' pages is compared with the waiting seals. If a seal concerns one of them, it is delivered to
the node whose page disclosed that person, and the node is asked again. A node whose own seals are still spreading is
also asked about those persons that the question did not name. Two such rounds suffice; a node that needs more than
three counts as late. The page of a node that must be asked again is discarded, even if the node cannot be asked.
While no seal is spreading, all this costs one comparison. `tests/models/seals.py` searches the possible schedules.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

from federation.answers.ledger import Ledger
from federation.answers.replies import Reply
from federation.charter.model import Node
from federation.errors import Corrupt, HutongError, Unavailable
from federation.evidence.entry import EntryKind
from federation.statements.reasons import STORE_TAMPERED
from federation.v1 import query_pb2
from federation.values.clock import stamp
from federation.values.tokens import subject_digests
from gateway.asking.accounting import CommandBatcher
from gateway.asking.links import NodeLinks, Target
from gateway.asking.pages import MOST_FURTHER, NodeEnquiry, PageTerms
from gateway.asking.question import Question
from gateway.continuity.heads import Heads
from gateway.sealing.marks import Concern
from gateway.sealing.spreading import VerifiedProposal
from gateway.sealing.urgent import UrgentSeals
from server.journal.work import Committed, Work

MOST_ROUNDS: Final = 3
#: All rounds together end after this many times the time limit of one node.
_MOST_TIMES: Final = 3.0


class Rounds:
    """One question on its way. Lives on the gateway's event loop."""

    def __init__(
        self,
        question: Question,
        *,
        links: NodeLinks,
        accounting: CommandBatcher,
        sealing: UrgentSeals,
        heads: Heads,
        now: Callable[[], datetime],
        within_s: float,
    ) -> None:
        """`within_s` is the time in seconds that a node has to accept the proposals waiting for it and then answer."""
        self._envelope = question.envelope
        self._terms = PageTerms(question, sealing.reading, heads, now)
        self._links = links
        self._accounting = accounting
        self._sealing = sealing
        self._heads = heads
        self._within_s = within_s
        self._until = asyncio.get_running_loop().time() + _MOST_TIMES * within_s
        self._pages: dict[str, NodeEnquiry] = {}
        self._query = question.asked.query

    @cached_property
    def _subject(self) -> frozenset[bytes]:
        """The digests of the person asked about: made only while seals are on their way, for there are many."""
        strong, weak = subject_digests(self._query.subject)
        return frozenset((*strong, *weak))

    async def ask(self, nodes: Sequence[Node]) -> None:
        """Ask `nodes` together; when this returns, each has a reply that may be used in the answer."""
        self._pages = {str(node.name): NodeEnquiry(node) for node in nodes}
        waiting: dict[str, set[str]] = defaultdict(set)
        for concern in await self._concerns():
            if not concern.acknowledged:
                waiting[concern.node].add(concern.key)
        await self._send([(page, waiting.get(name, ())) for name, page in self._pages.items()])
        await self._settle()

    async def ask_again(self, proposals: Mapping[str, Collection[str]]) -> None:
        """Deliver proposals of this gateway, by key, to the nodes they are for, and ask those again.

        A node that does not accept them or does not answer counts as unreachable or late; its first page is discarded.
        """
        await self._send([(self._pages[name], keys) for name, keys in proposals.items()])
        await self._settle()

    def replies(self) -> dict[str, Reply]:
        """Return the outcome of each node that was asked, by name."""
        return {name: page.reply for name, page in self._pages.items() if page.reply is not None}

    async def _settle(self) -> None:
        """Ask again until no seal from before the question concerns a person in the nodes' pages."""
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

    async def _concerned(self) -> dict[NodeEnquiry, set[str]]:
        """Return the pages that disclose a person whom a seal concerns, each with the keys of those proposals."""
        for page in self._pages.values():
            page.gather_persons()
        telling = {name: page for name, page in self._pages.items() if page.tells}
        marks = self._sealing.marks
        of = {name: marks.of(self._subject | page.persons) for name, page in telling.items()}
        everybody = frozenset().union(*of.values())
        found: dict[NodeEnquiry, set[str]] = defaultdict(set)
        for concern in await self._sealing.look(everybody):
            if concern.mark in of.get(concern.node, ()) and self._counts(concern, telling[concern.node]):
                found[telling[concern.node]].add(concern.key)
        return found

    def _counts(self, concern: Concern, page: NodeEnquiry) -> bool:
        """Say whether the page may have been made without a seal from before the question began."""
        under_way = self._sealing.under_way
        if concern.acknowledged and not under_way.acknowledged_since(
            concern.node, concern.key, page.asked_at
        ):
            return False  # the node had the seal when it was asked
        proposer = next(
            (p for p in self._pages.values() if str(p.node.installation) == concern.proposer), None
        )
        if proposer is None or not proposer.came or not self._sealing.syncing.vouches(proposer.node):
            return True
        covered = not proposer.spreads or not self._news_for(proposer)
        # If the proposer's page covered these persons, a proposal that arrived after it was sealed later.
        return not (covered and under_way.taken_since(concern.key, proposer.came_at))

    def _further(self) -> dict[NodeEnquiry, frozenset[bytes]]:
        """Return the nodes whose seals are still spreading, each with the persons that it has yet to be asked about."""
        found = {page: self._news_for(page) for page in self._pages.values() if page.came and page.spreads}
        return {page: digests for page, digests in found.items() if digests}

    def _news_for(self, page: NodeEnquiry) -> frozenset[bytes]:
        others = (other.persons for other in self._pages.values() if other is not page)
        return frozenset().union(*others) - self._subject - page.further

    async def _concerns(self) -> Iterable[Concern]:
        """Return the seals on their way that concern the person asked about."""
        marks = self._sealing.marks
        return await self._sealing.look(marks.of(self._subject)) if marks.present else ()

    async def _send(self, plan: Sequence[tuple[NodeEnquiry, Collection[str]]]) -> None:
        """Ask the nodes of `plan` together, each after it has accepted the proposals of the given keys."""
        within_s = min(self._within_s, self._until - asyncio.get_running_loop().time())
        ready = [page for page, keys in plan if not keys and self._sealing.syncing.ready(page.node)]
        if len(ready) == len(plan):
            await self._exchange(ready, within_s)
            return
        await asyncio.gather(
            self._exchange(ready, within_s),
            *(self._after(page, keys, within_s) for page, keys in plan if page not in ready),
        )

    async def _after(self, page: NodeEnquiry, keys: Collection[str], within_s: float) -> None:
        """Deliver proposals to one node, then ask it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        try:
            await self._sealing.prepare(page.node, keys, within_s)
        except TimeoutError:
            page.late()
        except HutongError as error:
            page.asked(self._sealing.under_way.moment())
            if isinstance(error, Corrupt) or error.reason == STORE_TAMPERED:
                # A node whose register was changed refuses every question, whether or not a seal waits for it.
                await self._exchange([page], until - loop.time())
            if page.reply is None or page.reply.outcome != query_pb2.OUTCOME_REFUSED:
                # The same outcome as for a node that is down, so that no asker learns that a seal waits.
                page.unreachable(Unavailable.reason)
        else:
            await self._exchange([page], until - loop.time())

    async def _exchange(self, pages: Sequence[NodeEnquiry], within_s: float) -> None:
        if not pages:
            return
        moment = self._sealing.under_way.moment()
        for page in pages:
            page.asked(moment)
        targets = [Target(page.node, page.attempts, sorted(page.further)) for page in pages]
        given = await self._links.ask(targets, self._envelope, within_s=max(0.0, within_s))
        spreading: list[VerifiedProposal] = []
        for page in pages:
            spreading += page.receive(given.get(page.node.name), self._terms)
            if page.went_back:
                await self._report_log(page)
        if spreading:
            await self._take(spreading)
        if faulty := [page for page in pages if page.fault]:
            await self._report(faulty)
        moment = self._sealing.under_way.moment()
        for page in pages:
            page.came_at = moment

    async def _report_log(self, page: NodeEnquiry) -> None:
        """Log, once, that the node's log went back: of questions that find it together, the first one does."""
        node = str(page.node.name)
        command = self._heads.report(node, page.head)
        if command is None:
            return
        written = asyncio.ensure_future(self._accounting.run(command))

        def end(written: asyncio.Future[Committed[None]]) -> None:
            if written.cancelled() or written.exception() is not None:
                self._heads.unreported(node)

        written.add_done_callback(end)
        await asyncio.shield(written)  # the others rely on it, whatever becomes of this question

    async def _take(self, spreading: Sequence[VerifiedProposal]) -> None:
        """Store the proposals that came with pages, before they are used."""
        command = await self._sealing.to_take(spreading)
        if command is not None:
            await self._accounting.run(command)
            self._sealing.workers.wake({node for each in spreading for node in each.nodes})

    async def _report(self, faulty: Sequence[NodeEnquiry]) -> None:
        """Log that nodes answered wrongly: an officer must look at it, for the asker sees them as unreachable."""
        at, request = stamp(self._terms.now()), self._terms.question.digest.hex()

        def command(work: Work) -> None:
            for page in faulty:
                work.log.append(
                    EntryKind.INCIDENT,
                    at=at,
                    what="wrong-answer",
                    request=request,
                    node=str(page.node.name),
                    reason=page.fault.reason if page.fault else "",
                )

        await self._accounting.run(command)


def outcomes_of(book: Ledger, replies: Mapping[str, Reply]) -> list[Reply]:
    """Return one outcome for every required node: the one that the charter fixes, or else its reply."""
    return [
        Reply(node, *book.barred[node.name]) if node.name in book.barred else replies[node.name]
        for node in book.required
    ]
