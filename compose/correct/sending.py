"""Send one notice that asks for a correction, and show its receipt."""

from __future__ import annotations

from compose.notices.notices_shown import receipt_json, receipts_table
from compose.shared.at import At
from federation.v1 import notice_pb2


def send(at: At, notice: notice_pb2.Notice) -> None:
    """Submit `notice` and show what became of it; the program ends with code 1 when it is refused."""
    with at.client() as client:
        (receipt,) = client.notices.submit([notice])
    at.present(receipt, document=receipt_json, table=lambda it: receipts_table([it]))
    if receipt.stage == notice_pb2.NOTICE_STAGE_REFUSED:
        raise SystemExit(1)
