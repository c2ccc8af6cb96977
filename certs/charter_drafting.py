"""Derive the metadata of a charter from its files: what its agencies sign in a draft."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from securesystemslib.signer import Key
from tuf.api.metadata import DelegatedRole, Delegations, Root, Snapshot, TargetFile, Targets, Timestamp

from certs.charter_draft import ROOT, TARGETS, Base, CharterDraft
from federation.charter.installations import installations_path
from federation.charter.parse import POLICY
from federation.errors import InvalidRequest
from federation.values.identity import MemberId


@dataclass(frozen=True)
class Lifetimes:
    """Validity of each kind of metadata after it was signed."""

    root: timedelta = timedelta(days=730)
    policy: timedelta = timedelta(days=365)
    installations: timedelta = timedelta(days=180)
    snapshot: timedelta = timedelta(days=30)
    timestamp: timedelta = timedelta(days=1)


def drafted(
    base: Base,
    files: Mapping[str, bytes],
    *,
    root: Root | None,
    authorities: Mapping[MemberId, Key],
    requests: Sequence[object],
    lifetimes: Lifetimes,
    now: datetime,
    renewed: Collection[str] = (),
) -> CharterDraft:
    """Return the draft by which the charter's files become `files`, those of the base that are not named stay.

    `authorities` are the keys of all authorities; of those in `renewed`, and of the policy for `targets`, what stands
    is signed anew, and so is what an authority's former key has signed. Raises `InvalidRequest` when nothing changes.
    """
    changed = {path: content for path, content in files.items() if (base.files or {}).get(path) != content}
    versions = base.versions or {}
    delegations = delegations_of(authorities)
    made: dict[str, Any] = {} if root is None else {ROOT: root}
    stale = base.targets is None or _plain(base.targets.delegations) != _plain(delegations)
    if POLICY in changed or stale or TARGETS in renewed:
        targets = Targets(version=versions.get(TARGETS, 0) + 1, expires=_ends(now, lifetimes.policy))
        policy = {**(base.files or {}), **files}[POLICY]
        targets.targets[POLICY] = TargetFile.from_data(POLICY, policy)
        targets.delegations = delegations
        made[TARGETS] = targets
    before = authority_keys(base.targets)
    exchanged = {name for name, key in authorities.items() if before.get(name, key) != key}
    again = {installations_path(name) for name in {*renewed, *exchanged} if name != TARGETS}
    unknown = sorted(again - {**(base.files or {}), **files}.keys())
    if unknown:
        raise InvalidRequest.of("renewals", "AUTHORITY", f"the charter has no part {unknown[0]}")
    signed_anew = {path: content for path, content in (base.files or {}).items() if path in again}
    for path, content in (signed_anew | changed).items():
        if path != POLICY:
            authority = path.removeprefix("installations/").removesuffix(".toml")
            if path != installations_path(authority):
                raise InvalidRequest.of("draft", "FILES", f"has a file {path}, which no charter has")
            made[authority] = role_of(
                authority,
                content,
                version=versions.get(authority, 0) + 1,
                expires=_ends(now, lifetimes.installations),
            )
    if not made:
        raise InvalidRequest.of("draft", "NO_CHANGE", "changes nothing: the charter says all of it already")
    metadata = {role: signed.to_dict() for role, signed in made.items()}
    return CharterDraft(base.version, base.digest, metadata, changed, requests)


def root_of(agencies: Sequence[Key], publisher: Key, *, threshold: int, expires: datetime) -> Root:
    """Return a new root: `threshold` of the agencies' keys sign root and policy, the publisher the rest."""
    root = Root(expires=expires, consistent_snapshot=True)
    for key in agencies:
        root.add_key(key, ROOT)
        root.add_key(key, TARGETS)
    root.roles[ROOT].threshold = root.roles[TARGETS].threshold = threshold
    for role in (Snapshot.type, Timestamp.type):
        root.add_key(publisher, role)
    return root


def delegations_of(authorities: Mapping[MemberId, Key]) -> Delegations:
    """Return the delegations by which each authority alone signs its own file."""
    roles = {
        str(name): DelegatedRole(
            name, [key.keyid], threshold=1, terminating=True, paths=[installations_path(name)]
        )
        for name, key in sorted(authorities.items())
    }
    return Delegations({key.keyid: key for _, key in sorted(authorities.items())}, roles)


def authority_keys(targets: Targets | None) -> dict[MemberId, Key]:
    """Return the key of each authority that the policy's metadata names; raises `InvalidRequest` for one without."""
    if targets is None or targets.delegations is None:
        return {}
    given, found = targets.delegations, {}
    for name, role in (given.roles or {}).items():
        if len(role.keyids) != 1 or role.keyids[0] not in given.keys:
            raise InvalidRequest.of("draft", "AUTHORITY", f"must name one key of {name}: draft it anew")
        found[MemberId(name)] = given.keys[role.keyids[0]]
    return found


def role_of(authority: str, content: bytes, *, version: int, expires: datetime) -> Targets:
    """Return the metadata by which an authority vouches for its file."""
    path = installations_path(authority)
    return Targets(version=version, expires=expires, targets={path: TargetFile.from_data(path, content)})


def _ends(now: datetime, lifetime: timedelta) -> datetime:
    return (now + lifetime).replace(microsecond=0)


def _plain(delegations: Delegations | None) -> object:
    return None if delegations is None else delegations.to_dict()
