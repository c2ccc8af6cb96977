"""What a draft changes, fact by fact: every value of the charter's files, its root, and who signs for an authority."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from certs.charter_draft import ROOT, TARGETS, Base, CharterDraft
from certs.charter_drafting import authority_keys
from certs.describe import describe
from federation.charter.installations import installations_path
from federation.charter.parse import POLICY
from federation.errors import InvalidRequest
from federation.values.clock import stamp

#: The first of these that an entry of a list has is its name.
_NAMES = ("installation", "name", "member", "public", "division")
_LONGEST = 120
#: Names that are written as they are; any other is quoted, so that no two facts have the same name.
_PLAIN = re.compile(r"[\w/:-]*[A-Za-z_][\w/:-]*")

#: What facts begin with that are not of an authority's file.
_TAKEN = ("policy", "signs", ROOT)


@dataclass(frozen=True)
class Difference:
    """A fact of the charter, as it is and as it would be; "" where there is none."""

    fact: str
    before: str
    after: str

    @property
    def line(self) -> str:
        """The difference for a person: + is new, - goes, ~ changes."""
        if not self.before:
            return f"+ {self.fact}: {self.after}"
        if not self.after:
            return f"- {self.fact}: {self.before}"
        return f"~ {self.fact}: {self.before} -> {self.after}"


def differences(draft: CharterDraft, base: Base) -> list[Difference]:
    """Return all differences that the draft makes, in the order of the facts' names."""
    before = _facts(base.files or {}) | _signing(base)
    after = _facts(draft.after(base)) | _signing(base, draft)
    return [
        Difference(fact, before.get(fact, ""), after.get(fact, ""))
        for fact in sorted(before.keys() | after.keys())
        if before.get(fact) != after.get(fact)
    ]


def _facts(files: Mapping[str, bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, content in files.items():
        authority = path.removesuffix(".toml").removeprefix("installations/")
        where = (
            "policy" if path == POLICY else json.dumps(authority) if authority in _TAKEN else _part(authority)
        )
        for fact, value in _flat(where, tomllib.loads(content.decode())):
            if fact in found:
                raise InvalidRequest.of("draft", "FACTS", f"{path} has two facts of the name {fact}")
            found[fact] = value
    return found


def _flat(where: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{where}.{_part(name)}", inner)
    elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        names = [next((name for name in _NAMES if name in each), "") for each in value]
        named = [str(each.get(name, "")) for each, name in zip(value, names, strict=True)]
        for place, (each, name) in enumerate(zip(value, names, strict=True)):
            unique = bool(name) and named.count(named[place]) == 1  # else one would hide the other
            entry = {field: inner for field, inner in each.items() if not unique or field != name}
            yield from _flat(f"{where}[{_part(named[place]) if unique else place}]", entry or dict(each))
    else:
        text = ", ".join(map(_item, value)) if isinstance(value, list) else str(value)
        yield where, _short(text) if text else "(none)"


def _part(name: str) -> str:
    """Return a name as a part of a fact's name: a dot or bracket in it must not lead to another fact."""
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _item(value: object) -> str:
    """Return an entry of a list; a comma in it must not look like two entries."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and "," in value else str(value)


def _short(text: str) -> str:
    """Return a value as a person compares it: a certificate by its facts, another long text by its SHA-256."""
    if text.startswith("-----BEGIN CERTIFICATE-----"):
        facts = describe(text.encode())
        return f"{facts['subject']}, until {facts['not_after']}, SHA-256 {facts['sha256']}"
    if len(text) > _LONGEST:
        return f"{len(text)} characters, SHA-256 {hashlib.sha256(text.encode()).hexdigest()}"
    return text


def _signing(base: Base, draft: CharterDraft | None = None) -> dict[str, str]:
    """Return who signs what: the root's keys and thresholds, and the key of each authority."""
    if draft is None and base.root is None:
        return {}
    root, targets = (base.root, base.targets) if draft is None else (draft.root(base), draft.targets(base))
    facts = {f"signs.{_part(name)}": key.keyid for name, key in authority_keys(targets).items()}
    for role, named in (root.roles if root is not None else {}).items():
        facts[f"{ROOT}.{role}"] = f"{named.threshold} of {', '.join(sorted(named.keyids))}"
    for role in draft.metadata.keys() - {ROOT} if draft is not None else ():
        path = POLICY if role == TARGETS else installations_path(role)
        if draft is not None and path not in draft.files:  # what stands is signed anew
            facts[f"signs.{_part(role)}.expires"] = stamp(draft.signed(role).expires)
    if root is not None:
        facts[f"{ROOT}.expires"] = stamp(root.expires)
    return facts
