"""What of a reply or a conviction names somebody else than the person asked about (A4, R38)."""

from __future__ import annotations

from typing import Literal

from federation.answers.replies import Reply
from federation.record.fields import CO_OFFENDERS
from federation.v1 import query_pb2, record_pb2


def names_prosecutor(reply: Reply) -> bool:
    """Say whether the reply names a private prosecutor (A4)."""
    return reply.answer is not None and any(
        f.record.prosecuting_party.WhichOneof("party") == "private_prosecutor" for f in reply.answer.facets
    )


def names_others(reply: Reply) -> bool:
    """Say whether the reply names a private prosecutor (A4) or others of the case (R38): convicts, or a victim."""
    named = reply.answer is not None and any(CO_OFFENDERS in f.record.extensions for f in reply.answer.facets)
    return named or names_prosecutor(reply) or orders_prohibition(reply)


def orders_prohibition(reply: Reply) -> bool:
    """Say whether the reply holds a prohibition order, which may name whom the offender must not approach."""
    return reply.answer is not None and any(
        each.kind == record_pb2.PROHIBITION_KIND_ORDER
        for facet in reply.answer.facets
        for each in facet.record.prohibitions
    )


def leave_out(
    conviction: query_pb2.MergedConviction, field: Literal["prosecuting_party", "prohibitions"]
) -> None:
    """Remove a field that names somebody else, and its conflicts: that is another's personal data (A4)."""
    conviction.record.ClearField(field)
    for part in (conviction.sources, conviction.conflicts):
        for item in [i for i in part if i.field == field]:
            part.remove(item)  # type: ignore[arg-type]
