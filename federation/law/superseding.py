"""Superseded disclosures: a new version of a record makes earlier answers untrue, so that they are recalled (R47).

Execution goes on: when a release is added, an answer given while the sentence was being served remains true, because
an answer is valid as of its time. Any other change supersedes the disclosures of the earlier version.
"""

from __future__ import annotations

from federation.v1 import record_pb2


def supersedes_disclosed(before: record_pb2.Record, after: record_pb2.Record) -> bool:
    """Say whether `after` differs from `before` in more than added events of execution (R21).

    Added events may bring a new source document, and may replace the entry that the execution is unknown.
    """
    earlier = [event.SerializeToString(deterministic=True) for event in before.execution]
    later = [event.SerializeToString(deterministic=True) for event in after.execution]
    if any(earlier.count(event) > later.count(event) for event in earlier):
        return True
    continued = len(later) > len(earlier)
    return _rest(before, continued=continued) != _rest(after, continued=continued)


def _rest(record: record_pb2.Record, *, continued: bool) -> bytes:
    rest = record_pb2.Record()
    rest.CopyFrom(record)
    rest.ClearField("execution")
    if continued:
        rest.ClearField("instrument")
        unknowns = [unknown for unknown in rest.unknowns if unknown.field != "execution"]
        del rest.unknowns[:]
        rest.unknowns.extend(unknowns)
    return rest.SerializeToString(deterministic=True)
