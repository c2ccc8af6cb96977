"""Correction requests to owners for conflicts found by merging (R58): they name the facets and carry no values."""

from __future__ import annotations

from collections.abc import Iterator

from federation.v1 import correction_pb2, notice_pb2, query_pb2
from federation.values.clock import legal_day, parse_stamp

REASON = "各机关登记不一致，请核对。Agencies differ: look at the source and correct or confirm."


def correction_requests(conviction: query_pb2.MergedConviction) -> Iterator[notice_pb2.Notice]:
    """Yield one request for each facet of each field in conflict.

    The same versions in the same conflict always give the same bytes, so that each request is sent only once.
    """
    try:
        newest = max(legal_day(parse_stamp(facet.entered_at)) for facet in conviction.facets)
    except ValueError:  # no time, or one that cannot be read: no request can be made of it
        return
    for conflict in conviction.conflicts:
        nodes = {claim.node for claim in conflict.claims}
        facets = sorted(
            (f for f in conviction.facets if f.node in nodes), key=lambda f: (f.node, f.record_id, f.version)
        )
        for facet in facets:
            yield notice_pb2.Notice(
                kind=notice_pb2.NOTICE_KIND_CORRECTION_REQUEST,
                occurred_on=newest.isoformat(),
                reason=REASON,
                correction=correction_pb2.CorrectionRequest(
                    node=facet.node,
                    record_id=facet.record_id,
                    version=facet.version,
                    field=conflict.field,
                    differs_from=[
                        correction_pb2.DifferingFacet(
                            node=other.node, record_id=other.record_id, version=other.version
                        )
                        for other in facets
                        if other is not facet
                    ],
                ),
            )
