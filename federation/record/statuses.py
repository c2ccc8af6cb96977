"""The contract's value for each sealing status: the only place where the law's `Status` becomes a wire value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from federation.law.sealing import Status
from federation.v1 import record_pb2 as pb

SEALING_STATUS: Final[Mapping[Status, pb.SealingStatus.ValueType]] = {
    Status.OPEN: pb.SEALING_STATUS_OPEN,
    Status.SEALED: pb.SEALING_STATUS_SEALED,
    Status.WITHHELD: pb.SEALING_STATUS_WITHHELD,
}
