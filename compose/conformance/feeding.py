"""Entering the kit's records, by an officer of the agency that holds the register."""

from __future__ import annotations

from compose.conformance import people
from compose.conformance.kit import Kit
from compose.conformance.outcomes import Failed, TargetRole
from compose.conformance.wire import Refusal, Wire
from federation.charter.envelope import make_statement
from federation.charter.model import Node
from federation.statements.methods import ENTER
from federation.v1 import registry_pb2
from federation.values import clock


def feed(kit: Kit, *, call_s: float) -> None:
    """Enter the records, at the target or, for a gateway, at the registrar's node; note in the kit what hinders it."""
    registrar = kit.parties.registrar
    node = _node(kit)
    if registrar is None or node is None:
        kit.without_records = (
            "the folder has no registrar: enter what --records prints at the node, and give --entered"
        )
        return
    try:
        with Wire(node.endpoint, node.installation, kit.charter, call_s=call_s) as wire:
            for record in people.records():
                envelope = make_statement(
                    signer=registrar.signer(),
                    federation=kit.charter.federation,
                    method=ENTER,
                    destination=str(node.installation),
                    officer=kit.parties.officer,
                    body=registry_pb2.EntryPage(records=[record]).SerializeToString(deterministic=True),
                    charter_version=kit.charter.version,
                    now=clock.now(),
                )
                request = registry_pb2.EnterRequest(envelope=envelope)
                wire.call(ENTER, request, registry_pb2.EnterResponse, registrar)
    except Refusal as refusal:
        kit.without_records = (
            f"{node.name} does not take the records: {refusal.error.reason}: {refusal.error.message}"
        )
    except Failed as error:
        kit.without_records = f"{node.name} does not take the records: {error}"
    else:
        kit.without_records = ""


def _node(kit: Kit) -> Node | None:
    """Return the node at which the records are entered: the target, or one of the registrar's member."""
    registrar = kit.parties.registrar
    for node in kit.charter.nodes:
        if kit.role is TargetRole.NODE and node.installation == kit.wire.target:
            return node
        if kit.role is TargetRole.GATEWAY and registrar and node.agency == registrar.installation.member:
            return node
    return None
