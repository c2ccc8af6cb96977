"""Access to rpcs: a table for each kind of server; nobody may call an rpc that is not listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from federation.errors import PermissionDenied
from federation.transport.limits import ONE_ITEM, PAGE, PIECE, ROSTER, SMALL
from federation.transport.places import PlaceKind
from federation.values.identity import Installation, Kind, MemberId, Role


@dataclass(frozen=True)
class AccessRule:
    """The rule of one rpc: permitted callers and signers, the longest message, and the kind of a call's place."""

    kinds: frozenset[Kind]
    #: Those of `kinds` of which only installations of the server's own member may call.
    own_only: frozenset[Kind] = frozenset()
    #: The longest message in bytes; longer ones are refused before they are parsed.
    request_bytes: int = SMALL
    place: PlaceKind = PlaceKind.CALL
    #: The role of the key that signs the request; None where nothing is signed, or the role depends on the content.
    role: Role | None = None

    def admits(self, peer: Installation, own: MemberId) -> bool:
        """Say whether `peer` may call it at a server of `own`."""
        return peer.kind in self.kinds and (peer.member == own or peer.kind not in self.own_only)

    def signed(self, role: Role) -> AccessRule:
        """Return the rule for an rpc whose request is a statement signed by a key of that role."""
        return replace(self, role=role)

    def taking(self, request_bytes: int, place: PlaceKind = PlaceKind.CALL) -> AccessRule:
        """Return this rule with another limit for messages, or another kind of place for calls that last."""
        return replace(self, request_bytes=request_bytes, place=place)


ANY_MEMBER = AccessRule(frozenset(Kind))
ANY_CLIENT = AccessRule(frozenset({Kind.CLIENT}))
GATEWAYS = AccessRule(frozenset({Kind.GATEWAY}))
NODES = AccessRule(frozenset({Kind.NODE}))
OWN_CLIENTS = AccessRule(frozenset({Kind.CLIENT}), own_only=frozenset({Kind.CLIENT}))
#: Who may know how far a log has grown: operators and auditors of its member; nodes and gateways, as witnesses.
WITNESSES = AccessRule(frozenset(Kind), own_only=frozenset({Kind.CLIENT}))
#: Rules for officers of the node's own agency: those who keep its register, and those at its window.
REGISTRARS = OWN_CLIENTS.signed(Role.REGISTERS)
WINDOW = OWN_CLIENTS.signed(Role.ASKS)
INTERCONNECTS = GATEWAYS.signed(Role.INTERCONNECTS)
#: Rules for members at a gateway.
ASKERS = ANY_CLIENT.signed(Role.ASKS)
NOTIFIERS = ANY_CLIENT.signed(Role.NOTIFIES)
HOLDERS = NODES.signed(Role.ANSWERS)
INCIDENTAL = ANY_MEMBER.taking(SMALL, PlaceKind.INCIDENTAL)

_EVERYWHERE: Mapping[str, AccessRule] = {
    "/federation.v1.CharterService/GetCharter": ANY_MEMBER,
    # Who is no witness gets the checkpoint of the last fixed time.
    "/federation.v1.EvidenceService/GetCheckpoint": ANY_MEMBER,
    "/federation.v1.EvidenceService/ListEntries": OWN_CLIENTS,
    "/federation.v1.EvidenceService/ProveInclusion": WITNESSES,
    "/federation.v1.EvidenceService/ProveConsistency": WITNESSES,
    "/grpc.health.v1.Health/Check": ANY_MEMBER,
    "/grpc.health.v1.Health/List": ANY_MEMBER,
    "/grpc.health.v1.Health/Watch": INCIDENTAL,
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": INCIDENTAL,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": INCIDENTAL,
}

NODE: Mapping[str, AccessRule] = {
    **_EVERYWHERE,
    "/federation.v1.LookupService/Lookup": GATEWAYS.taking(PAGE, PlaceKind.LINE),
    "/federation.v1.RegistryService/Enter": REGISTRARS.taking(ONE_ITEM),
    "/federation.v1.RegistryService/EnterMany": REGISTRARS.taking(PAGE, PlaceKind.TRANSFER),
    "/federation.v1.RegistryService/Amend": REGISTRARS.taking(ONE_ITEM),
    "/federation.v1.RegistryService/Withdraw": REGISTRARS,
    "/federation.v1.RegistryService/Show": REGISTRARS,
    "/federation.v1.RegistryService/History": REGISTRARS,
    "/federation.v1.NoticeService/Submit": GATEWAYS.taking(PAGE),
    "/federation.v1.NoticeService/Track": GATEWAYS,
    "/federation.v1.NoticeService/PutDocument": GATEWAYS.taking(PIECE, PlaceKind.TRANSFER),
    "/federation.v1.NoticeService/GetDocument": REGISTRARS.taking(SMALL, PlaceKind.TRANSFER),
    "/federation.v1.DocumentService/Attach": REGISTRARS.taking(PIECE, PlaceKind.TRANSFER),
    "/federation.v1.DocumentService/ListAttached": REGISTRARS,
    "/federation.v1.IntakeService/ListWaiting": REGISTRARS,
    "/federation.v1.IntakeService/Decide": REGISTRARS.taking(ONE_ITEM),
    "/federation.v1.IntakeService/Report": OWN_CLIENTS,
    "/federation.v1.ExpectationService/ListExpected": ANY_CLIENT,
    "/federation.v1.SealingService/Seal": REGISTRARS,
    "/federation.v1.SealingService/Unseal": REGISTRARS,
    "/federation.v1.SealingService/Propose": INTERCONNECTS.taking(PAGE),
    "/federation.v1.SealingService/ListSpreading": INTERCONNECTS,
    "/federation.v1.SealingService/Show": REGISTRARS,
    "/federation.v1.SealingService/Acknowledge": INTERCONNECTS.taking(PAGE),
    "/federation.v1.SealingService/Object": REGISTRARS,
    "/federation.v1.SealingService/Certify": REGISTRARS,
    "/federation.v1.SealingService/Reseal": REGISTRARS,
    "/federation.v1.SealingService/Oversee": REGISTRARS,
    "/federation.v1.SealingService/Serve": REGISTRARS,
    "/federation.v1.SealingService/Examine": REGISTRARS,
    "/federation.v1.SealingService/Decide": REGISTRARS,
    "/federation.v1.WorkingService/Add": REGISTRARS.taking(ONE_ITEM),
    "/federation.v1.WorkingService/Show": REGISTRARS,
    "/federation.v1.WorkingService/Find": REGISTRARS,
    "/federation.v1.WorkingService/Assign": REGISTRARS,
    "/federation.v1.ApplicationService/Submit": WINDOW.taking(PAGE),
    "/federation.v1.ApplicationService/Accept": WINDOW,
    "/federation.v1.ApplicationService/Review": WINDOW,
    "/federation.v1.ApplicationService/Handle": WINDOW.taking(ROSTER),
    "/federation.v1.ApplicationService/Object": WINDOW,
    "/federation.v1.ApplicationService/Show": WINDOW,
    "/federation.v1.ApplicationService/List": WINDOW,
    "/federation.v1.ApplicationService/VerifyDocument": ASKERS.taking(ONE_ITEM),
    "/federation.v1.IdentityService/Split": REGISTRARS,
    "/federation.v1.IdentityService/Merge": REGISTRARS,
    "/federation.v1.IdentityService/UndoMerge": REGISTRARS,
    "/federation.v1.IdentityService/ListMerges": REGISTRARS,
    "/federation.v1.IdentityService/ListCandidates": REGISTRARS,
    "/federation.v1.IdentityService/Distinguish": REGISTRARS,
    "/federation.v1.IdentityService/UndoDistinction": REGISTRARS,
    "/federation.v1.IdentityService/ListDistinctions": REGISTRARS,
    "/federation.v1.RecallService/Told": REGISTRARS,
    "/federation.v1.HeadService/GetStanding": OWN_CLIENTS,
    "/federation.v1.HeadService/AcceptLog": REGISTRARS,
    "/federation.v1.OfficerService/Register": REGISTRARS,
    "/federation.v1.OfficerService/Remove": REGISTRARS,
    "/federation.v1.OfficerService/List": REGISTRARS,
    "/federation.v1.OfficerService/Certify": OWN_CLIENTS,
    "/federation.v1.AnnouncementService/Announce": INTERCONNECTS.taking(PAGE),
}

GATEWAY: Mapping[str, AccessRule] = {
    **_EVERYWHERE,
    "/federation.v1.QueryService/Ask": ASKERS,
    "/federation.v1.SealingService/Propose": HOLDERS.taking(PAGE),
    "/federation.v1.SealingService/Acknowledge": HOLDERS.taking(PAGE),
    "/federation.v1.NoticeService/Submit": ANY_CLIENT.taking(PAGE),
    "/federation.v1.NoticeService/Track": ANY_CLIENT,
    "/federation.v1.NoticeService/PutDocument": NOTIFIERS.taking(PIECE, PlaceKind.TRANSFER),
    "/federation.v1.NoticeService/GetDocument": NOTIFIERS.taking(SMALL, PlaceKind.TRANSFER),
    "/federation.v1.IntakeService/Report": OWN_CLIENTS,
    "/federation.v1.RecallService/HandIn": HOLDERS.taking(PAGE),
    "/federation.v1.RecallService/List": ASKERS,
    "/federation.v1.RecallService/Acknowledge": ASKERS,
    "/federation.v1.RecallService/Track": ANY_CLIENT.signed(Role.REGISTERS),
    "/federation.v1.ReconciliationService/Reconcile": NOTIFIERS.taking(PAGE),
    "/federation.v1.ParkedService/List": WINDOW,
    "/federation.v1.ParkedService/Again": WINDOW.taking(ONE_ITEM),
    "/federation.v1.HeadService/GetHighestHead": HOLDERS,
    "/federation.v1.HeadService/HandInAcceptance": HOLDERS.taking(ONE_ITEM),
    "/federation.v1.HeadService/ListHeads": INTERCONNECTS,
    "/federation.v1.AnnouncementService/Announce": HOLDERS.taking(PAGE),
}


@dataclass(frozen=True)
class Access:
    """The table of one server, and the member it belongs to."""

    rules: Mapping[str, AccessRule]
    own: MemberId

    def check(self, method: str, peer: Installation) -> AccessRule:
        """Return the rule of `method` ("/package.Service/Rpc"); raises `PermissionDenied` unless `peer` may call it."""
        rule = self.rules.get(method)
        if rule is None:
            raise PermissionDenied(f"{method} is open to nobody", reason="METHOD_NOT_LISTED")
        if peer.kind not in rule.kinds:
            kinds = " or ".join(sorted(rule.kinds))
            raise PermissionDenied(f"{method} is for a {kinds}, not {peer}", reason="WRONG_PEER_KIND")
        if not rule.admits(peer, self.own):
            others = "".join(f" and for {kind}s" for kind in sorted(rule.kinds - rule.own_only))
            raise PermissionDenied(
                f"{method} is for {self.own} itself{others}, not {peer}", reason="NOT_OWN_MEMBER"
            )
        return rule
