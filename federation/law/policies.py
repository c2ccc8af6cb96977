"""Reading and checking of Cedar policy files: every policy is annotated, and a node's own policies may only restrict.

A policy has @id, @clause and @says, a `forbid` also @remedy, and it fits the schema. A node's own folder may contain
only `forbid` on asker, purpose and context: agencies may restrict, never extend (R57), and a refusal that depended on
the record would reveal it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cedarpy

from federation.errors import PolicyReason

DEFAULT: Final = Path(__file__).parent / "policy"
SCHEMA: Final = "schema.cedarschema"
_ANNOTATIONS: Final = ("id", "clause", "says")
#: The remedy against an agency's own refusal that names no other (A26).
USUAL_REMEDY: Final = "ask that agency on which rule it rests; its refusal may be objected to in writing"


class PolicyRefused(ValueError):
    """A policy file may not be used; the message names file and policy."""


@dataclass(frozen=True, slots=True)
class Policies:
    """A parsed set of policies with the reason that each gives, by the parser's id."""

    parsed: cedarpy.PolicySet
    reasons: dict[str, PolicyReason]


def load_policies(folder: Path, extra: Path | None = None) -> Policies:
    """Return the policies of `folder`, restricted by those of `extra`; raises `PolicyRefused`."""
    schema = (folder / SCHEMA).read_text("utf-8")
    sources = [*_read(folder, schema, own=False), *(_read(extra, schema, own=True) if extra else ())]
    if not sources:
        raise PolicyRefused(f"{folder}: there is no policy")
    reasons: dict[str, PolicyReason] = {}
    policies: dict[str, Any] = {}
    for path, policy in sources:
        remedy = policy["annotations"].get("remedy", "" if policy["effect"] == "permit" else USUAL_REMEDY)
        annotations = {name: policy["annotations"][name] for name in _ANNOTATIONS}
        reason = PolicyReason(**annotations, remedy=remedy)
        if reason.id in reasons:
            raise PolicyRefused(f"{path}: policy {reason.id}: another policy has this id")
        reasons[reason.id] = reason
        policies[reason.id] = policy
    document = {"templates": {}, "staticPolicies": policies, "templateLinks": []}
    return Policies(cedarpy.PolicySet.from_json_str(json.dumps(document)), reasons)


def _read(folder: Path, schema: str, *, own: bool) -> Iterator[tuple[Path, dict[str, Any]]]:
    if not folder.is_dir():
        raise PolicyRefused(f"{folder}: there is no such folder")
    for path in sorted(folder.glob("*.cedar")):
        text = path.read_text("utf-8")
        try:
            document = json.loads(cedarpy.policies_to_json_str(text))
        except ValueError as error:
            raise PolicyRefused(f"{path}: {error}") from None
        if document["templates"]:
            raise PolicyRefused(
                f"{path}: policy {_name(*next(iter(document['templates'].items())))}: a template"
            )
        for position, policy in document["staticPolicies"].items():
            problem = _problem(policy, own=own)
            if problem:
                raise PolicyRefused(f"{path}: policy {_name(position, policy)}: {problem}")
            yield path, policy
        result = cedarpy.validate_policies(text, schema)
        if not result.validation_passed:
            faults = "; ".join(
                f"policy {result.id_annotations_by_policy_id.get(e.policy_id, e.policy_id)}: {e.error}"
                for e in result.errors
            )
            raise PolicyRefused(f"{path}: {faults}")


def _problem(policy: dict[str, Any], *, own: bool) -> str:
    missing = [f"@{name}" for name in _ANNOTATIONS if not policy.get("annotations", {}).get(name)]
    if missing:
        return f"lacks {', '.join(missing)}"
    if not own:
        lacking = policy["effect"] == "forbid" and not policy["annotations"].get("remedy")
        return "lacks @remedy: a refusal says what can be done (A26)" if lacking else ""
    if policy["effect"] != "forbid":
        return "a node's own policy may only forbid"
    if policy["resource"] != {"op": "All"} or "resource" in _variables(policy["conditions"]):
        return "a node's own policy may not look at the record (resource)"
    return ""


def _variables(expression: dict[str, Any] | Sequence[Any] | Any) -> Iterator[str]:
    if isinstance(expression, dict):
        for key, value in expression.items():
            if key == "Var":
                yield value
            else:
                yield from _variables(value)
    elif isinstance(expression, list):
        for value in expression:
            yield from _variables(value)


def _name(position: str, policy: dict[str, Any]) -> str:
    return str(policy.get("annotations", {}).get("id") or position)
