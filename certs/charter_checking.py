"""Check a draft of a charter that somebody else has made, before it is signed or published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from tuf.api.metadata import Root

from certs.authority_request import KIND as AUTHORITY_KIND
from certs.authority_request import AuthorityRequest, read_authority_request
from certs.charter_draft import ROOT, TARGETS, Base, CharterDraft
from certs.charter_drafting import Lifetimes, authority_keys, drafted
from certs.charter_plan import MOST_FORMER_DAYS
from certs.installation_request import InstallationRequest, read_request
from certs.root_change import insist_next
from federation.charter.model import Charter
from federation.charter.parse import POLICY, insist_publishable, parse_charter
from federation.errors import InvalidRequest, Stale
from federation.values.clock import stamp
from federation.values.keys import verification_key


def insist_sound(draft: CharterDraft, base: Base, *, now: datetime) -> Charter:
    """Return the charter that the draft would make, when it says no more than what its differences show.

    Raises `Stale` for a draft on another charter than `base`, `CharterUnusable` for files that make none, and
    `InvalidRequest` for metadata that is not derived from the files, and for a new key that no request proves.
    """
    _insist_current(draft, base)
    targets, lifetimes = draft.targets(base), Lifetimes()
    if POLICY not in draft.after(base):
        raise InvalidRequest.of("draft", "POLICY", "founds a federation without a policy: draft it anew")
    again = drafted(
        base,
        draft.files,
        root=draft.signed(ROOT) if ROOT in draft.metadata else None,
        authorities=authority_keys(targets),
        requests=draft.requests,
        lifetimes=lifetimes,
        now=now,
        renewed=[role for role in draft.metadata if role != ROOT],
    )
    if {role: _timeless(each) for role, each in again.metadata.items()} != {
        role: _timeless(each) for role, each in draft.metadata.items()
    } or (base.root is None and ROOT not in draft.metadata):
        raise InvalidRequest.of(
            "draft", "DERIVED", "its metadata says other things than its files: draft it anew"
        )
    for role in draft.metadata:
        longest = {ROOT: lifetimes.root, TARGETS: lifetimes.policy}.get(role, lifetimes.installations)
        if not now < draft.signed(role).expires <= now + longest + timedelta(hours=1):
            raise InvalidRequest.of(
                "draft",
                "EXPIRY",
                f"{role} would expire at {stamp(draft.signed(role).expires)}: draft it anew",
            )
    charter = parse_charter(draft.after(base), version=base.version + 1)
    if POLICY in draft.files:
        insist_publishable(draft.files[POLICY], charter)
    if ROOT in draft.metadata:
        _insist_true_keys(draft.root(base))
    _insist_proven(draft, base, charter, now=now)
    _insist_former(base, charter, now=now)
    _insist_followed(base, charter, now=now)
    return charter


def _insist_current(draft: CharterDraft, base: Base) -> None:
    """Raise `Stale` unless the draft changes the charter in force.

    A charter that only became fresh, which gives it a new version, is still the same one: its files decide, and the
    versions of what is signed.
    """
    same = (draft.base_digest, draft.base_version == 0) == (base.digest, base.version == 0)
    versions = base.versions or {}
    if not same or any(draft.signed(r).version != versions.get(r, 0) + 1 for r in draft.metadata):
        raise Stale(
            f"the draft changes charter {draft.base_version}, and charter {base.version} is in force: draft it anew"
        )


def _insist_true_keys(root: Root) -> None:
    """Raise `InvalidRequest` unless most agencies must sign the root and each key is what its id says.

    Signers compare the ids of keys, and a signature counts for the key that stands behind the id.
    """
    insist_majority(root)
    for keyid, key in root.keys.items():
        try:
            public = bytes.fromhex(key.keyval.get("public", ""))
            true = verification_key(public)
        except (ValueError, TypeError):
            true = None
        if true is None or keyid != true.keyid or key != true:
            raise InvalidRequest.of("draft", "KEY", f"the root has another key than {keyid} under that id")


def insist_majority(root: Root) -> None:
    """Raise `InvalidRequest` unless more than half of the root keys must sign: else two halves could each go on."""
    for role in (ROOT, TARGETS):
        keys, threshold = len(root.roles[role].keyids), root.roles[role].threshold
        if not keys / 2 < threshold <= keys:
            raise InvalidRequest.of(
                "threshold", "MAJORITY", f"{threshold} of {keys} agencies: choose {keys // 2 + 1} to {keys}"
            )


def _insist_proven(draft: CharterDraft, base: Base, charter: Charter, *, now: datetime) -> None:
    """Raise unless each key that the base does not have is shown by a request that the key itself has signed."""
    installations, authorities = _read_requests(draft.requests)
    shown = {(str(each.installation), each.signing_key) for each in installations}
    before = parse_charter(base.files, version=base.version) if base.files else None
    for who, entry in charter.installations.items():
        for key in entry.keys:
            known = before.key(key.keyid) if before is not None else None
            if (known is None or known[0].installation != who) and (str(who), key.public) not in shown:
                raise InvalidRequest.of(
                    "draft", "POSSESSION", f"no request file shows that {who} has the key {key.keyid}: add it"
                )
    proven = {each.member: each for each in authorities}
    if len(proven) != len(authorities):
        raise InvalidRequest.of(
            "draft", "POSSESSION", "an authority shows itself twice: keep one request of each"
        )
    known_keys, known_cas = authority_keys(base.targets), before.authorities if before is not None else {}
    for name, signing in authority_keys(draft.targets(base)).items():
        if known_keys.get(name) == signing and known_cas.get(name) == charter.authorities.get(name):
            continue
        own = proven.get(name)
        if own is None or verification_key(own.keys["charter_key"]) != signing:
            raise InvalidRequest.of(
                "draft", "POSSESSION", f"no request file shows the authority's key of {name}"
            )
        if charter.authorities.get(name) != own.certificate:
            raise InvalidRequest.of(
                "draft", "POSSESSION", f"the certificate of {name} is not the one it has shown"
            )
        _insist_valid(own, now)
    if ROOT in draft.metadata and base.root is not None:
        insist_next(draft, base.root, authorities, set(charter.authorities))
    elif ROOT in draft.metadata:
        _insist_shares(draft.root(base), [proven[name] for name in charter.authorities if name in proven])


def _insist_former(base: Base, charter: Charter, *, now: datetime) -> None:
    """Raise `InvalidRequest` unless each former authority is the one that the base has, and ends in good time."""
    before = parse_charter(base.files, version=base.version) if base.files else None
    for name, former in charter.former_authorities.items():
        own = before is not None and before.authorities.get(name) == former.certificate
        was = before.former_authorities.get(name) if before is not None else None
        if not own and (was is None or was.certificate != former.certificate or was.until < former.until):
            raise InvalidRequest.of(
                "draft", "FORMER", f"the former certificate of {name} is not the one that the charter has"
            )
        if was != former and former.until <= now:
            raise InvalidRequest.of(
                "draft",
                "FORMER",
                f"the former certificate of {name} would count until {stamp(former.until)}, which is over: "
                "draft it anew",
            )
        if former.until > now + timedelta(days=MOST_FORMER_DAYS, hours=1):
            raise InvalidRequest.of(
                "draft", "FORMER", f"the former certificate of {name} would count until {stamp(former.until)}"
            )


def _insist_followed(base: Base, charter: Charter, *, now: datetime) -> None:
    """Raise `InvalidRequest` for a key that another one followed and that is to hold for longer, or ends in the past.

    An old request file shows a key that its installation has no more, but whoever keeps a copy of it has.
    """
    before = parse_charter(base.files, version=base.version).installations if base.files else {}
    for who, entry in charter.installations.items():
        had = {key.keyid: key for key in before[who].keys} if who in before else {}
        for key in entry.keys:
            was = had.get(key.keyid)
            if was is None:
                continue
            if key.not_after > was.not_after and any(e.not_before > was.not_before for e in had.values()):
                raise InvalidRequest.of(
                    "draft",
                    "FORMER",
                    f"the key {key.keyid} of {who} was followed by another one, and cannot be listed for longer: use "
                    "the request file of its present key, or of the next one (keys next)",
                )
            if key.not_after < was.not_after and key.not_after <= now:
                raise InvalidRequest.of(
                    "draft",
                    "FORMER",
                    f"the former key {key.keyid} of {who} would end at {stamp(key.not_after)}, which is over: "
                    "draft it anew",
                )


def _insist_shares(root: Root, founders: Sequence[AuthorityRequest]) -> None:
    """Raise `InvalidRequest` unless root and policy are signed by the founders' shares alone, the rest by a publisher.

    An authority that the policy does not name adds no key: signers would not see whose it is.
    """
    for role, named in root.roles.items():
        wanted = "root_key" if role in (ROOT, TARGETS) else "publisher_key"
        shown = {verification_key(each.keys[wanted]).keyid for each in founders if wanted in each.keys}
        for keyid in named.keyids:
            if keyid not in shown:
                raise InvalidRequest.of(
                    "draft",
                    "POSSESSION",
                    f"no authority of this policy shows the {wanted} {keyid}, which would sign {role}",
                )


def _insist_valid(authority: AuthorityRequest, now: datetime) -> None:
    """Raise `InvalidRequest` when the authority's certificate has expired."""
    ends = x509.load_pem_x509_certificate(authority.certificate).not_valid_after_utc
    if ends <= now:
        raise InvalidRequest.of(
            "authorities",
            "VALIDITY",
            f"the authority of {authority.member} expired at {stamp(ends)}: make another",
        )


def _read_requests(documents: Sequence[object]) -> tuple[list[InstallationRequest], list[AuthorityRequest]]:
    """Return the request files of a draft, their signatures checked; raises `InvalidRequest`."""
    installations, authorities = [], []
    for each in documents:
        if isinstance(each, dict) and each.get("payloadType") == AUTHORITY_KIND:
            authorities.append(read_authority_request(each))
        else:
            installations.append(read_request(each))
    return installations, authorities


def _timeless(signed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in signed.items() if name != "expires"}
