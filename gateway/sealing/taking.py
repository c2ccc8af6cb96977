"""Accept sealing proposals, durably and with their marks, whichever way they arrive (R45).

A node hands them over when it has sealed a record; it lists them when this gateway starts; and it adds those that
concern a question to its page of answers. Objections of holders are accepted here too, on their way to the proposer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from federation.answers.withheld import Withheld
from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.statements.seals import MOST_PER_PAGE, open_acknowledgement
from federation.v1 import sealing_pb2
from federation.values.clock import stamp
from gateway.sealing.acknowledgement_store import AcknowledgementStore
from gateway.sealing.acknowledgements import Acknowledgement
from gateway.sealing.mark_store import MarkStore
from gateway.sealing.marks import Mark, MarkKey
from gateway.sealing.proposals import Addressed, Proposals, ProposalStates, proposal_of
from gateway.sealing.spreading import ProposalVerifier, VerifiedProposal
from gateway.sealing.under_way import UnderWay
from server.journal.journal import Journal
from server.journal.work import Command, Work
from server.opening import Act

OBJECTED = sealing_pb2.SEALING_STANCE_OBJECTED


class ProposalIntake:
    """Stores proposals and objections to deliver, and wakes the workers that deliver them."""

    def __init__(
        self,
        *,
        proposals: Proposals,
        states: ProposalStates,
        acknowledgements: AcknowledgementStore,
        marks: MarkKey,
        mark_store: MarkStore,
        under_way: UnderWay,
        reading: ProposalVerifier,
        journal: Journal,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
        wake: Callable[[Collection[str]], None],
    ) -> None:
        self._proposals = proposals
        self._states = states
        self._acknowledgements = acknowledgements
        self._marks = marks
        self._mark_store = mark_store
        self._under_way = under_way
        self._reading = reading
        self._journal = journal
        self._charter = charter
        self._now = now
        self._wake = wake

    def relay(self, page: sealing_pb2.SealingProposalPage, act: Act) -> None:
        """Accept a node's proposals for all nodes that they are addressed to; durable when this returns.

        Raises `InvalidRequest`, `BadEnvelope` or `PermissionDenied` when one of them is invalid.
        """
        if not 1 <= len(page.proposed) <= MOST_PER_PAGE:
            raise InvalidRequest.of("proposed", "SIZE", f"a page holds 1 to {MOST_PER_PAGE}")
        proposer = str(act.installation)
        spreading = self._reading.proposals(page.proposed, proposer, strict=True)
        addressed = [each for one in spreading for each in one.addressed()]
        kept, (marks, keys) = self._proposals.prepared(addressed), self._marked(spreading, addressed)
        at = stamp(self._now())

        def command(work: Work) -> None:
            act.insist_first(work)
            self._note_new(work, keys)
            self._proposals.propose(work, kept)
            self._mark_store.add(work, marks)
            work.log.defer(
                EntryKind.PROPOSED, at=at, once=act.once, by=proposer, proposals=len(page.proposed)
            )

        self._journal.run(command)
        self._wake({name for each in spreading for name in each.nodes})

    def missing(self, spreading: Sequence[VerifiedProposal]) -> list[Addressed]:
        """Return those of `spreading`, each for one node, that have no row at this gateway."""
        states = self._states_of(spreading)
        return [each for one in spreading for each in one.addressed() if (each.node, each.key) not in states]

    def spread(self, spreading: Sequence[VerifiedProposal], missing: Sequence[Addressed]) -> Command[None]:
        """Return the command that stores the `missing` ones of the proposals that came with answers."""
        kept, (marks, keys) = self._proposals.prepared(missing), self._marked(spreading, missing)
        at, by = stamp(self._now()), ", ".join(sorted({each.proposer for each in missing}))

        def command(work: Work) -> None:
            self._note_new(work, keys)
            self._proposals.add(work, kept)
            self._mark_store.add(work, marks)
            work.log.defer(EntryKind.PROPOSED, at=at, by=by, proposals=len({each.key for each in missing}))

        return command

    def listed(self, spreading: Sequence[VerifiedProposal], proposer: str) -> None:
        """Accept the proposals that a node lists at this gateway's start; durable when this returns.

        This store may be an old copy. So a proposal is sent again if its row is marked as acknowledged while its
        proposer still waits for the acknowledgement and none is on its way there.
        """
        present = self._states_of(spreading)
        with self._journal.reading() as view:
            coming = self._acknowledgements.undelivered(view, proposer)
        wanted = [
            each
            for one in spreading
            for each in one.addressed()
            if (pair := (each.node, each.key)) not in coming and present.get(pair, True)
        ]
        kept, (marks, keys) = self._proposals.prepared(wanted), self._marked(spreading, wanted)
        at = stamp(self._now())

        def command(work: Work) -> None:
            self._note_new(work, keys)
            self._proposals.propose(work, kept)
            self._mark_store.add(work, marks)
            work.log.defer(EntryKind.PROPOSED, at=at, by=proposer, proposals=len(spreading))

        if kept:
            self._journal.run(command)
            self._wake({each.node for each in wanted})

    def withhold(self, withheld: Iterable[Withheld]) -> Command[None]:
        """Return the command that stores proposals for records that this gateway withholds on all facets together.

        Such a proposal names the holder's record by its id. It names no person, and so has no marks.
        """
        kept = self._proposals.prepared(proposal_of(each) for each in withheld)

        def command(work: Work) -> None:
            self._proposals.add(work, kept)

        return command

    def take_objections(self, page: sealing_pb2.AcknowledgementPage, act: Act) -> None:
        """Accept a holder's objections for the proposers; durable when this returns.

        Raises `InvalidRequest`, `BadEnvelope` or `PermissionDenied` when one of them is invalid. An objection to a
        proposal that this gateway did not carry is ignored.
        """
        if not 1 <= len(page.acknowledgements) <= MOST_PER_PAGE:
            raise InvalidRequest.of("acknowledgements", "SIZE", f"a page holds 1 to {MOST_PER_PAGE}")
        charter, now = self._charter(), self._now()
        objections = []
        for envelope in page.acknowledgements:
            content = open_acknowledgement(envelope, charter, now=now)
            if content.stance != OBJECTED or content.installation != str(act.installation):
                raise InvalidRequest.of("acknowledgements", "R45", "a node sends its own objections only")
            objections.append(Acknowledgement.of(content, envelope))
        prepared = self._acknowledgements.prepared(objections)

        def command(work: Work) -> None:
            act.insist_first(work)
            carried = [
                each for each in prepared if self._states.carried(work.view, each.value.node, each.value.key)
            ]
            self._acknowledgements.keep(work, carried)
            by = str(act.installation)
            work.log.defer(EntryKind.ACKNOWLEDGED, at=stamp(now), once=act.once, by=by, objected=len(carried))

        self._journal.run(command)
        proposers = {each.proposer for each in objections}
        self._wake({str(node.name) for node in charter.nodes if str(node.installation) in proposers})

    def mark_earlier(self) -> int:
        """Make the marks of proposals of an earlier program, a page at a time; return how many rows were looked at."""
        done = 0
        while True:
            with self._journal.reading() as view:
                page = self._proposals.unmarked(view, MOST_PER_PAGE)
            if not page:
                return done
            digests: dict[str, Sequence[bytes]] = {}
            for each in page:
                content = sealing_pb2.SealingProposal.FromString(each.proposed.node.payload)
                named = (*content.person_digests, *content.case_digests)
                digests[each.key] = named if not content.withdraws else ()
            marks = self._marks.made(digests)

            def command(
                work: Work, marks: Sequence[Mark] = marks, keys: tuple[str, ...] = tuple(digests)
            ) -> None:
                self._mark_store.add(work, marks)
                self._states.marked(work, keys)

            self._journal.run(command)
            done += len(page)

    def _states_of(self, spreading: Sequence[VerifiedProposal]) -> Mapping[tuple[str, str], bool]:
        with self._journal.reading() as view:
            return self._states.acknowledgements(view, {each.key for each in spreading})

    def _marked(
        self, spreading: Sequence[VerifiedProposal], written: Sequence[Addressed]
    ) -> tuple[list[Mark], frozenset[str]]:
        """Return the marks of those proposals that are written now, and their keys.

        A proposal that every node has acknowledged gets none: no later acknowledgement would cause its removal.
        """
        keys = frozenset(each.key for each in written)
        return self._marks.made({each.key: each.digests for each in spreading if each.key in keys}), keys

    def _note_new(self, work: Work, keys: frozenset[str]) -> None:
        self._under_way.taken(keys - self._states.known(work.view, keys))
