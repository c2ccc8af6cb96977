"""A defect that tests plant in a running server of ours, and ways to plant one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from federation.charter.envelope import Signer
from federation.transport import access
from federation.v1.envelope_pb2 import Envelope

Plant = Callable[[pytest.MonkeyPatch], None]
BOTH, NODE, GATEWAY = ("node", "gateway"), ("node",), ("gateway",)


@dataclasses.dataclass(frozen=True)
class Defect:
    """One planted defect."""

    name: str
    roles: Sequence[str]
    plant: Plant
    #: Cases of which each must fail.
    found_by: Sequence[str]
    #: Whether the target takes it up only when it starts.
    restart: bool = False


def instead(owner: Any, name: str, wrapper: Callable[..., Any]) -> Plant:
    """Return the plant that calls `wrapper(original, ...)` in the place of a function or method."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)
        patch.setattr(owner, name, lambda *args, **options: wrapper(original, *args, **options))

    return plant


def together(*plants: Plant) -> Plant:
    """Return several plants as one."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for each in plants:
            each(patch)

    return plant


def ignored(*_: Any, **__: Any) -> None:
    """Check nothing."""


def rule(table: Any, method: str, changed: Callable[[access.AccessRule], access.AccessRule]) -> Plant:
    """Return the plant that changes one row of a table of access."""
    return lambda patch: patch.setitem(table, method, changed(table[method]))


def wrong_signature(sign: Callable[..., Envelope], kind: str, payload: bytes, signer: Signer) -> Envelope:
    """Sign other bytes than those that are sent."""
    envelope = sign(kind, payload, signer)
    envelope.signatures[0].sig = bytes(64)
    return envelope
