"""Who may call which rpc: a table for each kind of server; what is not listed, nobody may call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from federation.errors import PermissionDenied
from federation.transport.limits import ONE_ITEM, PAGE, PIECE, ROSTER, SMALL
from federation.transport.places import Place
from federation.values.identity import Installation, Kind, MemberId


@dataclass(frozen=True)
class Rule:
    """Which kinds of installation may call, how long their messages may be, and which kind of place they hold."""

    kinds: frozenset[Kind]
    #: Whether only installations of the server's own member may call.
    own_member_only: bool = False
    #: The longest message in bytes; longer ones are refused before they are parsed.
    request_bytes: int = SMALL
    place: Place = Place.CALL

    def taking(self, request_bytes: int, place: Place = Place.CALL) -> Rule:
        """Return the rule for an rpc whose messages are longer, or whose calls last."""
        return replace(self, request_bytes=request_bytes, place=place)


ANY_MEMBER = Rule(frozenset(Kind))
ANY_CLIENT = Rule(frozenset({Kind.CLIENT}))
GATEWAYS = Rule(frozenset({Kind.GATEWAY}))
NODES = Rule(frozenset({Kind.NODE}))
OWN_CLIENTS = Rule(frozenset({Kind.CLIENT}), own_member_only=True)
INCIDENTAL = ANY_MEMBER.taking(SMALL, Place.INCIDENTAL)

_EVERYWHERE: Mapping[str, Rule] = {
    "/federation.v1.CharterService/GetCharter": ANY_MEMBER,
    "/federation.v1.EvidenceService/GetCheckpoint": ANY_MEMBER,
    "/federation.v1.EvidenceService/ListEntries": OWN_CLIENTS,
    "/federation.v1.EvidenceService/ProveInclusion": ANY_MEMBER,
    "/federation.v1.EvidenceService/ProveConsistency": ANY_MEMBER,
    "/grpc.health.v1.Health/Check": ANY_MEMBER,
    "/grpc.health.v1.Health/List": ANY_MEMBER,
    "/grpc.health.v1.Health/Watch": INCIDENTAL,
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": INCIDENTAL,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": INCIDENTAL,
}

NODE: Mapping[str, Rule] = {
    **_EVERYWHERE,
    "/federation.v1.LookupService/Lookup": GATEWAYS.taking(PAGE, Place.LINE),
    "/federation.v1.RegistryService/Enter": OWN_CLIENTS.taking(ONE_ITEM),
    "/federation.v1.RegistryService/EnterMany": OWN_CLIENTS.taking(PAGE, Place.TRANSFER),
    "/federation.v1.RegistryService/Amend": OWN_CLIENTS.taking(ONE_ITEM),
    "/federation.v1.RegistryService/Withdraw": OWN_CLIENTS,
    "/federation.v1.RegistryService/Show": OWN_CLIENTS,
    "/federation.v1.RegistryService/History": OWN_CLIENTS,
    "/federation.v1.NoticeService/Submit": GATEWAYS.taking(PAGE),
    "/federation.v1.NoticeService/Track": GATEWAYS,
    "/federation.v1.NoticeService/PutDocument": GATEWAYS.taking(PIECE, Place.TRANSFER),
    "/federation.v1.NoticeService/GetDocument": OWN_CLIENTS.taking(SMALL, Place.TRANSFER),
    "/federation.v1.IntakeService/ListWaiting": OWN_CLIENTS,
    "/federation.v1.IntakeService/Decide": OWN_CLIENTS.taking(ONE_ITEM),
    "/federation.v1.IntakeService/Report": OWN_CLIENTS,
    "/federation.v1.ExpectationService/ListExpected": ANY_CLIENT,
    "/federation.v1.SealingService/Seal": OWN_CLIENTS,
    "/federation.v1.SealingService/Unseal": OWN_CLIENTS,
    "/federation.v1.SealingService/Propose": GATEWAYS.taking(PAGE),
    "/federation.v1.SealingService/ListSpreading": GATEWAYS,
    "/federation.v1.SealingService/Show": OWN_CLIENTS,
    "/federation.v1.SealingService/Acknowledge": GATEWAYS.taking(PAGE),
    "/federation.v1.SealingService/Object": OWN_CLIENTS,
    "/federation.v1.SealingService/Certify": OWN_CLIENTS,
    "/federation.v1.SealingService/Reseal": OWN_CLIENTS,
    "/federation.v1.SealingService/Serve": OWN_CLIENTS,
    "/federation.v1.WorkingService/Add": OWN_CLIENTS.taking(ONE_ITEM),
    "/federation.v1.WorkingService/Show": OWN_CLIENTS,
    "/federation.v1.WorkingService/Find": OWN_CLIENTS,
    "/federation.v1.WorkingService/Assign": OWN_CLIENTS,
    "/federation.v1.ApplicationService/Submit": OWN_CLIENTS.taking(PAGE),
    "/federation.v1.ApplicationService/Accept": OWN_CLIENTS,
    "/federation.v1.ApplicationService/Review": OWN_CLIENTS,
    "/federation.v1.ApplicationService/Handle": OWN_CLIENTS.taking(ROSTER),
    "/federation.v1.ApplicationService/Object": OWN_CLIENTS,
    "/federation.v1.ApplicationService/Show": OWN_CLIENTS,
    "/federation.v1.ApplicationService/List": OWN_CLIENTS,
    "/federation.v1.ApplicationService/VerifyDocument": ANY_CLIENT.taking(ONE_ITEM),
    "/federation.v1.IdentityService/Split": OWN_CLIENTS,
    "/federation.v1.IdentityService/Merge": OWN_CLIENTS,
    "/federation.v1.IdentityService/UndoMerge": OWN_CLIENTS,
    "/federation.v1.IdentityService/ListMerges": OWN_CLIENTS,
    "/federation.v1.RecallService/Told": OWN_CLIENTS,
}

GATEWAY: Mapping[str, Rule] = {
    **_EVERYWHERE,
    "/federation.v1.QueryService/Ask": ANY_CLIENT,
    "/federation.v1.SealingService/Propose": NODES.taking(PAGE),
    "/federation.v1.SealingService/Acknowledge": NODES.taking(PAGE),
    "/federation.v1.NoticeService/Submit": ANY_CLIENT.taking(PAGE),
    "/federation.v1.NoticeService/Track": ANY_CLIENT,
    "/federation.v1.NoticeService/PutDocument": ANY_CLIENT.taking(PIECE, Place.TRANSFER),
    "/federation.v1.NoticeService/GetDocument": ANY_CLIENT.taking(SMALL, Place.TRANSFER),
    "/federation.v1.IntakeService/Report": OWN_CLIENTS,
    "/federation.v1.RecallService/HandIn": NODES.taking(PAGE),
    "/federation.v1.RecallService/List": ANY_CLIENT,
    "/federation.v1.RecallService/Acknowledge": ANY_CLIENT,
    "/federation.v1.RecallService/Track": ANY_CLIENT,
    "/federation.v1.ReconciliationService/Reconcile": ANY_CLIENT.taking(PAGE),
    "/federation.v1.ParkedService/List": OWN_CLIENTS,
    "/federation.v1.ParkedService/Again": OWN_CLIENTS.taking(ONE_ITEM),
}


@dataclass(frozen=True)
class Access:
    """The table of one server, and the member it belongs to."""

    rules: Mapping[str, Rule]
    own: MemberId

    def check(self, method: str, peer: Installation) -> Rule:
        """Return the rule of `method` ("/package.Service/Rpc"); raises `PermissionDenied` unless `peer` may call it."""
        rule = self.rules.get(method)
        if rule is None:
            raise PermissionDenied(f"{method} is open to nobody", reason="METHOD_NOT_LISTED")
        if peer.kind not in rule.kinds:
            kinds = " or ".join(sorted(rule.kinds))
            raise PermissionDenied(f"{method} is for a {kinds}, not {peer}", reason="WRONG_PEER_KIND")
        if rule.own_member_only and peer.member != self.own:
            raise PermissionDenied(f"{method} is for {self.own} itself, not {peer}", reason="NOT_OWN_MEMBER")
        return rule
