"""SealingService at a node: orders of its own agency, and proposals of gateways."""

from __future__ import annotations

import grpc

from federation.v1 import sealing_pb2, sealing_pb2_grpc
from node.sealing.certifying import SealCertifier
from node.sealing.concerning import SpreadingSeals
from node.sealing.holding import ProposalHolder
from node.sealing.ordering import SealOrders
from node.sealing.overseeing import RunOverseer
from node.sealing.resealing import Resealer
from node.sealing.serving import SealNotices
from node.sealing.worklist import WorkList
from server.opening import RequestOpener


class SealingServicer(sealing_pb2_grpc.SealingServiceServicer):
    """Opens the statement and hands the order on."""

    def __init__(
        self,
        *,
        opening: RequestOpener,
        ordering: SealOrders,
        holding: ProposalHolder,
        certifying: SealCertifier,
        resealing: Resealer,
        overseeing: RunOverseer,
        spreading: SpreadingSeals,
        serving: SealNotices,
        worklist: WorkList,
    ) -> None:
        self._opening = opening
        self._ordering = ordering
        self._holding = holding
        self._certifying = certifying
        self._resealing = resealing
        self._overseeing = overseeing
        self._spreading = spreading
        self._serving = serving
        self._worklist = worklist

    def Seal(
        self, request: sealing_pb2.SealRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.SealResponse:
        """Seal a record."""
        body, act = self._opening.open(request.envelope, sealing_pb2.Sealing, context)
        return sealing_pb2.SealResponse(receipt=self._ordering.seal(body, act))

    def Unseal(
        self, request: sealing_pb2.UnsealRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.UnsealResponse:
        """Unseal a record."""
        body, act = self._opening.open(request.envelope, sealing_pb2.Unsealing, context)
        return sealing_pb2.UnsealResponse(receipt=self._ordering.unseal(body, act))

    def Propose(
        self, request: sealing_pb2.ProposeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ProposeResponse:
        """Withhold records that a gateway's proposals fit."""
        page, act = self._opening.open(request.envelope, sealing_pb2.SealingProposalPage, context)
        return sealing_pb2.ProposeResponse(acknowledgements=self._holding.hold(page, act))

    def ListSpreading(
        self, request: sealing_pb2.ListSpreadingRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ListSpreadingResponse:
        """List proposals that have yet to reach a node, for a gateway that starts."""
        query, act = self._opening.open(request.envelope, sealing_pb2.SpreadingQuery, context)
        found, last = self._spreading.page(query, act)
        return sealing_pb2.ListSpreadingResponse(proposed=found, last=last)

    def Acknowledge(
        self, request: sealing_pb2.AcknowledgeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.AcknowledgeResponse:
        """Keep other nodes' answers to this node's seals."""
        page, act = self._opening.open(request.envelope, sealing_pb2.AcknowledgementPage, context)
        self._certifying.acknowledged(page, act)
        return sealing_pb2.AcknowledgeResponse()

    def Object(
        self, request: sealing_pb2.SealingServiceObjectRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.SealingServiceObjectResponse:
        """Object to another holder's seal."""
        body, act = self._opening.open(request.envelope, sealing_pb2.SealingObjection, context)
        return sealing_pb2.SealingServiceObjectResponse(receipt=self._ordering.object(body, act))

    def Certify(
        self, request: sealing_pb2.CertifyRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.CertifyResponse:
        """Certify a seal."""
        body, act = self._opening.open(request.envelope, sealing_pb2.CertificateQuery, context)
        return sealing_pb2.CertifyResponse(certificate=self._certifying.certify(body, act))

    def Reseal(
        self, request: sealing_pb2.ResealRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ResealResponse:
        """Judge a page of records anew."""
        body, act = self._opening.open(request.envelope, sealing_pb2.ResealPage, context)
        return sealing_pb2.ResealResponse(report=self._resealing.page(body, act))

    def Oversee(
        self, request: sealing_pb2.OverseeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.OverseeResponse:
        """Show, approve or reverse runs over all records."""
        body, act = self._opening.open(request.envelope, sealing_pb2.RunOversight, context)
        return self._overseeing.oversee(body, act)

    def Show(
        self, request: sealing_pb2.SealingServiceShowRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.SealingServiceShowResponse:
        """Show the work list."""
        body, act = self._opening.open(request.envelope, sealing_pb2.SealingList, context)
        return sealing_pb2.SealingServiceShowResponse(tasks=self._worklist.show(body, act))

    def Examine(
        self, request: sealing_pb2.ExamineRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ExamineResponse:
        """Show a withheld record to who must decide on it."""
        body, act = self._opening.open(request.envelope, sealing_pb2.Examination, context)
        facet, task = self._worklist.examine(body, act)
        return sealing_pb2.ExamineResponse(facet=facet, task=task)

    def Decide(
        self, request: sealing_pb2.SealingServiceDecideRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.SealingServiceDecideResponse:
        """Decide a doubt about age."""
        body, act = self._opening.open(request.envelope, sealing_pb2.AgeDecision, context)
        return sealing_pb2.SealingServiceDecideResponse(receipt=self._ordering.decide(body, act))

    def Serve(
        self, request: sealing_pb2.ServeRequest, context: grpc.ServicerContext
    ) -> sealing_pb2.ServeResponse:
        """Make the notice that is served on the person."""
        body, act = self._opening.open(request.envelope, sealing_pb2.NoticeOfSealing, context)
        return sealing_pb2.ServeResponse(document=self._serving.serve(body, act))
