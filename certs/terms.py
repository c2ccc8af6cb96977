"""What of a charter ends, and from when on it is to be renewed: its parts, its signing keys and its authorities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography import x509
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from certs.charter_drafting import Lifetimes
from federation.charter.model import Charter, InstallationEntry, InstallationState
from federation.values.clock import stamp

#: The role of the policy, as people call it.
POLICY = "policy"


class TermKind(StrEnum):
    """What ends: what the publisher renews by itself, what agencies sign, and the keys and authorities listed there."""

    REFRESHED = "refreshed"
    PART = "part"
    SIGNING_KEY = "signing_key"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that ends: a role, an installation's key or an authority, as `of` names it."""

    kind: TermKind
    of: str
    #: From then on, half of its time being over, it is to be renewed.
    half: datetime
    ends: datetime
    #: When it ends and what renews it, in a sentence.
    says: str


def part_ends(files: Mapping[str, bytes]) -> dict[str, datetime]:
    """Return by role when the newest metadata of a charter ends; the policy's is called "policy"."""
    newest: dict[str, Any] = {}
    for name, content in files.items():
        folder, _, file = name.partition("/")
        if folder == "metadata":
            signed, role = Metadata[Any].from_bytes(content).signed, file.removesuffix(".json").split(".")[-1]
            if role not in newest or newest[role].version < signed.version:
                newest[role] = signed
    return {
        POLICY if role == Targets.type else role: signed.expires for role, signed in sorted(newest.items())
    }


def terms_of(charter: Charter, files: Mapping[str, bytes]) -> Iterator[Term]:
    """Yield everything of a charter that ends, but its timestamp, whose time is counted from its last refresh."""
    lifetimes = Lifetimes()
    lives = {Root.type: lifetimes.root, POLICY: lifetimes.policy, Snapshot.type: lifetimes.snapshot}
    for role, ends in part_ends(files).items():
        if role == Timestamp.type:
            continue
        refreshed = role == Snapshot.type
        todo = "hutong charter refresh" if refreshed else f'[[renewals]] of = "{role}" in a plan'
        half = ends - lives.get(role, lifetimes.installations) / 2
        kind = TermKind.REFRESHED if refreshed else TermKind.PART
        yield Term(kind, role, half, ends, f"{role} ends at {stamp(ends)}: {todo}")
    for entry in charter.installations.values():
        yield from _newest_key(entry)
    for name, pem in charter.authorities.items():
        half, ends = life_of(pem)
        says = f"the authority {name} ends at {stamp(ends)}: [[authorities]] with former_days in a plan"
        yield Term(TermKind.AUTHORITY, name, half, ends, says)


def terms_of_server(charter: Charter, files: Mapping[str, bytes], entry: InstallationEntry) -> list[Term]:
    """Return what of a charter the server's own agency must renew for it: key, authority and the agency's part."""
    authority = charter.members[entry.installation.member].authority
    own = {
        (TermKind.SIGNING_KEY, str(entry.installation)),
        (TermKind.AUTHORITY, authority),
        (TermKind.PART, authority),
    }
    return [term for term in terms_of(charter, files) if (term.kind, term.of) in own]


def life_of(pem: bytes) -> tuple[datetime, datetime]:
    """Return when half of the time of a certificate is over, and when it ends; raises `ValueError`."""
    certificate = x509.load_pem_x509_certificate(pem)
    return _half(
        certificate.not_valid_before_utc, certificate.not_valid_after_utc
    ), certificate.not_valid_after_utc


def _newest_key(entry: InstallationEntry) -> Iterator[Term]:
    """Yield the end of an installation's newest key; its former ones end as they should."""
    if entry.state is InstallationState.REMOVED or not entry.keys:
        return
    newest, who = max(entry.keys, key=lambda key: key.not_after), str(entry.installation)
    says = f"the signing key of {who} ends at {stamp(newest.not_after)}: keys next, then a plan"
    half = _half(newest.not_before, newest.not_after)
    yield Term(TermKind.SIGNING_KEY, who, half, newest.not_after, says)


def _half(begins: datetime, ends: datetime) -> datetime:
    life: timedelta = ends - begins
    return begins + life / 2
