"""The play of the pair test in which a node and a gateway call, as nodes and gateways do."""

from __future__ import annotations

import hashlib

from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.statements import methods
from federation.statements.seals import ACKNOWLEDGEMENT, PROPOSAL, sign
from federation.v1 import recall_pb2, recall_pb2_grpc, sealing_pb2, sealing_pb2_grpc
from federation.values.clock import now, stamp
from federation.values.identity import Installation
from federation.values.tokens import judgment_digests, person_digests
from tests.support import asking
from tests.support.federation import GATEWAY
from tests.support.local import OFFICER
from tests.support.pairs import Subject
from tests.support.records import record
from tests.support.stage import Stage

POLICE, JUSTICE = "police/node/police-1", "justice/node/justice-1"


def peers(stage: Stage, about: Subject) -> None:
    """A node and the gateway propose seals and acknowledge one, and the node hands in that an answer changed."""
    justice, gateway = stage.peer(JUSTICE, "node"), stage.peer(GATEWAY, "gateway")
    question, _ = stage.client("court").questions.put(asking.case(about.person.subject()))
    stage.rest()
    made = record(about.person, "justice", number=about.number)
    made.judgment_number.canonical = about.number
    numbers, finals = judgment_digests(made)
    proposal = sealing_pb2.SealingProposal(
        proposal_id=hashlib.sha256(about.person.number.encode()).hexdigest()[:32],
        rule="SEALED-BY-A-HOLDER",
        person_digests=person_digests(made.person),
        judgment_digests=numbers,
        final_digests=finals,
        proposer=JUSTICE,
        proposed_at=stamp(now()),
    )
    signer = stage.servers.federation.party(JUSTICE).signer
    page = sealing_pb2.SealingProposalPage()
    page.proposed.add(node=sign(PROPOSAL, proposal, signer))
    for peer, server, destination in ((gateway, POLICE, POLICE), (justice, GATEWAY, ANY_GATEWAY)):
        stub = sealing_pb2_grpc.SealingServiceStub(peer.connection.to_server(Installation.parse(server)))
        envelope = peer.connection.statement(
            page.SerializeToString(), method=methods.PROPOSE, destination=destination
        )
        stub.Propose(sealing_pb2.ProposeRequest(envelope=envelope))
    stage.rest()
    name = hashlib.sha256(f"2/{POLICE}/{about.record_id}/1".encode()).hexdigest()[:32]
    acknowledgement = sealing_pb2.SealingAcknowledgement(
        federation=stage.servers.federation.name,
        proposal_id=name,
        proposer=POLICE,
        node="justice-1",
        installation=JUSTICE,
        stance=sealing_pb2.SEALING_STANCE_OBJECTED,
        reason="不同意",
        officer=OFFICER,
        at=stamp(now()),
    )
    acknowledged = sealing_pb2.AcknowledgementPage(
        acknowledgements=[sign(ACKNOWLEDGEMENT, acknowledgement, signer)]
    )
    superseded = recall_pb2.SupersededPage()
    superseded.told.add(request_digest=hashlib.sha256(question.payload).digest(), record_id=about.record_id)
    line = justice.connection.to_server(Installation.parse(GATEWAY))
    envelope = justice.connection.statement(
        acknowledged.SerializeToString(), method=methods.ACKNOWLEDGE, destination=ANY_GATEWAY
    )
    sealing_pb2_grpc.SealingServiceStub(line).Acknowledge(sealing_pb2.AcknowledgeRequest(envelope=envelope))
    envelope = justice.connection.statement(
        superseded.SerializeToString(), method=methods.HAND_IN_RECALLS, destination=ANY_GATEWAY
    )
    recall_pb2_grpc.RecallServiceStub(line).HandIn(recall_pb2.HandInRequest(envelope=envelope))
    stage.rest()
    stage.client("court").recalls.received(acknowledged_too=True)
