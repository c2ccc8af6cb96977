"""Identity cases: who calls is known from the handshake, and each rpc has its callers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from certs.authority import Authority
from compose.conformance.kit import Kit
from compose.conformance.outcomes import Failed, TargetRole
from compose.conformance.parties import Party
from compose.conformance.registry import check
from compose.conformance.wire import LOOKUP, Refusal, Silent
from federation.charter.envelope import make_statement
from federation.statements.methods import ASK, ENTER, LIST_HEADS
from federation.v1 import evidence_pb2, heads_pb2, query_pb2, registry_pb2
from federation.values import clock

_NODE, _GATEWAY = TargetRole.NODE, TargetRole.GATEWAY
_DENIED = frozenset({"PERMISSION_DENIED", "UNAUTHENTICATED"})
#: What a server says that does not offer the rpc at all.
_NOT_OFFERED = "UNIMPLEMENTED"
_ENTRIES = "/federation.v1.EvidenceService/ListEntries"


def _call(kit: Kit, party: Party) -> None:
    if kit.role is _NODE:
        kit.wire.lookup([kit.page([kit.envelope()])], party)
    else:
        kit.asked(kit.envelope(), party)


@check("identity-server")
def server(kit: Kit) -> str:
    """The target shows the certificate that the charter's authority issued for its installation."""
    try:
        kit.insist_answered(kit.envelope())
    except Silent as silent:
        raise Failed(f"no call as {kit.wire.target}: {silent}") from None
    return str(kit.wire.target)


@check("identity-no-certificate")
def no_certificate(kit: Kit) -> str:
    """A caller without a certificate, where one with the right certificate is answered."""
    kit.insist_answered(kit.envelope())
    line = kit.wire.anonymous()
    method, request = (LOOKUP, kit.page([kit.envelope()])) if kit.role is _NODE else (ASK, _ask(kit))
    try:
        kit.wire.raw(line, method, request.SerializeToString())
    except (Silent, Refusal):
        return "no answer"
    finally:
        line.close()
    raise Failed("answered somebody who showed no certificate")


@check("identity-foreign-authority")
def foreign_authority(kit: Kit) -> str:
    """A certificate that names the right installation, issued by an authority outside of the federation."""
    kit.insist_answered(kit.envelope())
    caller, now = kit.caller, clock.now()
    name = kit.charter.federation
    forged = Authority.create(caller.installation.member, name, now=now).issue(
        caller.installation, name, not_before=now - timedelta(minutes=5), not_after=now + timedelta(hours=1)
    )
    with tempfile.TemporaryDirectory() as folder:
        party = Party(
            caller.installation, Path(folder) / "tls.pem", Path(folder) / "tls.key", caller.signing_key
        )
        forged.write(party.certificate, party.key)
        try:
            _call(kit, party)
        except (Silent, Refusal):
            return "no answer"
    raise Failed("answered a certificate of an authority that the charter does not name")


@check("identity-callers", _NODE)
def callers_of_a_node(kit: Kit) -> str:
    """Only gateways put questions to a node: a client may not, whatever it has signed."""
    return _insist_denied(kit, lambda: kit.wire.lookup([kit.page([kit.envelope()])], kit.party("asker")))


@check("identity-callers", _GATEWAY)
def callers_of_a_gateway(kit: Kit) -> str:
    """What gateways alone may call, a client may not."""
    body = heads_pb2.HeadQuery(node="*").SerializeToString()
    asker = kit.party("asker")
    request = heads_pb2.ListHeadsRequest(envelope=kit.envelope(body=body, method=LIST_HEADS))
    return _insist_denied(kit, lambda: kit.wire.call(LIST_HEADS, request, heads_pb2.ListHeadsResponse, asker))


@check("identity-sender", _GATEWAY)
def sender(kit: Kit) -> str:
    """One member's signed question, brought by another member."""
    stranger = kit.party("stranger")
    return _insist_denied(kit, lambda: kit.asked(kit.envelope(), stranger))


@check("identity-register", _NODE)
def register(kit: Kit) -> str:
    """An officer of another member enters nothing here."""
    asker = kit.party("asker")
    body = registry_pb2.EntryPage().SerializeToString() or b"\n\x00"
    envelope = make_statement(
        signer=asker.signer(),
        federation=kit.charter.federation,
        method=ENTER,
        destination=str(kit.wire.target),
        officer=kit.parties.officer,
        body=body,
        charter_version=kit.charter.version,
        now=clock.now(),
    )
    request = registry_pb2.EnterRequest(envelope=envelope)
    return _insist_denied(kit, lambda: kit.wire.call(ENTER, request, registry_pb2.EnterResponse, asker))


@check("identity-log")
def log(kit: Kit) -> str:
    """A log in clear is for clients of its own member alone."""
    request = evidence_pb2.ListEntriesRequest(start=0, limit=1)
    caller = kit.caller
    return _insist_denied(
        kit, lambda: kit.wire.call(_ENTRIES, request, evidence_pb2.ListEntriesResponse, caller)
    )


def _insist_denied(kit: Kit, call: Callable[[], object]) -> str:
    try:
        call()
    except Refusal as refusal:
        if refusal.code.name in _DENIED | {_NOT_OFFERED}:
            return f"{refusal.code.name}: {refusal.error.reason}"
        raise Failed(f"ended with {refusal.code.name}, not PERMISSION_DENIED or UNAUTHENTICATED") from None
    raise Failed("the call was answered")


def _ask(kit: Kit) -> query_pb2.AskRequest:
    return query_pb2.AskRequest(envelope=kit.envelope())
