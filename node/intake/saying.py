"""Receipts of the stages of a notice, and log entries for stages that the register does not log."""

from __future__ import annotations

from datetime import datetime

from federation.evidence.entry import EntryKind
from federation.v1 import notice_pb2 as pb
from federation.v1 import registry_pb2
from federation.values.clock import stamp
from server.journal.work import Work
from server.opening import Act

#: Stage -> the log's kind of entry.
_KINDS = {
    pb.NOTICE_STAGE_REGISTERED: EntryKind.NOTICE_REGISTERED,
    pb.NOTICE_STAGE_UNMATCHED: EntryKind.NOTICE_WAITING,
    pb.NOTICE_STAGE_CONFLICT: EntryKind.NOTICE_WAITING,
    pb.NOTICE_STAGE_REFUSED: EntryKind.NOTICE_REFUSED,
    pb.NOTICE_STAGE_FORWARDED: EntryKind.NOTICE_FORWARDED,
}


def registered(receipt: pb.NoticeReceipt, record_id: str, version: int, digest: bytes, leaf: bytes) -> None:
    """Fill `receipt` with the record's current version."""
    receipt.stage = pb.NOTICE_STAGE_REGISTERED
    receipt.record_id, receipt.version = record_id, version
    receipt.record_digest, receipt.log_entry = digest, leaf


def from_register(receipt: pb.NoticeReceipt, given: registry_pb2.Receipt) -> None:
    """Copy the register's receipt into `receipt`."""
    registered(receipt, given.record_id, given.version, given.digest, given.log_entry)


def log_stage(work: Work, receipt: pb.NoticeReceipt, act: Act, now: datetime) -> bytes:
    """Add the log entry of a stage that the register does not log; return its leaf hash."""
    return work.log.append(
        _KINDS[receipt.stage],
        at=stamp(now),
        notice=receipt.notice.hex(),
        stage=pb.NoticeStage.Name(receipt.stage).removeprefix("NOTICE_STAGE_").lower(),
        officer=act.officer,
        by=str(act.installation),
        rules=sorted({v.rule for v in receipt.violations}),
    )
