"""Preconditions of each step: a known decision, the version that the officer saw, grounds with remedies."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from federation.errors import FieldViolation, InvalidRequest, NotPermitted, PolicyReason, Stale
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.values.enum_names import enum_name
from federation.values.officers import officer_fault
from federation.values.written import written_violations
from node.applications.history import STEPS
from node.applications.machine import Step

MOST_GROUNDS = 20
_STEP = {number: step for step, number in STEPS.items()}


def one_of(number: int, steps: Collection[Step]) -> Step:
    """Return the step that a decision names; raises `InvalidRequest` for one that this rpc does not take."""
    step = _STEP.get(number)  # type: ignore[call-overload]
    if step not in steps:
        raise InvalidRequest.of("decision", "R34", f"one of {', '.join(steps)}")
    return Step(step)


def insist_version(before: pb.Application, expected: int) -> None:
    """Raise `Stale` unless the application is as the officer saw it."""
    if before.version != expected:
        newest = before.events[-1]
        raise Stale(
            f"{before.number} is at version {before.version}, not {expected}: {newest.officer} took "
            f"{enum_name(pb.ApplicationStep.DESCRIPTOR, newest.step)} first; look at it again, then decide",
            current=str(before.version),
        )


def insist_none(found: Sequence[document_pb2.Ground]) -> None:
    """Raise `NotPermitted` with every ground found, if there is any."""
    if found:
        policies = [
            PolicyReason(f"ground-{n}", ground.rule, ground.says, ground.remedy)
            for n, ground in enumerate(found, start=1)
        ]
        raise NotPermitted("; ".join(f"{p.says}；{p.remedy}" for p in policies), policies)


def insist_some(grounds: Sequence[document_pb2.Ground]) -> None:
    """Raise `InvalidRequest` for a refusal without a reason (A26)."""
    if not grounds:
        raise InvalidRequest.of("grounds", "A26", "name the rule, what it says here, and the remedy")


def insist_grounds(grounds: Sequence[document_pb2.Ground]) -> None:
    """Raise `InvalidRequest` unless every ground names rule, reason and remedy."""
    violations = []
    if len(grounds) > MOST_GROUNDS:
        violations.append(FieldViolation("grounds", "SIZE", f"more than {MOST_GROUNDS}"))
    for number, ground in enumerate(grounds[:MOST_GROUNDS]):
        for name in ("rule", "says", "remedy"):
            text = getattr(ground, name)
            violations += written_violations(f"grounds[{number}].{name}", text, missing=("A26", "missing"))
    if violations:
        raise InvalidRequest(violations)


def insist_note(note: str, approved_by: str, *, needed: bool) -> None:
    """Raise `InvalidRequest` for a note or a head that cannot be kept, or a note that is missing."""
    violations = [
        *written_violations(
            "note", note, missing=("2021 Provisions art. 8 [V]", "say why") if needed else None
        )
    ]
    if approved_by and (fault := officer_fault(approved_by)):
        violations.append(FieldViolation("approved_by", "R12", fault))
    if violations:
        raise InvalidRequest(violations)
