"""How many answers fit into one message: a page of large records is answered in parts, never cut inside."""

from __future__ import annotations

from collections.abc import Sequence

from federation.record.validate import MAX_RECORD
from federation.transport.limits import PAGE_CONTENT, RESPONSE, RESPONSE_CONTENT, SMALL, first_page
from federation.v1 import lookup_pb2, query_pb2

#: This many records always fit, so their sizes need not be measured. A facet is a record with its sources.
_ALWAYS_FIT = RESPONSE_CONTENT // (2 * MAX_RECORD)
#: The largest size of one answer: its path and the page's statement travel in the same message.
_LARGEST = RESPONSE - 2 * SMALL


def fitting(answers: Sequence[lookup_pb2.NodeAnswer], attached: Sequence[int]) -> list[lookup_pb2.NodeAnswer]:
    """Return the first of `answers` that fit into one message, one at least.

    `attached` has the number of bytes that go with each answer outside of it. An answer that is too large by itself is
    refused with that reason, so that the gateway knows what is missing.
    """
    if sum(len(answer.facets) for answer in answers) <= _ALWAYS_FIT and sum(attached) <= PAGE_CONTENT:
        return list(answers)
    sent = [
        refused_instead(answer, reason="ANSWER_TOO_LARGE") if answer.ByteSize() > _LARGEST else answer
        for answer in answers
    ]
    weighed = [(answer, answer.ByteSize() + more) for answer, more in zip(sent, attached, strict=True)]
    page = first_page(weighed, lambda each: each[1], most=len(sent), content=RESPONSE_CONTENT)
    return [answer for answer, _ in page]


def refused_instead(answer: lookup_pb2.NodeAnswer, *, reason: str) -> lookup_pb2.NodeAnswer:
    """Return the refusal that is sent in place of `answer`, without its records."""
    refused = lookup_pb2.NodeAnswer()
    refused.CopyFrom(answer)
    refused.ClearField("facets")
    refused.outcome = query_pb2.OUTCOME_REFUSED
    refused.reason = reason
    return refused
