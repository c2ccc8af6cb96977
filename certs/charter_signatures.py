"""Signatures of a charter's draft: each agency makes its own at home, in any order; together they must be enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import CryptoSigner, Key, Signature
from tuf.api.metadata import Metadata

from certs.charter_draft import FORMAT, ROOT, Base, CharterDraft
from federation.errors import InvalidRequest


@dataclass(frozen=True)
class Signatures:
    """What one or several keys have signed of a draft, by role."""

    draft: str
    by_role: Mapping[str, Sequence[Signature]]
    #: The file that they were read from, which errors name.
    file: str = ""

    @classmethod
    def make(cls, draft: CharterDraft, base: Base, signers: Sequence[CryptoSigner]) -> Signatures:
        """Sign every part of the draft that these keys may sign; raises `InvalidRequest` for a key without any."""
        by_role: dict[str, list[Signature]] = {}
        allowed = {role: keys for role, (keys, _) in draft.signers(base).items()}
        former = draft.former_signers(base)
        if former is not None:
            allowed[ROOT] = former[0] | allowed[ROOT]
        for signer in signers:
            roles = [role for role, keys in allowed.items() if signer.public_key.keyid in keys]
            if not roles:
                raise InvalidRequest.of(
                    "key",
                    "SIGNER",
                    f"{signer.public_key.keyid} signs nothing in this draft: use the key that it names",
                )
            for role in roles:
                metadata = Metadata[Any](draft.signed(role))
                by_role.setdefault(role, []).append(metadata.sign(signer))
        return cls(draft.digest, by_role)

    def document(self) -> dict[str, Any]:
        """Return the content of the signatures' file."""
        signatures = {role: [each.to_dict() for each in made] for role, made in self.by_role.items()}
        return {"format": FORMAT, "draft": self.draft, "signatures": signatures}

    @classmethod
    def read(cls, document: object, file: str = "") -> Signatures:
        """Return the signatures in the JSON of `file`; raises `InvalidRequest`."""
        try:
            if not isinstance(document, dict) or document["format"] != FORMAT:
                raise TypeError("no signatures of this format")
            by_role = {
                str(role): [Signature(str(each["keyid"]), str(each["sig"])) for each in made]
                for role, made in document["signatures"].items()
            }
            return cls(str(document["draft"]), by_role, file)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidRequest.of(
                "signatures", "FORMAT", f"{file} holds no signatures of a draft: {error}".lstrip()
            ) from None


def signed_files(draft: CharterDraft, base: Base, given: Sequence[Signatures]) -> dict[str, bytes]:
    """Return the draft's metadata with all signatures, by published name.

    Raises `InvalidRequest` for signatures of another draft or of another key, and where too few agencies have signed.
    """
    strangers = [each for each in given if each.draft != draft.digest]
    if strangers:
        raise InvalidRequest.of(
            "signatures",
            "DRAFT",
            f"{strangers[0].file} has signatures of the draft {strangers[0].draft[:16]}, and this one is "
            f"{draft.digest[:16]}: have this one signed",
        )
    files, former = {}, draft.former_signers(base)
    for role, (own, threshold) in draft.signers(base).items():
        before = former if former is not None and role == ROOT else ({}, 0)
        keys = {**before[0], **own}
        metadata = Metadata[Any](draft.signed(role))
        made: dict[str, Signature] = {}
        for file, each in ((one.file, each) for one in given for each in one.by_role.get(role, ())):
            if each.keyid not in keys or not _holds(keys[each.keyid], each, metadata.signed_bytes):
                raise InvalidRequest.of(
                    "signatures",
                    "SIGNER",
                    f"{file} has a signature of {role} that {each.keyid} has not made: leave the file out, "
                    "and ask whoever sent it",
                )
            made[each.keyid] = each
        metadata.signatures = dict(sorted(made.items()))
        for of, most, which in ((own, threshold, role), (*before, "root, by the keys of the root in force,")):
            have = len(made.keys() & of.keys())
            if have < most:
                waiting = ", ".join(sorted(of.keys() - made.keys()))
                raise InvalidRequest.of(
                    "signatures",
                    "THRESHOLD",
                    f"{which} has {have} of {most} signatures that it needs: have others sign it, of {waiting}",
                )
        files[f"metadata/{metadata.signed.version}.{role}.json"] = metadata.to_bytes()
    return files


def _holds(key: Key, signature: Signature, content: bytes) -> bool:
    try:
        key.verify_signature(signature, content)
    except (UnverifiedSignatureError, VerificationError, ValueError):
        return False
    return True
