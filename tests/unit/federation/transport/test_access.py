"""Every rpc of the contract is in a table that says who may call it, and nothing else is open."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module

import pytest
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

import federation.v1
from federation.errors import PermissionDenied
from federation.transport.access import GATEWAY, NODE, Access, AccessRule
from federation.transport.limits import ROSTER, SMALL
from federation.transport.places import PlaceKind
from federation.values.identity import Installation, MemberId

SERVICES: list[ServiceDescriptor] = [
    service
    for module in pkgutil.iter_modules(federation.v1.__path__)
    if module.name.endswith("_pb2")
    for service in import_module(f"federation.v1.{module.name}").DESCRIPTOR.services_by_name.values()
]
#: What every server offers besides.
COMMON = [
    *health_pb2.DESCRIPTOR.services_by_name.values(),
    *reflection_pb2.DESCRIPTOR.services_by_name.values(),
]
#: The new name of reflection: nobody serves it, but tools try it before v1alpha and go on only if it is listed.
NEW_REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
NODE_ACCESS = Access(NODE, MemberId("police"))
OWN, OTHER = Installation.parse("police/client/desk"), Installation.parse("court/client/desk")
A_GATEWAY = Installation.parse("interconnect/gateway/gateway-1")


def test_every_rpc_is_listed_and_nothing_else_is() -> None:
    offered = {
        f"/{service.full_name}/{method.name}"
        for service in (*SERVICES, *COMMON)
        for method in service.methods
    }
    assert set(NODE) | set(GATEWAY) == offered | {NEW_REFLECTION}


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


@pytest.mark.parametrize("rules", [NODE, GATEWAY], ids=["node", "gateway"])
def test_only_what_carries_more_than_a_statement_may_be_long(rules: Mapping[str, AccessRule]) -> None:
    longer = {method for method, rule in rules.items() if rule.request_bytes > SMALL}
    assert "/federation.v1.QueryService/Ask" not in longer
    assert not {method for method in longer if method.startswith("/grpc.")}
    assert max(rule.request_bytes for rule in rules.values()) <= ROSTER


@pytest.mark.parametrize("rules", [NODE, GATEWAY], ids=["node", "gateway"])
def test_calls_that_last_have_places_of_their_own(rules: Mapping[str, AccessRule]) -> None:
    for service in SERVICES:
        for method in service.methods:
            rule = rules.get(f"/{service.full_name}/{method.name}")
            if rule is not None:
                lasts = method.client_streaming or method.server_streaming
                assert (rule.place is not PlaceKind.CALL) == lasts, method.full_name
    assert rules["/grpc.health.v1.Health/Watch"].place is PlaceKind.INCIDENTAL


@pytest.mark.parametrize("rpc", ["ProveInclusion", "ProveConsistency"])
def test_proofs_are_for_the_own_member_and_for_witnesses(rpc: str) -> None:
    """Whoever tries one size after another finds how far a log has grown."""
    method = f"/federation.v1.EvidenceService/{rpc}"
    for witness in (OWN, A_GATEWAY, Installation.parse("justice/node/justice-1")):
        NODE_ACCESS.check(method, witness)
    with pytest.raises(PermissionDenied) as caught:
        NODE_ACCESS.check(method, OTHER)
    assert caught.value.reason == "NOT_OWN_MEMBER"
    assert (
        "is for police itself and for gateways and for nodes, not court/client/desk" in caught.value.message
    )
