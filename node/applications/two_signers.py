"""Which earlier steps of an application another officer must have signed than the one who takes this step (R34)."""

from __future__ import annotations

from federation.v1 import application_pb2 as pb
from node.applications.history import STEPS
from node.applications.machine import DECIDING, NOT_BY, Step
from node.officers.two_people import insist_another_signature
from server.opening import Act

_STEP = {number: step for step, number in STEPS.items()}


def insist_two_signers(before: pb.Application, step: Step, act: Act) -> None:
    """Raise `PermissionDenied` when a step and an earlier one by another officer rest on one installation's key."""
    barred = NOT_BY.get(step, frozenset())
    for event in before.events:
        if event.step in _STEP and DECIDING.get(_STEP[event.step]) in barred:
            insist_another_signature(
                act, officer=event.officer, installation=event.installation, own_key=event.own_key
            )
