"""LookupService at a node: pages of questions from gateways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import grpc

from federation.errors import Exhausted, InvalidRequest
from federation.transport.layers import peer_of
from federation.v1 import lookup_pb2, lookup_pb2_grpc
from node.asking.answering import MOST_QUESTIONS, QuestionAnswerer

#: Digests of further persons that a gateway may name with one question.
MOST_PERSONS = 512
_DIGEST_BYTES = 32


class LookupServicer(lookup_pb2_grpc.LookupServiceServicer):
    """Hands each page to `QuestionAnswerer`."""

    def __init__(self, *, answering: QuestionAnswerer) -> None:
        self._answering = answering

    def Lookup(
        self, request_iterator: Iterator[lookup_pb2.LookupRequest], context: grpc.ServicerContext
    ) -> Iterator[lookup_pb2.LookupResponse]:
        """Answer page after page until the gateway ends the stream."""
        for request in request_iterator:
            if not request.questions:
                raise InvalidRequest.of("questions", "SIZE", "a page holds at least one question")
            if len(request.questions) > MOST_QUESTIONS:
                raise Exhausted(f"a page holds at most {MOST_QUESTIONS} questions")
            if any(not _sound(question.person_digests) for question in request.questions):
                raise InvalidRequest.of(
                    "questions.person_digests", "FORMAT", f"at most {MOST_PERSONS} SHA-256 digests"
                )
            yield self._answering.answer(request, peer_of(context))


def _sound(digests: Sequence[bytes]) -> bool:
    return len(digests) <= MOST_PERSONS and all(len(digest) == _DIGEST_BYTES for digest in digests)
