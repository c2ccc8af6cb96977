"""Two officers of one window sign with two keys, so that one person at it cannot be both (R34)."""

from __future__ import annotations

from federation.errors import PermissionDenied
from federation.v1 import application_pb2 as pb
from node.applications.history import STEPS
from node.applications.machine import DECIDING, NOT_BY, Step
from server.opening import Act

_STEP = {number: step for step, number in STEPS.items()}


def insist_two_signers(before: pb.Application, step: Step, act: Act) -> None:
    """Raise `PermissionDenied` when a step and an earlier one by another officer rest on one installation's key.

    The two must be signed by two installations, or both with the officers' own keys. This holds where officers are
    registered; elsewhere an officer is a name that the installation vouches for.
    """
    barred = NOT_BY.get(step, frozenset())
    if not act.known.registered or not barred:
        return
    for event in before.events:
        if event.step not in _STEP or DECIDING.get(_STEP[event.step]) not in barred:
            continue
        if event.installation == str(act.installation) and not (event.own_key and act.known.own_key):
            raise PermissionDenied(
                f"{event.officer} took part through {event.installation} too: sign both steps with the officers' own "
                f"keys, or {step} through another installation (R34)",
                reason="ONE_SIGNER",
            )
