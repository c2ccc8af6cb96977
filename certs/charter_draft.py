"""A draft of the charter: the metadata and files that it would publish, unsigned, and the charter that it changes."""

from __future__ import annotations

import copy
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from securesystemslib.signer import Key
from tuf.api.metadata import Metadata, Root, Snapshot, Targets

from federation.charter.installations import installations_path
from federation.charter.load import Loaded
from federation.charter.parse import POLICY
from federation.errors import InvalidRequest

FORMAT = 1
ROOT, TARGETS = Root.type, Targets.type


@dataclass(frozen=True)
class Base:
    """The charter that a draft changes; at the founding there is none, and the version is 0."""

    version: int = 0
    digest: str = ""
    root: Root | None = None
    targets: Targets | None = None
    #: By role, the version of its metadata.
    versions: Mapping[str, int] | None = None
    #: By target path, the content in force.
    files: Mapping[str, bytes] | None = None

    @classmethod
    def of(cls, loaded: Loaded) -> Base:
        """Return a charter that was read and verified as the base of a draft."""
        newest: dict[str, Any] = {}
        for name, content in loaded.files.items():
            folder, _, file = name.partition("/")
            number, _, role = file.removesuffix(".json").partition(".")
            if folder == "metadata" and number.isdigit():
                signed = Metadata[Any].from_bytes(content).signed
                if role not in newest or newest[role].version < signed.version:
                    newest[role] = signed
        contents = {
            _path(name): content for name, content in loaded.files.items() if name.startswith("targets/")
        }
        versions = {role: signed.version for role, signed in newest.items()}
        # A member that left may come back: its part goes on from the version that it had.
        for name, meta in newest[Snapshot.type].meta.items():
            versions.setdefault(name.removesuffix(".json"), meta.version)
        charter = loaded.charter
        return cls(charter.version, charter.digest, newest[ROOT], newest[TARGETS], versions, contents)


@dataclass(frozen=True)
class CharterDraft:
    """Unsigned metadata by role, the changed files by target path, and the request files that prove new keys."""

    base_version: int
    base_digest: str
    metadata: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, bytes]
    requests: Sequence[object]

    def document(self) -> dict[str, Any]:
        """Return the content of the draft's file."""
        return {
            "format": FORMAT,
            "base": {"version": self.base_version, "digest": self.base_digest},
            "metadata": dict(self.metadata),
            "files": {path: content.decode() for path, content in self.files.items()},
            "requests": list(self.requests),
        }

    @classmethod
    def read(cls, document: object) -> CharterDraft:
        """Return the draft in a file's JSON; raises `InvalidRequest`."""
        try:
            if not isinstance(document, dict) or document["format"] != FORMAT:
                raise TypeError("no draft of this format")
            base, files, metadata = document["base"], document["files"], document["metadata"]
            made = cls(
                int(base["version"]),
                str(base["digest"]),
                {str(role): dict(signed) for role, signed in metadata.items()},
                {str(path): str(content).encode() for path, content in files.items()},
                list(document["requests"]),
            )
            for role in made.metadata:
                made.signed(role)
        except Exception as error:
            raise InvalidRequest.of("draft", "FORMAT", f"is no draft of a charter: {error}") from None
        return made

    @property
    def digest(self) -> str:
        """The SHA-256 of the draft in hex, by which signatures name it."""
        text = json.dumps(self.document(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def signed(self, role: str) -> Any:
        """Return the metadata of a role as TUF has it, without signatures."""
        return (
            Metadata[Any]
            .from_dict({"signed": copy.deepcopy(dict(self.metadata[role])), "signatures": []})
            .signed
        )

    def after(self, base: Base) -> dict[str, bytes]:
        """Return all files of the charter as they would be, by target path; an authority that leaves has none."""
        files = {**(base.files or {}), **self.files}
        gone = _authorities(base.files or {}) - _authorities(files)
        return {
            path: content
            for path, content in files.items()
            if path in self.files or path not in map(installations_path, gone)
        }

    def root(self, base: Base) -> Root:
        """Return the root under which the draft is signed."""
        found = self.signed(ROOT) if ROOT in self.metadata else base.root
        if not isinstance(found, Root):
            raise InvalidRequest.of("draft", "ROOT", "founds nothing and changes nothing: it has no root")
        return found

    def targets(self, base: Base) -> Targets:
        """Return the policy's metadata, which names each authority's key."""
        found = self.signed(TARGETS) if TARGETS in self.metadata else base.targets
        if not isinstance(found, Targets):
            raise InvalidRequest.of("draft", "POLICY", "has no policy: have it drafted anew")
        return found

    def former_signers(self, base: Base) -> tuple[dict[str, Key], int] | None:
        """Return the keys of the root in force, and how many of them must sign the one that follows it, if one does."""
        if ROOT not in self.metadata or base.root is None:
            return None
        named = base.root.roles[ROOT]
        return {keyid: base.root.keys[keyid] for keyid in named.keyids}, named.threshold

    def signers(self, base: Base) -> dict[str, tuple[dict[str, Key], int]]:
        """Return by role the keys that may sign it, by their id, and how many must.

        A root that follows another is signed by as many keys of that one as well (`former_signers`).
        """
        root, targets = self.root(base), self.targets(base)
        found: dict[str, tuple[dict[str, Key], int]] = {}
        for role in self.metadata:
            if role in (ROOT, TARGETS):
                named = root.roles[role]
                found[role] = ({k: root.keys[k] for k in named.keyids}, named.threshold)
                continue
            delegations = targets.delegations
            if delegations is None or delegations.roles is None or role not in delegations.roles:
                raise InvalidRequest.of(
                    "draft", "AUTHORITY", f"has a part of {role}, whom the policy does not name"
                )
            each = delegations.roles[role]
            found[role] = ({k: delegations.keys[k] for k in each.keyids}, each.threshold)
        return found


def _authorities(files: Mapping[str, bytes]) -> set[str]:
    named = tomllib.loads(files[POLICY].decode()).get("authorities", {}) if POLICY in files else {}
    return set(named) if isinstance(named, dict) else set()


def _path(published: str) -> str:
    """Return the target path of a published file, whose base name begins with its SHA-256."""
    folder, slash, name = published.removeprefix("targets/").rpartition("/")
    return f"{folder}{slash}{name.partition('.')[2]}"
