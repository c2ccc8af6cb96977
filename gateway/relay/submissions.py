"""A signed page of notices as a gateway keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation.v1.envelope_pb2 import Envelope


@dataclass(frozen=True, slots=True)
class AcceptedNotice:
    """A notice that is accepted; `kind` is a `NoticeKind`, `late_days` the days by which it was late."""

    digest: bytes
    sender: str
    kind: int
    late_days: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """A page as its sender signed it, the signed receipts that it got, and those notices that are new."""

    sender: str
    accepted_at: str
    envelope: Envelope
    acceptance: Envelope
    notices: Sequence[AcceptedNotice]
