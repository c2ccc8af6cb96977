"""An order that unseals a record, six years after the sentence."""

from __future__ import annotations

from federation.v1 import record_pb2, sealing_pb2

NOTICE = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference="封存通知书2号", issuer="某区人民法院"
)
SIX_YEARS = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72)


def unsealing(record_id: str, version: int, ground: str) -> sealing_pb2.Unsealing:
    return sealing_pb2.Unsealing(
        record_id=record_id,
        expected_version=version,
        ground=sealing_pb2.UnsealingGround.Value(f"UNSEALING_GROUND_{ground}"),
        combined_penalty=SIX_YEARS,
        instrument=NOTICE,
        reason="再审改判",
    )
