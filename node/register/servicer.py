"""RegistryService at a node: its own agency enters, corrects and shows."""

from __future__ import annotations

from collections.abc import Iterator

import grpc

from federation.errors import AlreadyExists, FieldViolation, InvalidRequest
from federation.v1 import registry_pb2, registry_pb2_grpc
from node.register.correcting import RecordCorrections
from node.register.entering import Registrar
from node.register.showing import OpenRecords
from server.opening import RequestOpener

#: Records in one page of `EnterMany`.
MOST_RECORDS = 1000


class RegistryServicer(registry_pb2_grpc.RegistryServiceServicer):
    """Opens the statement, names the act, and hands it to the register."""

    def __init__(
        self,
        *,
        opening: RequestOpener,
        entering: Registrar,
        correcting: RecordCorrections,
        showing: OpenRecords,
    ) -> None:
        self._opening = opening
        self._entering = entering
        self._correcting = correcting
        self._showing = showing

    def Enter(
        self, request: registry_pb2.EnterRequest, context: grpc.ServicerContext
    ) -> registry_pb2.EnterResponse:
        """Enter one record."""
        page, act = self._opening.open(request.envelope, registry_pb2.EntryPage, context)
        if len(page.records) != 1:
            raise InvalidRequest.of("records", "SIZE", "Enter takes exactly one record; use EnterMany")
        outcome = self._entering.enter(page.records, act)[0]
        if outcome.HasField("quarantined"):
            raise _refusal(outcome.quarantined)
        return registry_pb2.EnterResponse(receipt=outcome.receipt)

    def EnterMany(
        self, request_iterator: Iterator[registry_pb2.EnterManyRequest], context: grpc.ServicerContext
    ) -> Iterator[registry_pb2.EnterManyResponse]:
        """Enter page after page; each page's outcomes are durable when they are sent."""
        for request in request_iterator:
            page, act = self._opening.open(request.envelope, registry_pb2.EntryPage, context)
            if not 1 <= len(page.records) <= MOST_RECORDS:
                raise InvalidRequest.of("records", "SIZE", f"a page holds 1 to {MOST_RECORDS} records")
            yield registry_pb2.EnterManyResponse(outcomes=self._entering.enter(page.records, act))

    def Amend(
        self, request: registry_pb2.AmendRequest, context: grpc.ServicerContext
    ) -> registry_pb2.AmendResponse:
        """Correct a record."""
        amendment, act = self._opening.open(request.envelope, registry_pb2.Amendment, context)
        return registry_pb2.AmendResponse(receipt=self._correcting.amend(amendment, act))

    def Withdraw(
        self, request: registry_pb2.WithdrawRequest, context: grpc.ServicerContext
    ) -> registry_pb2.WithdrawResponse:
        """Withdraw a record."""
        withdrawal, act = self._opening.open(request.envelope, registry_pb2.Withdrawal, context)
        return registry_pb2.WithdrawResponse(receipt=self._correcting.withdraw(withdrawal, act))

    def Show(
        self, request: registry_pb2.ShowRequest, context: grpc.ServicerContext
    ) -> registry_pb2.ShowResponse:
        """Show a record."""
        reference, act = self._opening.open(request.envelope, registry_pb2.RecordReference, context)
        return registry_pb2.ShowResponse(facet=self._showing.show(reference, act))

    def History(
        self, request: registry_pb2.HistoryRequest, context: grpc.ServicerContext
    ) -> registry_pb2.HistoryResponse:
        """Show the versions of a record, a page at a time."""
        wanted, act = self._opening.open(request.envelope, registry_pb2.HistoryPage, context)
        return self._showing.history(wanted, act)


def _refusal(quarantined: registry_pb2.Quarantined) -> InvalidRequest | AlreadyExists:
    violations = [FieldViolation(v.field, v.rule, v.message) for v in quarantined.violations]
    if len(violations) == 1 and violations[0].rule == "ALREADY_EXISTS":
        return AlreadyExists(violations[0].message, quarantine_id=quarantined.quarantine_id)
    return InvalidRequest(violations)
