"""Changes to a complete record, each of one field, by which a test breaks one rule."""

from __future__ import annotations

from collections.abc import Callable

from federation.v1 import record_pb2 as pb

UNSTATED = pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
Change = Callable[[pb.Record], object]


def put(path: str, value: object) -> Change:
    """Return the change that sets a field at a path such as "offences[0].conduct_from"."""

    def change(made: pb.Record) -> None:
        parent: object = made
        *way, last = path.replace("[", ".").replace("]", "").split(".")
        for step in way:
            parent = parent[int(step)] if step.isdigit() else getattr(parent, step)  # type: ignore[index]
        setattr(parent, last, value)

    return change


def unknown(field: str, reason: pb.UnknownReason.ValueType = UNSTATED) -> Change:
    return lambda made: made.unknowns.add(field=field, reason=reason)


def both(*changes: Change) -> Change:
    return lambda made: [change(made) for change in changes]


NUMBER = "person.identifiers[0].number"
