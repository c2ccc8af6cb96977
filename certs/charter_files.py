"""Writing and editing of the charter's TOML files: the policy, signed by all, and each authority's own file."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import tomlkit

from federation.charter.model import (
    InstallationState,
    Member,
    ProfilePeriod,
    Release,
    Route,
    Undecided,
)
from federation.charter.table import FORMAT
from federation.errors import NotFound
from federation.record.extensions import Extension
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.identity import Installation, MemberId, Role


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
    return _write(
        {
            "format": FORMAT,
            "federation": draft.federation,
            **({"unseal_at_exactly_five": True} if draft.unseal_at_exactly_five else {}),
            **({} if draft.extensions is None else {"extensions": [_extension(e) for e in draft.extensions]}),
            "windows_need_mandate": draft.windows_need_mandate,
            **({"unsafe_windows_ask_directly": True} if draft.unsafe_windows_ask_directly else {}),
            "purposes": {purpose: list(agencies) for purpose, agencies in draft.purposes.items()},
            "members": {
                member.id: {
                    "title": member.title,
                    "class": str(member.organ_class),
                    "authority": member.authority,
                    **({"functions": sorted(member.functions)} if member.functions else {}),
                }
                for member in draft.members
            },
            "authorities": {
                name: {"ca": tomlkit.string(pem.decode(), multiline=True)}
                for name, pem in draft.authorities.items()
            },
            "profiles": list(map(_profile, draft.profiles)),
            **({"routing": [_route(route) for route in draft.routes]} if draft.routes else {}),
        }
    )


def installations_toml(
    authority: str, drafts: Iterable[InstallationDraft], revoked: Iterable[int] = ()
) -> bytes:
    """Return the text of one authority's `installations/<authority>.toml`."""
    rows = [_row(draft) for draft in drafts]
    content = {"format": FORMAT, "authority": authority, "revoked": [f"{serial:x}" for serial in revoked]}
    return _write(content | {"installations": rows})


def with_revoked(content: bytes, serial: int) -> bytes:
    """Return the file with one more revoked certificate; the same serial again changes nothing."""

    def edit(file: dict[str, Any]) -> None:
        file["revoked"] = sorted({*file["revoked"], f"{serial:x}"})

    return _edited(content, edit)


def with_state(content: bytes, installation: Installation, state: InstallationState) -> bytes:
    """Return the file with `installation` in `state`; raises `NotFound`."""

    def edit(file: dict[str, Any]) -> None:
        _find(file, installation)["state"] = str(state)

    return _edited(content, edit)


def with_endpoint(content: bytes, installation: Installation, endpoint: str) -> bytes:
    """Return the file with `installation` reachable at `endpoint` ("host:port"); raises `NotFound`."""

    def edit(file: dict[str, Any]) -> None:
        _find(file, installation)["endpoint"] = endpoint

    return _edited(content, edit)


def with_installation(content: bytes, draft: InstallationDraft) -> bytes:
    """Return the file with `draft` added, or replacing the installation of the same name."""

    def edit(file: dict[str, Any]) -> None:
        name = str(draft.installation)
        others = [row for row in file["installations"] if row["installation"] != name]
        file["installations"] = [*others, _row(draft)]

    return _edited(content, edit)


def with_certified_officers(content: bytes, member: str, since: datetime | None) -> bytes:
    """Return the authority's file by which the officers of `member` are certified from `since` on, or not any more."""

    def edit(file: dict[str, Any]) -> None:
        others = [row for row in file.get("certified_officers", []) if row["member"] != member]
        row = [{"member": member, "since": stamp(since)}] if since else []
        file["certified_officers"] = [*others, *row]

    return _edited(content, edit)


def with_profile(content: bytes, profile: ProfilePeriod) -> bytes:
    """Return the policy with one more rule profile."""

    def edit(file: dict[str, Any]) -> None:
        others = [row for row in file.get("profiles", []) if row["name"] != profile.name]
        file["profiles"] = [*others, _profile(profile)]

    return _edited(content, edit)


def with_waiting(content: bytes, profile: str, release: Release, undecided: Undecided, percent: int) -> bytes:
    """Return the policy in which applications wait so under a profile (A27); raises `NotFound`."""

    def edit(file: dict[str, Any]) -> None:
        rows = [row for row in file.get("profiles", []) if row["name"] == profile]
        if not rows:
            raise NotFound(f"the policy names no profile {profile}: hutong charter show names those in force")
        rows[0] |= {"release": str(release), "undecided": str(undecided), "verified_percent": percent}

    return _edited(content, edit)


def with_unsealing_at_exactly_five(content: bytes, chosen: bool) -> bytes:
    """Return the policy with unsealing at a term of exactly five years chosen or not."""

    def edit(file: dict[str, Any]) -> None:
        file["unseal_at_exactly_five"] = chosen

    return _edited(content, edit)


def with_windows_needing_mandate(content: bytes, chosen: bool) -> bytes:
    """Return the policy in which windows may, or may not, ask for others without an approved application.

    An unsafe federation is safe in this from then on.
    """

    def edit(file: dict[str, Any]) -> None:
        file["windows_need_mandate"] = chosen
        file.pop("unsafe_windows_ask_directly", None)

    return _edited(content, edit)


def with_extension(content: bytes, extension: Extension) -> bytes:
    """Return the policy with an addition to records declared, in the place of an earlier one of that name."""

    def edit(file: dict[str, Any]) -> None:
        others = [row for row in file.get("extensions", []) if row["name"] != extension.name]
        file["extensions"] = [*others, _extension(extension)]

    return _edited(content, edit)


def without_extension(content: bytes, name: str) -> bytes:
    """Return the policy in which nothing of that name may be added to records any more; raises `NotFound`."""

    def edit(file: dict[str, Any]) -> None:
        rows = file.get("extensions", [])
        file["extensions"] = [row for row in rows if row["name"] != name]
        if len(file["extensions"]) == len(rows):
            raise NotFound(f"the charter does not declare {name}: hutong charter show names the additions")

    return _edited(content, edit)


def with_reading(content: bytes, name: str, value: str, because: str) -> bytes:
    """Return the policy in which an unsettled provision is read in this way, for this reason."""

    def edit(file: dict[str, Any]) -> None:
        others = [row for row in file.get("readings", []) if row["name"] != name]
        file["readings"] = [*others, {"name": name, "value": value, "because": because}]

    return _edited(content, edit)


def with_opened_seal(content: bytes, statements: Sequence[Envelope]) -> bytes:
    """Return the policy with a seal opened by the signed statements of two officers."""

    def edit(file: dict[str, Any]) -> None:
        row = {"statements": [base64.b64encode(each.SerializeToString()).decode() for each in statements]}
        file["opened_seals"] = [*file.get("opened_seals", []), row]

    return _edited(content, edit)


def without_opened_seals(content: bytes) -> bytes:
    """Return the policy with every seal closed to every provision again."""

    def edit(file: dict[str, Any]) -> None:
        file["opened_seals"] = []

    return _edited(content, edit)


def _extension(extension: Extension) -> dict[str, Any]:
    return {
        "name": extension.name,
        "type": str(extension.type),
        "shown_to": sorted(extension.shown_to),
        "personal": extension.personal,
    }


def _profile(profile: ProfilePeriod) -> dict[str, Any]:
    return {
        "name": profile.name,
        "effective": profile.effective,
        "release": str(profile.release),
        "undecided": str(profile.undecided),
        "verified_percent": profile.verified_percent,
    }


def _route(route: Route) -> dict[str, str]:
    return {"division": route.division, "matter": route.matter, "node": route.node}


def _row(draft: InstallationDraft) -> dict[str, Any]:
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


def _find(file: dict[str, Any], installation: Installation) -> dict[str, Any]:
    rows: list[dict[str, Any]] = file["installations"]
    for row in rows:
        if row["installation"] == str(installation):
            return row
    raise NotFound(
        f"{file['authority']} lists no installation {installation}: hutong charter show names those of each authority"
    )


def _edited(content: bytes, edit: Callable[[dict[str, Any]], None]) -> bytes:
    file = tomllib.loads(content.decode())
    edit(file)
    return _write(file)


def _write(content: Mapping[str, Any]) -> bytes:
    return tomlkit.dumps(content).encode()
