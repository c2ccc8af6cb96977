"""Receipts of the stages of a notice, the part that senders get, and log entries of stages that the register omits."""

from __future__ import annotations

from datetime import datetime

from federation.evidence.entry import EntryKind
from federation.notices.kinds import FOLLOWING
from federation.v1 import notice_pb2 as pb
from federation.v1 import registry_pb2
from federation.values.clock import stamp
from server.journal.work import Work
from server.opening import Act

#: Stages of a notice about a registered judgment that its sender sees as `received`.
_UNREPORTED = (pb.NOTICE_STAGE_UNMATCHED, pb.NOTICE_STAGE_RECEIVED, pb.NOTICE_STAGE_FORWARDED)
#: Stage -> the log's kind of entry.
_KINDS = {
    pb.NOTICE_STAGE_REGISTERED: EntryKind.NOTICE_REGISTERED,
    pb.NOTICE_STAGE_UNMATCHED: EntryKind.NOTICE_WAITING,
    pb.NOTICE_STAGE_CONFLICT: EntryKind.NOTICE_WAITING,
    pb.NOTICE_STAGE_RECEIVED: EntryKind.NOTICE_WAITING,
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


def unreported(kind: int, receipt: pb.NoticeReceipt) -> bool:
    """Return whether the sender of such a notice hears nothing further after this stage."""
    return kind in FOLLOWING and receipt.stage in _UNREPORTED


def reported(kind: int, receipt: pb.NoticeReceipt) -> pb.NoticeReceipt:
    """Return the part of a receipt for its sender: no id, version or digest if it is about a registered judgment.

    Where number and person do not both fit, it gets the stage `received` and nothing else, so that open, sealed and
    unknown persons are alike to it (R30, R45).
    """
    if unreported(kind, receipt):
        return pb.NoticeReceipt(
            notice=receipt.notice,
            stage=pb.NOTICE_STAGE_RECEIVED,
            at=receipt.at,
            late_days=receipt.late_days,
            log_entry=receipt.log_entry,
        )
    given = pb.NoticeReceipt()
    given.CopyFrom(receipt)
    if kind in FOLLOWING:
        for field in ("record_id", "version", "record_digest"):
            given.ClearField(field)
    return given


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
