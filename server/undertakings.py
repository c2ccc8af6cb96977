"""Accounting for an officer's signed application for sealed records: used once, for one request (R44)."""

from __future__ import annotations

from federation.charter.envelope import OpenedStatement
from federation.evidence.entry import EntryKind
from federation.v1 import query_pb2
from server.journal.log import Once
from server.journal.work import Work


def log_undertaking(
    work: Work,
    promise: OpenedStatement,
    once: Once,
    undertaking: query_pb2.Undertaking,
    *,
    request: bytes,
    at: str,
) -> None:
    """Add the entry that marks the application as used, with its reason and scope."""
    work.log.append(
        EntryKind.UNDERTAKEN,
        at=at,
        once=once,
        request=request.hex(),
        undertaking=promise.digest.hex(),
        officer=promise.officer,
        by=str(promise.installation),
        reason=undertaking.reason,
        scope=undertaking.scope,
    )
