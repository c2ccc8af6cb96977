"""What a target is, and how a check ends that does not pass."""

from __future__ import annotations

from enum import StrEnum


class TargetRole(StrEnum):
    """What the target is."""

    NODE = "node"
    GATEWAY = "gateway"


class Failed(Exception):
    """The target does not do what the case is about; the message says what it did."""


class NotRun(Exception):
    """The case cannot be played here; the message says what is missing."""
