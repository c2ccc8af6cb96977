"""Every rpc of the contract is in a table that says who may call it, and nothing else is open."""

from __future__ import annotations

import pytest

from federation.errors import PermissionDenied
from federation.identity import Installation, MemberId
from federation.transport.access import GATEWAY, NODE, Access
from federation.v1 import (
    charter_pb2,
    evidence_pb2,
    identity_pb2,
    lookup_pb2,
    notice_pb2,
    parked_pb2,
    query_pb2,
    recall_pb2,
    registry_pb2,
    sealing_pb2,
    timeliness_pb2,
)

SERVICES = [
    service
    for file in (
        charter_pb2,
        evidence_pb2,
        identity_pb2,
        lookup_pb2,
        notice_pb2,
        parked_pb2,
        query_pb2,
        recall_pb2,
        registry_pb2,
        sealing_pb2,
        timeliness_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
]
NODE_ACCESS = Access(NODE, MemberId("police"))
OWN, OTHER = Installation.parse("police/client/desk"), Installation.parse("court/client/desk")
A_GATEWAY = Installation.parse("interconnect/gateway/gateway-1")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_rpc_is_listed(service: object) -> None:
    for method in service.methods:  # type: ignore[attr-defined]
        name = f"/{method.containing_service.full_name}/{method.name}"
        assert name in NODE or name in GATEWAY


def test_an_rpc_that_is_not_listed_is_open_to_nobody() -> None:
    with pytest.raises(PermissionDenied, match="open to nobody"):
        NODE_ACCESS.check("/federation.v1.QueryService/Ask", OWN)


@pytest.mark.parametrize("rpc", ["Enter", "EnterMany", "Amend", "Withdraw", "Show", "History"])
def test_only_the_agency_itself_works_on_its_register(rpc: str) -> None:
    method = f"/federation.v1.RegistryService/{rpc}"
    NODE_ACCESS.check(method, OWN)
    for stranger in (OTHER, A_GATEWAY):
        with pytest.raises(PermissionDenied):
            NODE_ACCESS.check(method, stranger)


def test_only_gateways_look_up() -> None:
    method = "/federation.v1.LookupService/Lookup"
    NODE_ACCESS.check(method, A_GATEWAY)
    for other in (OWN, OTHER):
        with pytest.raises(PermissionDenied):
            NODE_ACCESS.check(method, other)


def test_entries_in_clear_are_for_the_own_member() -> None:
    method = "/federation.v1.EvidenceService/ListEntries"
    NODE_ACCESS.check(method, OWN)
    with pytest.raises(PermissionDenied):
        NODE_ACCESS.check(method, OTHER)
