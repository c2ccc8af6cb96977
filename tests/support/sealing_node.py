"""A node of the police without servers, with everything that seals and holds at it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from federation.statements.seals import ACKNOWLEDGEMENT, PROPOSAL, open_acknowledgement, sign
from federation.v1 import record_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import Installation
from federation.values.tokens import judgment_digests, person_digests
from node.identity.merging import PersonMerger
from node.sealing.certifying import SealCertifier
from node.sealing.concerning import SpreadingSeals
from node.sealing.holding import ProposalHolder
from node.sealing.outbox import ProposalOutbox
from node.store.reading import sealed_reader
from tests.support.federation import FEDERATION, GATEWAY
from tests.support.register import NODE, RegisterUnderTest, act

OTHER = "procuratorate/node/procuratorate-1"


class Node(RegisterUnderTest):
    """Police node 1 of a federation with one other node and a gateway, without servers."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, agencies=("police", "procuratorate"))
        self.register = self.shared()
        self.outbox = ProposalOutbox(
            journal=self.journal,
            sealer=self.register.sealer,
            sealed_reader=sealed_reader(self.journal.engine, self.register.sealer.sealed_vault),
            signer=self.party.signer,
            node=self.federation.charter().nodes[0].name,
            charter=self.federation.charter,
            now=lambda: self.at,
        )
        self.spreading = SpreadingSeals(register=self.register, outbox=self.outbox)
        self.holding = ProposalHolder(
            register=self.register,
            node=self.federation.charter().nodes[0].name,
            charter=self.federation.charter,
            signer=self.party.signer,
        )
        self.merging = PersonMerger(
            register=self.register,
            others=self.others(),
            lookup_key=self.keys.lookup,
            wrap_key=self.keys.wrap,
        )

    def handed(self) -> list[sealing_pb2.SealingProposal]:
        """Hand the gateway all that waits for it; return what it was given."""
        while self.outbox.make():
            pass
        page = self.outbox.page_for(GATEWAY)
        self.outbox.taken(GATEWAY, page)
        return [sealing_pb2.SealingProposal.FromString(each.node.payload) for each in page.proposed]

    def acknowledged(self, proposal: sealing_pb2.SealingProposal, *installations: str) -> None:
        """Have nodes acknowledge a proposal."""
        certifying = SealCertifier(
            register=self.register,
            reader=sealed_reader(self.journal.engine, self.register.sealer.sealed_vault),
            charter=self.federation.charter,
            signer=self.party.signer,
            insist_sound=lambda: None,
        )
        page = [self._acknowledgement(proposal, Installation.parse(each)) for each in installations]
        certifying.acknowledged(sealing_pb2.AcknowledgementPage(acknowledgements=page), act())

    def _acknowledgement(self, proposal: sealing_pb2.SealingProposal, by: Installation) -> Envelope:
        body = sealing_pb2.SealingAcknowledgement(
            federation=FEDERATION,
            proposal_id=proposal.proposal_id,
            proposer=str(NODE),
            node=by.name,
            installation=str(by),
            stance=sealing_pb2.SEALING_STANCE_IN_FORCE,
            at=proposal.proposed_at,
        )
        return sign(ACKNOWLEDGEMENT, body, self.federation.party(str(by)).signer)

    def hold(self, *proposed: sealing_pb2.Proposed) -> list[sealing_pb2.SealingAcknowledgement]:
        """Have a gateway deliver proposals; return the node's answers."""
        gateway = act()
        gateway = type(gateway)(Installation.parse(GATEWAY), "gateway", gateway.once)
        answers = self.holding.hold(sealing_pb2.SealingProposalPage(proposed=proposed), gateway)
        charter = self.federation.charter()
        return [open_acknowledgement(each, charter, now=self.at) for each in answers]

    def proposed_by_other(self, made: record_pb2.Record) -> sealing_pb2.Proposed:
        """Return the procuratorate's signed proposal about a record that it has sealed."""
        known = record_pb2.Record()
        known.CopyFrom(made)
        known.judgment_number.canonical = known.judgment_number.original
        persons = list(person_digests(known.person))
        numbers, finals = judgment_digests(known)
        proposal = sealing_pb2.SealingProposal(
            proposal_id=f"{len(self.statuses()):032x}"[:31] + "1",
            rule="SEALED-BY-A-HOLDER",
            person_digests=persons,
            judgment_digests=numbers,
            final_digests=finals,
            proposer=OTHER,
            proposed_at=self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        )
        return sealing_pb2.Proposed(node=sign(PROPOSAL, proposal, self.federation.party(OTHER).signer))

    def counted(self, table: object) -> int:
        """Return how many rows a table has."""
        with self.journal.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]
