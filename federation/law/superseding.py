"""When a new version of a record makes untrue what was told of it before, so that answers are recalled (R47).

An execution goes on: a release that is added leaves true what was told while the sentence was being served, and an
answer says that it holds as of its time. Whatever else changes supersedes what was told.
"""

from __future__ import annotations

from federation.v1 import record_pb2


def supersedes_told(before: record_pb2.Record, after: record_pb2.Record) -> bool:
    """Say whether `after` says anything else than `before`, apart from what happened since (R21).

    Added events may come with a document of their own, and end that nothing was known of the execution.
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
