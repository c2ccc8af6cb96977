"""What of a charter is past half of its time: parts, signing keys and authorities, so that nobody is surprised."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from certs.charter_drafting import Lifetimes
from federation.charter.load import Loaded
from federation.charter.model import InstallationEntry, InstallationState
from federation.values.clock import stamp


def ends_of(loaded: Loaded) -> dict[str, datetime]:
    """Return by role when the newest metadata of a charter ends; the policy's is called "policy"."""
    newest: dict[str, Any] = {}
    for name, content in loaded.files.items():
        folder, _, file = name.partition("/")
        if folder == "metadata":
            signed, role = Metadata[Any].from_bytes(content).signed, file.removesuffix(".json").split(".")[-1]
            if role not in newest or newest[role].version < signed.version:
                newest[role] = signed
    return {
        "policy" if role == Targets.type else role: signed.expires for role, signed in sorted(newest.items())
    }


def due(loaded: Loaded, *, at: datetime) -> list[str]:
    """Return a sentence for everything that is past half of its time at this moment, and says what to do."""
    lifetimes, found = Lifetimes(), []
    lives = {Root.type: lifetimes.root, "policy": lifetimes.policy, Snapshot.type: lifetimes.snapshot}
    for role, ends in ends_of(loaded).items():
        if role == Timestamp.type:
            late, todo = at >= loaded.issued + (ends - loaded.issued) / 2, "hutong charter refresh"
        else:
            late = ends - at < lives.get(role, lifetimes.installations) / 2
            todo = (
                "hutong charter refresh" if role == Snapshot.type else f'[[renewals]] of = "{role}" in a plan'
            )
        if late:
            found.append(f"{role} ends at {stamp(ends)}: {todo}")
    for entry in loaded.charter.installations.values():
        found += _keys(entry, at)
    for name, pem in loaded.charter.authorities.items():
        certificate = x509.load_pem_x509_certificate(pem)
        if _past_half(certificate.not_valid_before_utc, certificate.not_valid_after_utc, at):
            ends = certificate.not_valid_after_utc
            found.append(
                f"the authority {name} ends at {stamp(ends)}: [[authorities]] with former_days in a plan"
            )
    return found


def _keys(entry: InstallationEntry, at: datetime) -> list[str]:
    """Return what is due of an installation's newest key; its former ones end as they should."""
    if entry.state is InstallationState.REMOVED or not entry.keys:
        return []
    newest = max(entry.keys, key=lambda key: key.not_after)
    if not _past_half(newest.not_before, newest.not_after, at):
        return []
    return [
        f"the signing key of {entry.installation} ends at {stamp(newest.not_after)}: keys next, then a plan"
    ]


def _past_half(begins: datetime, ends: datetime, at: datetime) -> bool:
    half: timedelta = (ends - begins) / 2
    return at >= begins + half
