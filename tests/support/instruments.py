"""Documents of courts that orders rest on, and a penalty that no rule seals."""

from __future__ import annotations

from federation.v1 import record_pb2

NOTICE = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_NOTICE,
    reference="封存通知书1号",
    issuer="某区人民法院",
    issued_on="2025-01-02",
)
SIX_YEARS = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72)
