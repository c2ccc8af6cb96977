"""Make a plan into the draft of a charter: the files as they would be, and the metadata that agencies sign."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography import x509
from securesystemslib.signer import Key
from tuf.api.metadata import Root

from certs import charter_files
from certs.authority import insist_made_for
from certs.charter_checking import insist_majority, insist_sound
from certs.charter_draft import TARGETS, Base, CharterDraft
from certs.charter_drafting import Lifetimes, authority_keys, drafted, root_of
from certs.charter_drafts import InstallationDraft, KeyDraft, PolicyDraft, installations_toml, policy_toml
from certs.charter_plan import PROFILES, PURPOSES, Listing, Plan
from certs.removal import without_member
from certs.root_change import keys_of, next_root
from federation.charter.installations import installations_path
from federation.charter.model import Certification, InstallationState
from federation.charter.parse import POLICY
from federation.errors import InvalidRequest, NotFound
from federation.law.agencies import FOUR_AGENCIES
from federation.values.clock import parse_stamp
from federation.values.identity import Kind, MemberId, Role
from federation.values.keys import verification_key

#: Of the four agencies' shares of the root.
_THRESHOLD = 3


def draft_of(plan: Plan, base: Base, *, now: datetime) -> CharterDraft:
    """Return the draft of the plan on `base`, checked as every signer checks it; raises as `insist_sound`."""
    founds = base.root is None
    if founds != bool(plan.federation):
        raise InvalidRequest.of(
            "federation",
            "FOUNDING",
            "name the federation that is founded" if founds else "leave it out of a change: its name stays",
        )
    if not founds and plan.threshold is not None and not plan.root.keys:
        raise InvalidRequest.of(
            "threshold", "FOUNDING", "leave it out of a change: the root's threshold stays"
        )
    if founds and (plan.root.changes or plan.removals):
        raise InvalidRequest.of(
            "root_keys", "FOUNDING", "leave it out of a founding: there is nothing to change"
        )
    for shown in plan.authorities:
        name = plan.federation or tomllib.loads((base.files or {})[POLICY].decode())["federation"]
        insist_made_for(x509.load_pem_x509_certificate(shown.certificate), name)
    files = _founding(plan) if founds else dict(base.files or {})
    for member in plan.removals:
        files = without_member(files, member)
    _enter(plan, files, now=now)
    _insist_asked(plan, files)
    keys = authority_keys(base.targets)
    keys |= {each.member: verification_key(each.keys["charter_key"]) for each in plan.authorities}
    keys = {name: key for name, key in keys.items() if installations_path(name) in files}
    root = _root(plan, now) if founds else _next_root(plan, base, now)
    draft = drafted(
        base,
        files,
        root=root,
        authorities=keys,
        requests=plan.requests,
        lifetimes=Lifetimes(),
        now=now,
        renewed=[TARGETS if name == "policy" else name for name in plan.renewals]
        + ([TARGETS] if root is not None and keys_of(root) != keys_of(base.root) else []),
    )
    insist_sound(draft, base, now=now)
    return draft


def _insist_asked(plan: Plan, files: dict[str, bytes]) -> None:
    """Raise `InvalidRequest` for a node that is listed while no purpose asks its member.

    Answers would be complete without its records.
    """
    asked = {who for members in tomllib.loads(files[POLICY].decode())["purposes"].values() for who in members}
    for listing in plan.installations:
        who = listing.draft.installation
        if who.kind is Kind.NODE and who.member not in asked:
            raise InvalidRequest.of(
                "purposes",
                "UNASKED",
                f"no purpose asks {who.member}, so nobody would ask {who}: name it there",
            )


def _founding(plan: Plan) -> dict[str, bytes]:
    """Return the files of a charter without installations."""
    agencies = [member.id for member in plan.members if member.organ_class in FOUR_AGENCIES]
    policy = PolicyDraft(
        federation=plan.federation,
        members=plan.members,
        authorities={},
        purposes={purpose: agencies for purpose in PURPOSES},
        profiles=PROFILES,
    )
    return {POLICY: policy_toml(policy)}


def _enter(plan: Plan, files: dict[str, bytes], *, now: datetime) -> None:
    """Enter into the files what the plan says."""
    for shown in plan.authorities:
        until = plan.former_authorities.get(shown.member)
        files[POLICY] = charter_files.with_authority(
            files[POLICY], shown.member, shown.certificate, former_until=until
        )
        empty = installations_toml(shown.member, [], certified=None)
        files.setdefault(installations_path(shown.member), empty)
    for member in plan.members:
        files[POLICY] = charter_files.with_member(files[POLICY], member)
    for purpose, members in plan.purposes.items():
        files[POLICY] = charter_files.with_purpose(files[POLICY], purpose, members)
    for reading in plan.readings:
        files[POLICY] = charter_files.with_reading(files[POLICY], *reading)
    joining = {member.id for member in plan.members}
    for listing in plan.installations:
        who = listing.draft.installation
        path = _file_of(who.member, files)
        rows = tomllib.loads(files[path].decode())["installations"]
        if who.kind is Kind.NODE and (who.member in joining or not _has_node(rows, who.member)):
            # as founded, its node certifies its officers
            files[path] = charter_files.with_certified_officers(files[path], who.member, Certification(now))
        files[path] = charter_files.with_installation(files[path], _kept(listing, rows, now=now))
    for who, state in plan.states:
        path = _file_of(who.member, files)
        files[path] = charter_files.with_state(files[path], who, state)
    for who, endpoint in plan.endpoints:
        path = _file_of(who.member, files)
        files[path] = charter_files.with_endpoint(files[path], who, endpoint)
    for authority, serial in plan.revocations:
        path = installations_path(authority)
        if path not in files:
            raise NotFound(f"the charter has no authority {authority}: hutong charter show names them")
        files[path] = charter_files.with_revoked(files[path], serial)


def _has_node(rows: list[dict[str, Any]], member: MemberId) -> bool:
    return any(row["installation"].startswith(f"{member}/{Kind.NODE}/") for row in rows)


def _kept(listing: Listing, rows: list[dict[str, Any]], *, now: datetime) -> InstallationDraft:
    """Return what is listed; of an installation that is there, state and divisions stay unless the plan gives them.

    One that was removed joins anew. The keys that it had end with the plan, or when the plan says.
    """
    draft = listing.draft
    before = next((row for row in rows if row["installation"] == str(draft.installation)), None)
    if before is None or before["state"] == InstallationState.REMOVED:
        return draft
    if "divisions" not in listing.says:
        draft = replace(draft, divisions=tuple(before.get("divisions", ())))
    return replace(
        draft,
        keys=_keys(draft.keys[0], before, listing.former_until, now=now),
        state=InstallationState(before["state"]),
    )


def _keys(
    key: KeyDraft, before: Mapping[str, Any], until: datetime | None, *, now: datetime
) -> tuple[KeyDraft, ...]:
    """Return the key that is listed, and those that the installation had before it, which end at `until` or sooner.

    Those whose time is over stay listed, so that what they have signed can still be checked; for the same reason a
    key that is listed again keeps its beginning. Without `until` a new key replaces all that were there; one that is
    listed again ends the others that are still accepted.
    """
    had = [
        KeyDraft(
            bytes.fromhex(row["public"]),
            tuple(Role(role) for role in row["roles"]),
            parse_stamp(row["not_before"]),
            parse_stamp(row["not_after"]),
        )
        for row in before["keys"]
    ]
    same = next((each for each in had if each.public == key.public), None)
    others = [each for each in had if each.public != key.public]
    if until is not None:
        others = [replace(each, not_after=min(until, each.not_after)) for each in others]
    else:
        others = [each for each in others if same is not None and each.not_after <= now]
    return (key if same is None else replace(key, not_before=same.not_before), *others)


def _file_of(member: MemberId, files: dict[str, bytes]) -> str:
    """Return the path of the file of the authority that vouches for the member; raises `NotFound`."""
    members = tomllib.loads(files[POLICY].decode())["members"]
    path = installations_path(members[member]["authority"]) if member in members else ""
    if path not in files:
        raise NotFound(
            f"the charter has no member {member} with an authority: enter [[members]] and [[authorities]]"
        )
    return path


def _next_root(plan: Plan, base: Base, now: datetime) -> Root | None:
    """Return the root that is to follow the one in force; None where it stays."""
    if base.root is None or not plan.root.changes:
        return None
    root = next_root(base.root, plan.root, expires=(now + Lifetimes().root).replace(microsecond=0))
    insist_majority(root)
    return root


def _root(plan: Plan, now: datetime) -> Root:
    """Return the root of a founding; raises `InvalidRequest` for too few keys, and a threshold that is no majority."""
    shares: list[Key] = [
        verification_key(e.keys["root_key"]) for e in plan.authorities if "root_key" in e.keys
    ]
    publishers = [
        verification_key(e.keys["publisher_key"]) for e in plan.authorities if "publisher_key" in e.keys
    ]
    if len(publishers) != 1:
        raise InvalidRequest.of(
            "authorities",
            "PUBLISHER",
            f"{len(publishers)} show a publisher's key: exactly one makes it (hutong certs authority --publisher)",
        )
    threshold = _THRESHOLD if plan.threshold is None else plan.threshold
    if not 1 <= threshold <= len(shares):
        raise InvalidRequest.of(
            "threshold",
            "MAJORITY",
            f"{threshold} of {len(shares)} root keys: more than half must sign (hutong certs authority --root)",
        )
    root = root_of(
        shares,
        publishers[0],
        threshold=threshold,
        expires=(now + Lifetimes().root).replace(microsecond=0),
    )
    insist_majority(root)
    return root
