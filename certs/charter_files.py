"""Changes of the charter's TOML files, each a function from a file's content to the changed one."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import tomlkit

from certs.charter_drafts import (
    InstallationDraft,
    authority_row,
    certified_row,
    extension_row,
    installation_row,
    member_row,
    profile_row,
    toml_bytes,
)
from federation.charter.model import (
    Certification,
    InstallationState,
    Member,
    ProfilePeriod,
    Release,
    Undecided,
)
from federation.errors import NotFound
from federation.record.extensions import Extension
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import parse_stamp, stamp
from federation.values.identity import Installation, MemberId


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
        file["installations"] = [*others, installation_row(draft)]

    return _edited(content, edit)


def with_certified_officers(content: bytes, member: str, certified: Certification | None) -> bytes:
    """Return the authority's file by which the officers of `member` are certified so, or not any more."""

    def edit(file: dict[str, Any]) -> None:
        others = [row for row in file.get("certified_officers", []) if row["member"] != member]
        file["certified_officers"] = [*others, *([certified_row(member, certified)] if certified else [])]

    return _edited(content, edit)


def with_member(content: bytes, member: Member) -> bytes:
    """Return the policy with `member`, in the place of an earlier one of that name."""

    def edit(file: dict[str, Any]) -> None:
        file["members"] = {**file["members"], member.id: member_row(member)}

    return _edited(content, edit)


def with_authority(
    content: bytes, name: MemberId, certificate: bytes, *, former_until: datetime | None = None
) -> bytes:
    """Return the policy with the certificate (PEM) of an authority, in the place of an earlier one.

    With `former_until` what the earlier one has issued is accepted until then. Where the same certificate is listed
    again, it is the one before it, and not for longer than it was given.
    """

    def edit(file: dict[str, Any]) -> None:
        row, had = authority_row(certificate), file["authorities"].get(name, {})
        former, until = had.get("ca"), former_until
        if former == certificate.decode():
            former = had.get("former")
            if former is not None and until is not None:
                until = min(until, parse_stamp(had["former_until"]))
        if former is not None and until is not None:
            row |= {"former": tomlkit.string(former, multiline=True), "former_until": stamp(until)}
        file["authorities"] = {**file["authorities"], name: row}

    return _edited(content, edit)


def with_purpose(content: bytes, purpose: str, members: Sequence[str]) -> bytes:
    """Return the policy in which the nodes of `members` must answer questions of `purpose`."""

    def edit(file: dict[str, Any]) -> None:
        file["purposes"] = {**file["purposes"], purpose: list(members)}

    return _edited(content, edit)


def with_profile(content: bytes, profile: ProfilePeriod) -> bytes:
    """Return the policy with one more rule profile."""

    def edit(file: dict[str, Any]) -> None:
        others = [row for row in file.get("profiles", []) if row["name"] != profile.name]
        file["profiles"] = [*others, profile_row(profile)]

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
        file["extensions"] = [*others, extension_row(extension)]

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
    return toml_bytes(file)
