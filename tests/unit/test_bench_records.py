"""The records that the measurements enter are ones that a node takes: otherwise they measure nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice

import pytest

from bench.sealing import sealed_records
from federation.record.validate import admit
from federation.v1 import record_pb2

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize("made", [sealed_records(), sealed_records(after=5_000)])
def test_a_node_takes_each_record_that_is_measured(made: Iterator[record_pb2.Record]) -> None:
    for record in islice(made, 200):
        admit(record, today=TODAY, allow_synthetic=True)
