"""The part of what follows an answer: recalls when a record behind it changes, requests to correct what differs."""

from __future__ import annotations

from dataclasses import dataclass

from federation.transport.serving import Service
from federation.v1 import notice_pb2_grpc, recall_pb2_grpc
from gateway.following.caused_recall_store import CausedRecallStore
from gateway.following.cursors import Cursors
from gateway.following.disclosed_store import DisclosedAnswers
from gateway.following.discrepancies import Discrepancies
from gateway.following.discrepancy_store import DiscrepancyStore
from gateway.following.intake_servicer import IntakeServicer
from gateway.following.member_recall_store import MemberRecallStore
from gateway.following.recall_store import RecallStore
from gateway.following.recalling import RecallMaker
from gateway.following.servicer import RecallServicer
from gateway.following.showing import RecallLists
from gateway.host import GatewayHost
from gateway.relay.part import RelayPart
from server.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingPart(Part):
    """What an answer notes so that it can be followed."""

    answers: DisclosedAnswers
    discrepancies: Discrepancies


def part(host: GatewayHost, relay: RelayPart) -> FollowingPart:
    """Return the part."""
    answers = DisclosedAnswers(strongbox=host.box)
    recalling = RecallMaker(
        disclosed=answers,
        store=RecallStore(strongbox=host.box),
        journal=host.journal,
        charter=host.charter,
        now=host.now,
    )
    showing = RecallLists(
        journal=host.journal,
        recalls=MemberRecallStore(strongbox=host.box),
        caused=CausedRecallStore(strongbox=host.box),
        cursors=Cursors(strongbox=host.box),
        signer=host.signer,
        charter=host.charter,
        now=host.now,
    )
    discrepancies = Discrepancies(
        accepting=relay.accepting,
        journal=host.journal,
        store=DiscrepancyStore(strongbox=host.box),
        signer=host.signer,
        charter=host.charter,
        now=host.now,
    )
    recalls = RecallServicer(  # type: ignore[abstract]  # the rest is for nodes, and open to nobody here
        opening=host.opening, recalling=recalling, showing=showing
    )
    figures = IntakeServicer(tracking=relay.tracking, recalling=recalling)
    return FollowingPart(
        services=[
            Service.of(recall_pb2_grpc.add_RecallServiceServicer_to_server, recalls),
            Service.of(notice_pb2_grpc.add_IntakeServiceServicer_to_server, figures),
        ],
        running=[discrepancies.running()],
        answers=answers,
        discrepancies=discrepancies,
    )
