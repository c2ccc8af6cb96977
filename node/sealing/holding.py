"""Hold what other holders' facts speak for sealing: withheld from receipt, until facts or people settle it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from federation.clock import stamp
from federation.evidence.entry import EntryKind
from federation.sealing import Status
from federation.tokens import judgment_digests
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from journal.writer import Work
from node.registry.acts import Act, Desk, insist_first, newest_event, parse_id
from node.registry.superseding import supersede
from node.sealing.ordering import HELD, next_event, order_of
from node.store import records


class Holding:
    """Withholds what proposals fit; what is not open, or not here, needs nothing."""

    def __init__(self, *, desk: Desk) -> None:
        self._desk = desk

    def hold(self, page: sealing_pb2.SealingProposalPage, act: Act) -> None:
        """Withhold every open record that a proposal of the page fits, in one transaction."""
        at = self._desk.now()

        def command(work: Work) -> int:
            insist_first(work, act)
            held: list[str] = []
            for proposal in page.proposals:
                for standing, event in self._fitting(work, proposal):
                    self._hold(work, standing, event, proposal, act, at)
                    held.append(standing.record_id.hex())
            work.log.append(
                EntryKind.PROPOSED,
                at=stamp(at),
                once=act.once,
                by=str(act.installation),
                proposals=len(page.proposals),
                held=held,
            )
            return len(held)

        held = self._desk.journal.run(command).value
        if held:
            self._desk.version.confirm(held)
            self._desk.journal.scrub()

    def _fitting(
        self, work: Work, proposal: sealing_pb2.SealingProposal
    ) -> Sequence[tuple[records.Standing, registry_pb2.RecordEvent]]:
        """Return the open records that the proposal names by id, or by person and judgment."""
        if proposal.record_id:
            standing = records.by_id(work.connection, parse_id(proposal.record_id))
            found = [standing] if standing is not None and standing.status is Status.OPEN else []
            return [(s, newest_event(work, self._desk, s)) for s in found]
        tokens = self._desk.sealer.digest_tokens(proposal.person_digests)
        candidates = records.open_by_tokens(work.connection, tokens)
        pairs = [(s, newest_event(work, self._desk, s)) for s in candidates]
        return [(s, event) for s, event in pairs if _same_judgment(proposal, event.record)]

    def _hold(
        self,
        work: Work,
        standing: records.Standing,
        event: registry_pb2.RecordEvent,
        proposal: sealing_pb2.SealingProposal,
        act: Act,
        at: datetime,
    ) -> None:
        if event.order.kind == registry_pb2.SEALING_ORDER_KIND_UNSEALED:
            return  # its own people have decided on a listed ground
        order = order_of(HELD, proposal.rule, record_pb2.Instrument(), act, at)
        held = next_event(event, standing, order, act, at, f"proposal {proposal.proposal_id}")
        supersede(work, self._desk, standing, held, act, kind=EntryKind.AMENDED, at=at, once=None)


def _same_judgment(proposal: sealing_pb2.SealingProposal, record: record_pb2.Record) -> bool:
    """The same number; where one side does not know it, the same day of becoming final."""
    number, final = judgment_digests(proposal.person_digests[0], record)
    if number and proposal.judgment_digest:
        return number == proposal.judgment_digest
    return bool(final) and final == proposal.final_digest
