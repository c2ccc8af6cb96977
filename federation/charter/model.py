"""The charter as one frozen value, independent of the files that it was parsed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from federation.errors import CharterUnusable, InvalidRequest
from federation.law.readings import Readings
from federation.record.extensions import Declarations
from federation.values.identity import (
    Installation,
    KeyId,
    MemberId,
    NodeName,
    OrganClass,
    OrganFunction,
    Role,
)
from federation.values.terms import SealRule

_MOST_REMEMBERED = 20_000


class InstallationState(StrEnum):
    """The current state of an installation, which decides what it may do."""

    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    SUSPENDED = "suspended"
    REMOVED = "removed"


@dataclass(frozen=True)
class Member:
    """An organ of the federation and the authority that alone may vouch for its installations."""

    id: MemberId
    title: str
    organ_class: OrganClass
    authority: MemberId
    #: Functions that decide which notices it may send (R29); a court needs none listed.
    functions: frozenset[OrganFunction] = frozenset()

    def does(self, function: OrganFunction) -> bool:
        """Say whether the organ has this function."""
        if function is OrganFunction.COURT and self.organ_class is OrganClass.COURT:
            return True
        return function in self.functions


@dataclass(frozen=True, slots=True)
class FormerAuthority:
    """The certificate (PEM) that an authority had before, and until when what it issued is still accepted."""

    certificate: bytes
    until: datetime


@dataclass(frozen=True)
class Key:
    """An Ed25519 public key (32 raw bytes), what it may sign for, and from when until when."""

    keyid: KeyId
    public: bytes
    roles: frozenset[Role]
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class InstallationEntry:
    """One installation as its authority declares it."""

    installation: Installation
    state: InstallationState
    keys: tuple[Key, ...]
    dns: str


@dataclass(frozen=True)
class Node:
    """One registry of one agency, for the divisions named (GB/T 2260 prefixes; empty means all)."""

    name: NodeName
    agency: MemberId
    installation: Installation
    endpoint: str
    divisions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gateway:
    """One replica of the interconnect."""

    name: str
    installation: Installation
    endpoint: str


@dataclass(frozen=True)
class Route:
    """A row of the routing table: the node that registers for a division (GB/T 2260 prefix) in a matter (A1, R28).

    An empty division or matter stands for any.
    """

    division: str
    matter: str
    node: NodeName


class Release(StrEnum):
    """When the question of an application is asked: by the calendar, never by what is recorded (A27)."""

    NEXT_WORKING_DAY = "next_working_day"
    THIRD_WORKING_DAY = "third_working_day"
    UNSAFE_ON_THE_SPOT = "unsafe_on_the_spot"


class Undecided(StrEnum):
    """What becomes of a record that is still withheld when an application's question is asked (A27)."""

    VERIFY = "verify"
    AS_SEALED = "as_sealed"


@dataclass(frozen=True)
class ProfilePeriod:
    """A sealing profile, the first day on which it applies, and how applications wait for what is withheld (A27).

    `verified_percent` is the share of other applications that each node has verified too, so that a verification does
    not tell of a withheld record.
    """

    name: str
    effective: date
    release: Release = Release.NEXT_WORKING_DAY
    undecided: Undecided = Undecided.VERIFY
    verified_percent: int = 5


@dataclass(frozen=True, slots=True)
class Certification:
    """From when on the officers of a member need certificates, and for how long its nodes make each one hold."""

    since: datetime
    life: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OpenedSeal:
    """A seal that is opened to a provision (A10), and who signed it: two officers, each with the installation."""

    basis: str
    rule: SealRule
    because: str
    since: date
    officers: tuple[tuple[str, Installation], ...]


@dataclass(frozen=True)
class Charter:
    """The content of the charter at one version.

    `version` only grows; `digest` is hex SHA-256 over the sorted paths and hashes of the charter's files.
    """

    federation: str
    version: int
    digest: str
    members: Mapping[MemberId, Member]
    authorities: Mapping[MemberId, bytes]
    installations: Mapping[Installation, InstallationEntry]
    nodes: tuple[Node, ...]
    gateways: tuple[Gateway, ...]
    revoked: Mapping[MemberId, frozenset[int]]
    purposes: Mapping[str, tuple[MemberId, ...]]
    profiles: tuple[ProfilePeriod, ...]
    routes: tuple[Route, ...] = ()
    #: Whether a combined term of exactly five years unseals: the texts of 2019 and 2020 say so, the Measures not.
    unseal_at_exactly_five: bool = False
    #: Whether windows may ask for others only under an approved application of their agency (R34, R36).
    windows_need_mandate: bool = False
    #: Switches `windows_need_mandate` off: for a federation on one machine, where nobody reviews an application.
    unsafe_windows_ask_directly: bool = False
    #: Members whose officers' statements need a certificate of the member's node.
    officers_certified: Mapping[MemberId, Certification] = field(default_factory=dict)
    #: Seals opened to provisions, each by two officers; a newly founded charter has none (A10).
    opened_seals: tuple[OpenedSeal, ...] = ()
    #: Additions to records that it declares (R22); where it says nothing about them, any may be entered.
    extensions: Declarations = field(default_factory=Declarations)
    #: Readings of provisions that are not settled, each chosen with a reason.
    readings: Readings = field(default_factory=Readings)
    #: Authorities that were replaced, while certificates of both are accepted.
    former_authorities: Mapping[MemberId, FormerAuthority] = field(default_factory=dict)
    _keys: Mapping[KeyId, tuple[InstallationEntry, Key]] = field(init=False, repr=False, compare=False)
    #: Cache of `registrar`, so that the table is not searched again for each notice.
    _registrars: dict[tuple[str, str, str], Node | None] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        keys = {key.keyid: (entry, key) for entry in self.installations.values() for key in entry.keys}
        object.__setattr__(self, "_keys", MappingProxyType(keys))

    @property
    def needs_mandates(self) -> bool:
        """Whether a window's question for somebody else rests on an approved application (R34, R36)."""
        return self.windows_need_mandate and not self.unsafe_windows_ask_directly

    def issuers(self, authority: MemberId) -> list[tuple[bytes, datetime | None]]:
        """Return the certificates (PEM) by which an authority vouches, the newest first.

        With each is the moment from which what it issued counts no more; None for the present one.
        """
        former = self.former_authorities.get(authority)
        found: list[tuple[bytes, datetime | None]] = [(self.authorities[authority], None)]
        return [*found, (former.certificate, former.until)] if former is not None else found

    def key(self, keyid: str) -> tuple[InstallationEntry, Key] | None:
        """Return whose key `keyid` is, valid now or not, or None when no installation holds it."""
        return self._keys.get(KeyId(keyid))

    def required_nodes(self, purpose: str) -> tuple[Node, ...]:
        """Return the nodes that must answer a question of `purpose`, whatever their state is at present.

        Raises `InvalidRequest` for a purpose the charter does not know, and `CharterUnusable` when an agency
        that must be asked has no node: leaving it out would make a clean answer possible without it.
        """
        if purpose not in self.purposes:
            known = ", ".join(sorted(self.purposes))
            raise InvalidRequest.of("purpose", "known_purpose", f"the charter knows {known}")
        required: list[Node] = []
        for agency in self.purposes[purpose]:
            nodes = [node for node in self.nodes if node.agency == agency]
            if not nodes:
                raise CharterUnusable(
                    f"purpose {purpose} must ask {agency}, which has no node in charter {self.version}",
                    reason="CHARTER_WITHOUT_NODE",
                )
            required.extend(nodes)
        return tuple(required)

    def registrar(self, agency: OrganClass, division: str, matter: str) -> Node | None:
        """Return the node of an `agency` of that class that registers for `division` in `matter`, if any.

        The routing table decides: the longest prefix first, and a named matter before "any". Where the table names no
        node, the nodes' own divisions decide; a node without divisions serves all of them.
        """
        asked = (agency, division, matter)
        try:
            return self._registrars[asked]
        except KeyError:
            found = self._find_registrar(agency, division, matter)
        if len(self._registrars) >= _MOST_REMEMBERED:
            self._registrars.clear()
        self._registrars[asked] = found
        return found

    def _find_registrar(self, agency: OrganClass, division: str, matter: str) -> Node | None:
        nodes = {n.name: n for n in self.nodes if self.members[n.agency].organ_class == agency}
        rows = [
            (len(route.division), route.matter != "", nodes[route.node])
            for route in self.routes
            if route.node in nodes and division.startswith(route.division) and route.matter in ("", matter)
        ]
        rows = rows or [
            (len(prefix), False, node)
            for node in nodes.values()
            for prefix in node.divisions or ("",)
            if division.startswith(prefix)
        ]
        if not rows:
            return None
        best = max(row[:2] for row in rows)
        return next(node for *rank, node in rows if tuple(rank) == best)

    def certifies(self, member: MemberId) -> bool:
        """Say whether statements of the member's officers go to other members' servers with a certificate."""
        return member in self.officers_certified

    def opened_to(self, basis: str, day: date) -> frozenset[SealRule]:
        """Return the sealing rules whose seal is opened to the provision `basis` on `day` (A10)."""
        return frozenset(o.rule for o in self.opened_seals if o.basis == basis and o.since <= day)

    def profile_on(self, day: date) -> str:
        """Return the name of the sealing profile in force on `day`; raises `CharterUnusable` before the first one."""
        return self.period_on(day).name

    def period_on(self, day: date) -> ProfilePeriod:
        """Return the profile in force on `day` with its parameters; raises `CharterUnusable` before the first one."""
        in_force = [profile for profile in self.profiles if profile.effective <= day]
        if not in_force:
            raise CharterUnusable(f"no rule profile applies on {day}", reason="CHARTER_WITHOUT_PROFILE")
        return max(in_force, key=lambda profile: profile.effective)
