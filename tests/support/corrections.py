"""Correction requests as members write them, and waiting for what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from federation.client import Client
from federation.notices.receipts import Tracked
from federation.v1 import correction_pb2, registry_pb2
from federation.v1 import notice_pb2 as pb
from federation.values import clock
from tests.support.waiting import wait_for


def request(receipt: registry_pb2.Receipt | None, **fields: Any) -> pb.Notice:
    """Return a request to correct `served_on` of the record of a receipt."""
    asked = correction_pb2.CorrectionRequest(node="police-1", field="served_on", believed="2019-06-04")
    if receipt is not None:
        asked.record_id, asked.version = receipt.record_id, receipt.version
    notice = pb.Notice(
        kind=pb.NOTICE_KIND_CORRECTION_REQUEST,
        occurred_on=clock.legal_day(clock.now()).isoformat(),
        correction=asked,
        reason="送达回证所载日期不同",
    )
    for name, value in fields.items():
        within = notice.correction if name in asked.DESCRIPTOR.fields_by_name else notice
        if name == "documents":
            notice.documents.extend(value)
        elif isinstance(value, Message):
            getattr(within, name).CopyFrom(value)
        else:
            setattr(within, name, value)
    return notice


def waits(
    owner: Client,
    node: str,
    digest: bytes,
    kind: pb.NoticeKind.ValueType = pb.NOTICE_KIND_CORRECTION_REQUEST,
) -> pb.WaitingNotice:
    """Wait until a request stands in the owner's queue; return it as the officer sees it."""

    def queue() -> dict[bytes, pb.WaitingNotice]:
        found, after = dict[bytes, pb.WaitingNotice](), b""
        while page := owner.notices.waiting(node, after=after, kind=kind):
            found |= {waiting.digest: waiting for waiting in page}
            after = page[-1].digest
        return found

    return wait_for(queue, lambda found: digest in found, what=f"the request at {node}")[digest]


def followed(sender: Client, digest: bytes, done: Callable[[Tracked], bool]) -> Tracked:
    """Wait until `done` says so of a request's stages; return them."""
    return wait_for(lambda: sender.notices.track([digest])[0], done, what="the stages of the request")


def replied(tracked: Tracked) -> bool:
    """Say whether an officer of the owner has decided."""
    return any(receipt.decided_by for _, receipt in tracked.stages)
