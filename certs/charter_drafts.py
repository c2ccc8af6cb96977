"""A new charter's TOML files, from drafts: the policy, signed by all, and each authority's own list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import tomlkit

from federation.charter.model import Certification, InstallationState, Member, ProfilePeriod, Route
from federation.charter.table import FORMAT
from federation.record.extensions import Extension
from federation.values.clock import stamp
from federation.values.identity import Installation, Kind, MemberId, Role


@dataclass(frozen=True)
class KeyDraft:
    """A signing key to be listed: 32 raw public bytes, roles, validity."""

    public: bytes
    roles: tuple[Role, ...]
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class InstallationDraft:
    """An installation to be listed by its authority; clients have no endpoint."""

    installation: Installation
    keys: tuple[KeyDraft, ...]
    endpoint: str = ""
    divisions: tuple[str, ...] = ()
    state: InstallationState = InstallationState.ACTIVE


@dataclass(frozen=True)
class PolicyDraft:
    """The policy of all agencies; `authorities` are PEM certificates, `purposes` name the agencies to ask."""

    federation: str
    members: Sequence[Member]
    authorities: Mapping[MemberId, bytes]
    purposes: Mapping[str, Sequence[MemberId]]
    profiles: Sequence[ProfilePeriod] = field(default_factory=tuple)
    routes: Sequence[Route] = field(default_factory=tuple)
    unseal_at_exactly_five: bool = False
    #: Additions to records that it declares (R22); None says nothing about them.
    extensions: Sequence[Extension] | None = None
    #: The three steps before a window asks for others (R34); only an unsafe federation goes without.
    windows_need_mandate: bool = True
    unsafe_windows_ask_directly: bool = False


def policy_toml(draft: PolicyDraft) -> bytes:
    """Return the text of `policy.toml`."""
    return toml_bytes(
        {
            "format": FORMAT,
            "federation": draft.federation,
            **({"unseal_at_exactly_five": True} if draft.unseal_at_exactly_five else {}),
            **(
                {}
                if draft.extensions is None
                else {"extensions": [extension_row(e) for e in draft.extensions]}
            ),
            "windows_need_mandate": draft.windows_need_mandate,
            **({"unsafe_windows_ask_directly": True} if draft.unsafe_windows_ask_directly else {}),
            "purposes": {purpose: list(agencies) for purpose, agencies in draft.purposes.items()},
            "members": {member.id: member_row(member) for member in draft.members},
            "authorities": {name: authority_row(pem) for name, pem in draft.authorities.items()},
            "profiles": list(map(profile_row, draft.profiles)),
            **({"routing": [_route(route) for route in draft.routes]} if draft.routes else {}),
        }
    )


def installations_toml(
    authority: str, drafts: Sequence[InstallationDraft], *, certified: Certification | None
) -> bytes:
    """Return the text of one authority's `installations/<authority>.toml`.

    From `certified` on, the officers of members that have a node need its certificate; None, for an unsafe federation,
    leaves an officer of a window a name that the window gives.
    """
    content: dict[str, Any] = {"format": FORMAT, "authority": authority, "revoked": []}
    if certified is not None:
        having = dict.fromkeys(d.installation.member for d in drafts if d.installation.kind is Kind.NODE)
        content["certified_officers"] = [certified_row(member, certified) for member in having]
    return toml_bytes(content | {"installations": [installation_row(draft) for draft in drafts]})


def member_row(member: Member) -> dict[str, Any]:
    """Return a member as the policy lists it under its name."""
    row = {"title": member.title, "class": str(member.organ_class), "authority": member.authority}
    return row | ({"functions": sorted(member.functions)} if member.functions else {})


def authority_row(certificate: bytes) -> dict[str, Any]:
    """Return an authority's certificate (PEM) as the policy has it under its name."""
    return {"ca": tomlkit.string(certificate.decode(), multiline=True)}


def certified_row(member: str, certified: Certification) -> dict[str, Any]:
    """Return by which moment and for how long the officers of a member are certified."""
    minutes = int(certified.life.total_seconds()) // 60
    return {"member": member, "since": stamp(certified.since), "life_minutes": minutes}


def extension_row(extension: Extension) -> dict[str, Any]:
    """Return an addition to records as the policy declares it."""
    return {
        "name": extension.name,
        "type": str(extension.type),
        "shown_to": sorted(extension.shown_to),
        "personal": extension.personal,
    }


def profile_row(profile: ProfilePeriod) -> dict[str, Any]:
    """Return a rule profile with the day from which it applies."""
    return {
        "name": profile.name,
        "effective": profile.effective,
        "release": str(profile.release),
        "undecided": str(profile.undecided),
        "verified_percent": profile.verified_percent,
    }


def _route(route: Route) -> dict[str, str]:
    return {"division": route.division, "matter": route.matter, "node": route.node}


def installation_row(draft: InstallationDraft) -> dict[str, Any]:
    """Return an installation as its authority lists it."""
    row: dict[str, Any] = {"installation": str(draft.installation), "state": str(draft.state)}
    if draft.endpoint:
        row |= {"endpoint": draft.endpoint, "divisions": list(draft.divisions)}
    row["keys"] = [
        {
            "public": key.public.hex(),
            "roles": [str(role) for role in key.roles],
            "not_before": stamp(key.not_before),
            "not_after": stamp(key.not_after),
        }
        for key in draft.keys
    ]
    return row


def toml_bytes(content: Mapping[str, Any]) -> bytes:
    """Return the text of a file with this content."""
    return tomlkit.dumps(content).encode()
