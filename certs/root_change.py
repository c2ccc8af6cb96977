"""The next root of a charter: a later end, other keys, threshold or publisher; signed by the old root and by itself.

Every reader of the charter follows the chain of roots from the one that it has pinned, so nobody pins another one.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tuf.api.metadata import Root, Snapshot, Timestamp

from certs.authority_request import AuthorityRequest, read_authority_request
from certs.charter_draft import ROOT, TARGETS, CharterDraft
from certs.request_files import read_from
from federation.charter.table import TomlTable
from federation.errors import InvalidRequest
from federation.values.identity import MemberId
from federation.values.keys import keyid_of, verification_key


@dataclass(frozen=True)
class RootKey:
    """A share of the root that comes (`request`), goes (`former`, its key's id), or takes the place of another."""

    request: AuthorityRequest | None
    former: str


@dataclass(frozen=True)
class RootChange:
    """What a plan changes of the root; without anything it stays."""

    renewed: bool = False
    keys: Sequence[RootKey] = ()
    publisher: AuthorityRequest | None = None
    threshold: int | None = None

    @property
    def changes(self) -> bool:
        """Whether there is to be another root."""
        return self.renewed or bool(self.keys) or self.publisher is not None

    @property
    def documents(self) -> list[object]:
        """The request files that show the new keys."""
        shown = [*(key.request for key in self.keys), self.publisher]
        return [each.document for each in shown if each is not None]


def read_root_key(row: TomlTable, folder: Path) -> RootKey:
    """Return a row of `[[root_keys]]`; raises `CharterUnusable` or `InvalidRequest`."""
    request = None
    if "request" in row.content:
        request = _with_key(folder / row.take("request", str), "root_key")
    former = row.take("in_place_of", str, "")
    if former.endswith(".json"):
        former = keyid_of(_with_key(folder / former, "root_key").keys["root_key"])
    if request is None and not former:
        raise row.wrong("request", "names neither the key that comes nor, in_place_of, the one that goes")
    return RootKey(request, former)


def read_publisher(table: TomlTable, folder: Path) -> AuthorityRequest | None:
    """Return the request that shows the publisher's new key; raises `CharterUnusable` or `InvalidRequest`."""
    if "publisher" not in table.content:
        return None
    return _with_key(folder / table.take("publisher", str), "publisher_key")


def next_root(before: Root, change: RootChange, *, expires: datetime) -> Root:
    """Return the root that follows `before`; raises `InvalidRequest` for a key that is not there, or is already."""
    root = copy.deepcopy(before)
    root.version, root.expires = before.version + 1, expires
    for share in change.keys:
        if share.former:
            if share.former not in root.roles[ROOT].keyids:
                raise InvalidRequest.of(
                    "root_keys",
                    "UNKNOWN",
                    f"the root has no key {share.former}: charter draft shows those it has",
                )
            for role in (ROOT, TARGETS):
                root.revoke_key(share.former, role)
        if share.request is not None:
            key = verification_key(share.request.keys["root_key"])
            if key.keyid in root.roles[ROOT].keyids:
                raise InvalidRequest.of("root_keys", "KNOWN", f"the root has the key {key.keyid} already")
            for role in (ROOT, TARGETS):
                root.add_key(key, role)
    if change.threshold is not None:
        root.roles[ROOT].threshold = root.roles[TARGETS].threshold = change.threshold
    if change.publisher is not None:
        key = verification_key(change.publisher.keys["publisher_key"])
        for role in (Snapshot.type, Timestamp.type):
            for keyid in list(root.roles[role].keyids):
                root.revoke_key(keyid, role)
            root.add_key(key, role)
    return root


def insist_next(
    draft: CharterDraft, before: Root, shown: Sequence[AuthorityRequest], named: set[MemberId]
) -> None:
    """Raise `InvalidRequest` unless the draft's root follows `before`, and each new key is shown by a named authority.

    A policy that the former keys have signed does not count for the new ones, so it is signed anew with them.
    """
    root = draft.signed(ROOT)
    if root.version != before.version + 1 or set(root.roles) != set(before.roles):
        raise InvalidRequest.of("draft", "ROOT", "its root does not follow the one in force: draft it anew")
    if set(root.roles[ROOT].keyids) != set(root.roles[TARGETS].keyids):
        raise InvalidRequest.of(
            "draft", "ROOT", "root and policy must be signed by the same keys: draft it anew"
        )
    for role, signing in root.roles.items():
        wanted = "root_key" if role in (ROOT, TARGETS) else "publisher_key"
        proven = {
            verification_key(each.keys[wanted]).keyid
            for each in shown
            if wanted in each.keys and each.member in named
        }
        for keyid in set(signing.keyids) - set(before.roles[role].keyids) - proven:
            raise InvalidRequest.of(
                "draft",
                "POSSESSION",
                f"no authority of this policy shows the {wanted} {keyid}, which would sign {role}",
            )
    if keys_of(root) != keys_of(before) and TARGETS not in draft.metadata:
        raise InvalidRequest.of(
            "draft", "ROOT", "the policy must be signed anew by the new keys: draft it anew"
        )


def keys_of(root: Root | None) -> object:
    """Return who signs what, to be compared."""
    roles = root.roles if root is not None else {}
    return {role: (sorted(named.keyids), named.threshold) for role, named in roles.items()}


def _with_key(path: Path, name: str) -> AuthorityRequest:
    request = read_from(path, read_authority_request)
    if name not in request.keys:
        raise InvalidRequest.of(
            "request", "KEY", f"{path} shows no {name}: make it by hutong certs authority"
        )
    return request
