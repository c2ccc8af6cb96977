"""Publishing of the charter as TUF metadata: founded by most agencies together, kept up to date by each alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from certs.charter_checking import insist_sound
from certs.charter_draft import ROOT, Base, CharterDraft
from certs.charter_drafting import Lifetimes, drafted, role_of, root_of
from certs.charter_folder import CharterFolder, ProposedFiles
from certs.charter_signatures import Signatures, signed_files
from federation.charter.installations import installations_path
from federation.charter.load import ISSUED, WHATEVER_AGE, Loaded, load, published_name
from federation.charter.model import Charter
from federation.charter.parse import POLICY, insist_publishable
from federation.errors import AlreadyExists, CharterUnusable, InvalidRequest, Stale
from federation.values.clock import now as wall_clock
from federation.values.identity import MemberId

__all__ = ["CharterOffice", "Lifetimes"]


class CharterOffice:
    """Writes the folder `published`: `metadata/` and `targets/`, as any static file server could serve them.

    `publisher` is the online key: it vouches for the set of files and for their freshness, but not for their
    content. Each change is verified first, so that no charter is published that would not load.
    """

    def __init__(
        self,
        published: Path,
        publisher: CryptoSigner,
        *,
        lifetimes: Lifetimes | None = None,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._folder, self._publisher = CharterFolder(published), publisher
        self._lifetimes, self._clock = lifetimes or Lifetimes(), clock
        self._keeps_lifetime = lifetimes is None

    @property
    def root_path(self) -> Path:
        """The path of the first root metadata, which others receive out of band and pin."""
        return self._folder.root_path

    def found(
        self,
        policy: bytes,
        installations: Mapping[MemberId, bytes],
        *,
        agencies: Mapping[MemberId, SSlibKey],
        signers: Sequence[CryptoSigner],
        authorities: Mapping[MemberId, CryptoSigner],
        threshold: int = 3,
    ) -> Charter:
        """Publish the first charter and return it.

        `agencies` are the root keys of all agencies, of which `threshold` must be among `signers`; each of
        `authorities` signs its own file of `installations`. Raises `AlreadyExists` when a charter is there,
        `InvalidRequest` when fewer than `threshold` of the agencies sign.
        """
        signing = {signer.public_key.keyid for signer in signers} & {key.keyid for key in agencies.values()}
        if len(signing) < threshold:
            raise InvalidRequest.of(
                "signers",
                "threshold",
                f"{len(signing)} agencies sign, {threshold} must: add the root keys of others",
            )
        with self._folder.exclusively():
            if self.root_path.exists():
                raise AlreadyExists(
                    f"{self._folder.path} holds a charter already: change it by its commands, or found elsewhere"
                )
            draft = drafted(
                Base(),
                {POLICY: policy, **{installations_path(name): each for name, each in installations.items()}},
                root=root_of(
                    list(agencies.values()),
                    self._publisher.public_key,
                    threshold=threshold,
                    expires=self._after(self._lifetimes.root),
                ),
                authorities={name: signer.public_key for name, signer in authorities.items()},
                requests=(),
                lifetimes=self._lifetimes,
                now=self._clock(),
            )
            own = [signer for signer in signers if signer.public_key.keyid in signing]
            signatures = Signatures.make(draft, Base(), [*own, *authorities.values()])
            return self._publish_draft(draft, Base(), [signatures], None, 1)

    def publish(self, draft: CharterDraft, signatures: Sequence[Signatures]) -> Charter:
        """Publish a draft that the agencies have signed, and return the charter.

        Raises `Stale` when another charter has come between, `AlreadyExists` where one was founded, `NotFound` where
        there is none to change, `InvalidRequest`
        when the draft is not sound or too few have signed, or when the publisher's key is not the one that it names.
        """
        if draft.base_version:
            self._folder.newest()  # else a folder that was misspelt would be made
        with self._folder.exclusively():
            base, meta, version = Base(), None, 1
            if self._folder.holds_charter:
                if draft.base_version == 0:
                    raise AlreadyExists(f"{self._folder.path} holds a charter already: draft a change of it")
                base = self._base_of(draft)
                timestamp, snapshot = self._folder.newest()
                meta, version = snapshot.meta, timestamp.version + 1
            insist_sound(draft, base, now=self._clock())
            if (
                base.root is not None
                and ROOT in draft.metadata
                and self._folder.holds_other(draft.root(base))
            ):
                raise Stale(
                    f"publishing another root {draft.root(base).version} was interrupted, and readers may have it: "
                    "publish the draft of that one again, then draft this one anew"
                )
            named = draft.root(base).roles["timestamp"].keyids
            if self._publisher.public_key.keyid not in named:
                raise InvalidRequest.of(
                    "publisher_key", "SIGNER", f"is not the publisher's: the root names {', '.join(named)}"
                )
            return self._publish_draft(draft, base, signatures, meta, version)

    def _base_of(self, draft: CharterDraft) -> Base:
        """Return the charter that a draft changes; if publishing it was killed, without the root that was written."""
        pinned = self.root_path.read_bytes()
        if ROOT in draft.metadata:
            begun = f"metadata/{draft.signed(ROOT).version}.root.json"
            try:
                return Base.of(self._loaded({}, pinned, at=WHATEVER_AGE, without=begun))
            except CharterUnusable:
                pass  # it is in force already, and is refused as stale
        return Base.of(self._loaded({}, pinned, at=WHATEVER_AGE))

    def _publish_draft(
        self,
        draft: CharterDraft,
        base: Base,
        signatures: Sequence[Signatures],
        meta: Mapping[str, MetaFile] | None,
        timestamp_version: int,
    ) -> Charter:
        files = signed_files(draft, base, signatures)
        files |= {published_name(path, content): content for path, content in draft.files.items()}
        changed = {
            f"{role}.json": MetaFile(draft.signed(role).version) for role in draft.metadata if role != ROOT
        }
        return self._publish(
            files,
            {**(meta or {}), **changed},
            snapshot_version=base.version + 1,
            timestamp_version=timestamp_version,
            policy=draft.files.get(POLICY),
        )

    def republish(self, authority: MemberId, edit: Callable[[bytes], bytes], signer: CryptoSigner) -> Charter:
        """Replace the file of `authority` by the result of `edit`, signed by that authority alone.

        A signer that the policy does not name for `authority` raises `CharterUnusable`, and nothing changes.
        """
        with self._folder.exclusively():
            timestamp, snapshot = self._folder.newest()
            content = edit(self._folder.installations_of(authority, snapshot))
            version = snapshot.meta[f"{authority}.json"].version + 1
            role = self._role(authority, content, version=version)
            files = _signed(f"{version}.{authority}", role, [signer])
            files[published_name(installations_path(authority), content)] = content
            return self._publish(
                files,
                {**snapshot.meta, f"{authority}.json": MetaFile(version)},
                snapshot_version=snapshot.version + 1,
                timestamp_version=timestamp.version + 1,
            )

    def amend_policy(self, edit: Callable[[bytes], bytes], signers: Sequence[CryptoSigner]) -> Charter:
        """Replace the shared policy by the result of `edit`, signed by as many agencies as the root requires.

        With fewer or other signers, or with an opening of a seal that two officers have not signed, it raises
        `CharterUnusable` and nothing changes.
        """
        with self._folder.exclusively():
            timestamp, snapshot = self._folder.newest()
            version = snapshot.meta["targets.json"].version
            targets, policy = self._folder.policy(version)
            content = edit(policy)
            targets.version, targets.expires = version + 1, self._after(self._lifetimes.policy)
            targets.targets[POLICY] = TargetFile.from_data(POLICY, content)
            files = _signed(f"{version + 1}.targets", targets, signers)
            files[published_name(POLICY, content)] = content
            return self._publish(
                files,
                {**snapshot.meta, "targets.json": MetaFile(version + 1)},
                snapshot_version=snapshot.version + 1,
                timestamp_version=timestamp.version + 1,
                policy=content,
            )

    def refresh(self) -> Charter:
        """Sign the timestamp anew, so that the charter stays fresh; the snapshot too once half its lifetime is over."""
        with self._folder.exclusively():
            timestamp, snapshot = self._folder.newest()
            stale = snapshot.expires - self._clock() < self._lifetimes.snapshot / 2
            return self._publish(
                {},
                snapshot.meta,
                snapshot_version=snapshot.version + 1 if stale else None,
                timestamp_version=timestamp.version + 1,
                current=snapshot,
            )

    def installations_of(self, authority: MemberId) -> bytes:
        """Return the file that `authority` has published; raises `NotFound`."""
        return self._folder.installations_of(authority, self._folder.newest()[1])

    def _publish(
        self,
        files: Mapping[str, bytes],
        meta: Mapping[str, MetaFile],
        *,
        snapshot_version: int | None,
        timestamp_version: int,
        current: Snapshot | None = None,
        policy: bytes | None = None,
    ) -> Charter:
        """Sign snapshot and timestamp over `meta`, verify the whole as a member would, then write it."""
        fresh = dict(files)
        if snapshot_version is not None:
            lifetime = self._after(self._lifetimes.snapshot)
            current = Snapshot(version=snapshot_version, expires=lifetime, meta=dict(meta))
            fresh |= _signed(f"{snapshot_version}.snapshot", current, [self._publisher])
        if current is None:
            raise ValueError("a charter needs a snapshot")
        timestamp = Timestamp(
            version=timestamp_version,
            expires=self._after(self._timestamp_lifetime()),
            snapshot_meta=MetaFile(current.version),
            unrecognized_fields={ISSUED: self._clock().isoformat()},
        )
        fresh |= _signed("timestamp", timestamp, [self._publisher])
        loaded = self._loaded(fresh, fresh.get("metadata/1.root.json") or self.root_path.read_bytes())
        if policy is not None:
            insist_publishable(policy, loaded.charter)
        # The timestamp comes last: it makes the other files visible. A root is visible by itself: just before.
        last = [name for name in fresh if name.endswith(".root.json")] + ["metadata/timestamp.json"]
        self._folder.write(
            {name: fresh[name] for name in [*(each for each in fresh if each not in last), *last]}
        )
        return loaded.charter

    def _loaded(
        self, fresh: Mapping[str, bytes], root: bytes, *, at: datetime | None = None, without: str = ""
    ) -> Loaded:
        """Return the charter that would be published with the files `fresh`, verified as a member would (now)."""
        proposed = ProposedFiles(self._folder.path, fresh, without)
        with tempfile.TemporaryDirectory() as scratch:
            return load(proposed, Path(scratch), root, at=at or self._clock())

    def _timestamp_lifetime(self) -> timedelta:
        """Return the timestamp's lifetime: that of the previous one, unless lifetimes were given."""
        if self._keeps_lifetime and self._folder.holds_charter:
            before = self._folder.newest()[0]
            issued = before.unrecognized_fields.get(ISSUED)
            if isinstance(issued, str):
                return before.expires - datetime.fromisoformat(issued).replace(microsecond=0)
        return self._lifetimes.timestamp

    def _role(self, authority: MemberId, content: bytes, *, version: int) -> Targets:
        return role_of(
            authority, content, version=version, expires=self._after(self._lifetimes.installations)
        )

    def _after(self, lifetime: timedelta) -> datetime:
        return (self._clock() + lifetime).replace(microsecond=0)


def _signed(
    name: str, signed: Root | Targets | Snapshot | Timestamp, signers: Sequence[CryptoSigner]
) -> dict[str, bytes]:
    metadata: Metadata[Any] = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    return {f"metadata/{name}.json": metadata.to_bytes()}
