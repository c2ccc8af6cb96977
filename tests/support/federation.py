"""A small but whole federation in a directory: authorities, certificates, signing keys, published charter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from certs import charter_files
from certs.authority import Authority, Leaf
from certs.charter_drafts import InstallationDraft, KeyDraft, PolicyDraft, installations_toml, policy_toml
from certs.charter_office import CharterOffice, Lifetimes
from certs.keyfiles import private_pem, write_private
from certs.signing import charter_signer
from federation.charter.model import (
    Certification,
    Charter,
    InstallationState,
    Member,
    ProfilePeriod,
    Release,
    Undecided,
)
from federation.charter.trust import CharterTrust
from federation.values.clock import now as wall_clock
from federation.values.identity import Installation, Kind, MemberId, OrganClass, OrganFunction, Role
from federation.values.keys import Signer

FEDERATION = "hutong.test"
AGENCIES: Mapping[str, OrganClass] = {
    "police": OrganClass.POLICE,
    "state_security": OrganClass.STATE_SECURITY,
    "procuratorate": OrganClass.PROCURATORATE,
    "justice": OrganClass.JUSTICE,
}
OTHERS: Mapping[str, tuple[OrganClass, str]] = {
    "interconnect": (OrganClass.STATE_ORGAN, "justice"),
    "court": (OrganClass.COURT, "procuratorate"),
    "education": (OrganClass.STATE_ORGAN, "police"),
}
PURPOSES = ("case", "public", "defence", "sealed_case", "sealed_provision", "own")
#: Applications are answered at once, as if what is withheld were sealed; tests of waiting (A27) say otherwise.
AT_ONCE = (Release.UNSAFE_ON_THE_SPOT, Undecided.AS_SEALED, 0)
PROFILES = (
    ProfilePeriod("opinion-2012", date(2012, 5, 10), *AT_ONCE),
    ProfilePeriod("practice-2022", date(2022, 5, 30), *AT_ONCE),
)
NODE_ROLES = (Role.ANSWERS, Role.WITNESSES)
GATEWAY_ROLES = (Role.INTERCONNECTS, Role.WITNESSES)
CLIENT_ROLES = (Role.ASKS, Role.REGISTERS, Role.NOTIFIES)
GATEWAY = "interconnect/gateway/gateway-1"


@dataclass(frozen=True)
class Party:
    """One installation with everything it needs to speak."""

    installation: Installation
    certificate: Path
    key: Path
    signing_key: Path
    signer: Signer
    leaf: Leaf


class SmallFederation:
    """Four agencies with a node and a client each, a gateway, and clients of a court and an education office.

    Installations are named "police/node/police-1", "interconnect/gateway/gateway-1", "court/client/desk";
    `node_names` gives nodes other names, by agency; `others` are further members with one function each, such as
    a prison; `operators` gives the gateway's member a client too. Windows ask for others without an application
    unless `windows_ask_directly` is false, and officers need certificates only from `officers_certified` on: both are
    demanded in a federation that is founded for use.
    """

    def __init__(
        self,
        home: Path,
        *,
        agencies: Sequence[str] = tuple(AGENCIES),
        endpoints: Mapping[str, str] | None = None,
        lifetimes: Lifetimes | None = None,
        clock: Callable[[], datetime] = wall_clock,
        profiles: Sequence[ProfilePeriod] = PROFILES,
        gateways: Sequence[str] = (GATEWAY,),
        node_names: Mapping[str, str] | None = None,
        others: Mapping[str, OrganFunction] | None = None,
        operators: bool = False,
        windows_ask_directly: bool = True,
        officers_certified: Certification | None = None,
    ) -> None:
        self.home, self.name, self.clock, self._profiles = home, FEDERATION, clock, profiles
        self.published, self.root = home / "charter", home / "charter" / "metadata" / "1.root.json"
        self.agencies = tuple(MemberId(name) for name in agencies)
        self._gateways = gateways
        #: Agency -> the name of its node.
        self.node_names = {
            name: (node_names or {}).get(name, f"{name.replace('_', '-')}-1") for name in self.agencies
        }
        self._others = {
            name: (organ_class, authority, _functions(name))
            for name, (organ_class, authority) in OTHERS.items()
        } | {
            name: (OrganClass.STATE_ORGAN, "justice", frozenset({function}))
            for name, function in (others or {}).items()
        }
        self._operators, self._windows_ask_directly = operators, windows_ask_directly
        self._officers_certified = officers_certified
        fallback = self.agencies[0]
        self.vouches = {agency: agency for agency in self.agencies} | {
            MemberId(name): MemberId(authority) if authority in self.agencies else fallback
            for name, (_, authority, _) in self._others.items()
        }
        self.authorities = {name: Authority.create(name, FEDERATION, now=clock()) for name in self.agencies}
        for name, authority in self.authorities.items():
            authority.save(home / "authorities" / name)
        self.root_keys = {name: Ed25519PrivateKey.generate() for name in self.agencies}
        self.charter_keys = {name: Ed25519PrivateKey.generate() for name in self.agencies}
        self.parties = {str(party.installation): party for party in map(self._party, self._names())}
        self.office = CharterOffice(
            self.published, self._signer(Ed25519PrivateKey.generate()), lifetimes=lifetimes, clock=clock
        )
        self._endpoints = dict(endpoints or {})
        self._found()

    def party(self, installation: str) -> Party:
        """Return the installation written "member/kind/name"."""
        return self.parties[installation]

    def ca(self, member: str) -> Path:
        """Return the certificate of the authority that vouches for `member`."""
        return self.home / "authorities" / self.vouches[MemberId(member)] / "ca.pem"

    def trust(
        self, name: str = "trust", *, every: float = 0.05, deadline: float = 10.0, patience: float = 120.0
    ) -> CharterTrust:
        """Return a trust of this charter whose state is kept under `name`."""
        return CharterTrust(
            self.published,
            self.home / "state" / name,
            self.root,
            every=every,
            deadline=deadline,
            patience=patience,
            clock=self.clock,
        )

    def charter(self) -> Charter:
        """Return the charter as published now."""
        return self.trust("glance").refresh()

    def revoke(self, installation: str) -> Charter:
        """Revoke the certificate of `installation`, by its authority alone."""
        serial = self.parties[installation].leaf.serial
        return self._edit(installation, lambda content: charter_files.with_revoked(content, serial))

    def set_state(self, installation: str, state: InstallationState) -> Charter:
        """Change the state of `installation`, by its authority alone."""
        who = Installation.parse(installation)
        return self._edit(installation, lambda content: charter_files.with_state(content, who, state))

    def set_endpoint(self, installation: str, endpoint: str) -> Charter:
        """Say where `installation` is reached ("localhost:port"), by its authority alone."""
        who = Installation.parse(installation)
        return self._edit(installation, lambda content: charter_files.with_endpoint(content, who, endpoint))

    def replace_authority(self, member: str) -> Charter:
        """Give an agency another certificate authority; what the one before it vouched for holds no more."""
        name = MemberId(member)
        before, after = self.authorities[name], Authority.create(name, FEDERATION, now=self.clock())
        charter = self.amend_policy(lambda policy: policy.replace(before.pem, after.pem))
        self.authorities[name] = after
        return charter

    def amend_policy(self, edit: Callable[[bytes], bytes], *, agencies: int = 3) -> Charter:
        """Change what all agencies agree on, signed by so many of them."""
        keys = list(self.root_keys.values())[:agencies]
        return self.office.amend_policy(edit, [charter_signer(key) for key in keys])

    def issue(
        self,
        installation: str,
        *,
        by: str | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> tuple[Path, Path]:
        """Issue another certificate in the name of `installation`, by any authority: (cert, key)."""
        who = Installation.parse(installation)
        leaf = self._issue(who, by=by, not_before=not_before, not_after=not_after)
        folder = self.home / "extra" / f"{leaf.serial:x}"
        leaf.write(folder / "tls.pem", folder / "tls.key")
        return folder / "tls.pem", folder / "tls.key"

    def _issue(
        self,
        who: Installation,
        *,
        by: str | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Leaf:
        now = self.clock()
        return self.authorities[MemberId(by) if by else self.vouches[who.member]].issue(
            who,
            FEDERATION,
            not_before=not_before or now - timedelta(minutes=5),
            not_after=not_after or now + timedelta(days=30),
        )

    def _names(self) -> list[str]:
        nodes = [f"{agency}/node/{self.node_names[agency]}" for agency in self.agencies]
        clients = [
            f"{member}/client/desk" for member in self.vouches if self._operators or member != "interconnect"
        ]
        return [*nodes, *self._gateways, *clients]

    def _party(self, name: str) -> Party:
        who = Installation.parse(name)
        folder = self.home / "parties" / who.member / who.kind / who.name
        leaf = self._issue(who)
        leaf.write(folder / "tls.pem", folder / "tls.key")
        key = Ed25519PrivateKey.generate()
        write_private(folder / "signing.key", private_pem(key))
        signer = Signer(who, key)
        return Party(who, folder / "tls.pem", folder / "tls.key", folder / "signing.key", signer, leaf)

    def _signer(self, key: Ed25519PrivateKey) -> CryptoSigner:
        """Return what signs the charter in place of this key: the key itself."""
        return charter_signer(key)

    def _found(self) -> None:
        members = [Member(MemberId(a), a, AGENCIES[a], MemberId(a)) for a in self.agencies]
        members += [
            Member(MemberId(name), name, organ_class, self.vouches[MemberId(name)], functions)
            for name, (organ_class, _, functions) in self._others.items()
        ]
        policy = PolicyDraft(
            federation=FEDERATION,
            members=members,
            authorities={name: authority.pem for name, authority in self.authorities.items()},
            purposes={purpose: self.agencies for purpose in PURPOSES},
            profiles=self._profiles,
            unsafe_windows_ask_directly=self._windows_ask_directly,
        )
        self.office.found(
            policy_toml(policy),
            {
                name: installations_toml(name, self._drafts(name), certified=self._officers_certified)
                for name in self.agencies
            },
            agencies={name: self._signer(key).public_key for name, key in self.root_keys.items()},
            signers=[self._signer(key) for key in self.root_keys.values()][:3],
            authorities={name: self._signer(key) for name, key in self.charter_keys.items()},
            threshold=min(3, len(self.agencies)),
        )

    def _drafts(self, authority: MemberId) -> list[InstallationDraft]:
        return [
            self._draft(party)
            for party in self.parties.values()
            if self.vouches[party.installation.member] == authority
        ]

    def _draft(self, party: Party) -> InstallationDraft:
        who = party.installation
        roles = {Kind.NODE: NODE_ROLES, Kind.GATEWAY: GATEWAY_ROLES, Kind.CLIENT: CLIENT_ROLES}[who.kind]
        start = datetime(2020, 1, 1, tzinfo=UTC)
        key = KeyDraft(party.signer.public, roles, start, start + timedelta(days=36500))
        endpoint = "" if who.kind is Kind.CLIENT else self._endpoints.get(str(who), "localhost:1")
        return InstallationDraft(who, (key,), endpoint)

    def _edit(self, installation: str, edit: Callable[[bytes], bytes]) -> Charter:
        authority = self.vouches[Installation.parse(installation).member]
        return self.office.republish(authority, edit, charter_signer(self.charter_keys[authority]))


def _functions(member: str) -> frozenset[OrganFunction]:
    return frozenset({OrganFunction.INTERCONNECT}) if member == "interconnect" else frozenset()
