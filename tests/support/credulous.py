"""A node of few lines that believes everything: it checks no envelope, purpose or seal, and signs its pages well.

It shares no part with our own node. `hutong verify` calls its answers good; the conformance kit must not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from compose.conformance.kit import digest
from federation.charter.model import Charter
from federation.evidence.page import seal_page
from federation.v1 import lookup_pb2 as pb
from federation.v1 import lookup_pb2_grpc, query_pb2, record_pb2
from federation.v1.envelope_pb2 import Statement
from federation.values import clock
from tests.support.federation import Party


class CredulousNode(lookup_pb2_grpc.LookupServiceServicer):
    """Answers whoever asks with whatever it has."""

    def __init__(self, party: Party, charter: Charter, records: Sequence[record_pb2.Record]) -> None:
        self._party, self._charter, self._records = party, charter, records

    def Lookup(
        self, request_iterator: Iterator[pb.LookupRequest], context: Any
    ) -> Iterator[pb.LookupResponse]:
        for request in request_iterator:
            answers = [self._answer(question).SerializeToString() for question in request.questions]
            head, now = pb.LogHead(log_size=1, log_root=bytes(32), salt=bytes(32)), clock.now()
            name = self._party.installation.name
            paths, statement = seal_page(
                answers,
                federation=self._charter.federation,
                node=name,
                signer=self._party.signer,
                head=head,
                signed_at=now,
            )
            paged = [pb.PagedAnswer(answer=a, path=p) for a, p in zip(answers, paths, strict=True)]
            yield pb.LookupResponse(page=request.page, answers=paged, statement=statement, head=head)

    def _answer(self, question: pb.Question) -> pb.NodeAnswer:
        query = query_pb2.Query.FromString(Statement.FromString(question.envelope.payload).body)
        asked = {identifier.number for identifier in query.subject.identifiers}
        found = [
            record_pb2.Facet(record=record)
            for record in self._records
            if asked & {identifier.number for identifier in record.person.identifiers}
        ]
        return pb.NodeAnswer(
            node=self._party.installation.name,
            request_digest=digest(question.envelope),
            outcome=query_pb2.OUTCOME_MATCH if found else query_pb2.OUTCOME_NONE,
            facets=found,
            as_of=clock.stamp(clock.now()),
            charter_version=self._charter.version,
        )


@contextmanager
def credulous(party: Party, charter: Charter, records: Sequence[record_pb2.Record]) -> Iterator[str]:
    """Serve such a node with the certificate of a real one, and yield its address."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    lookup_pb2_grpc.add_LookupServiceServicer_to_server(CredulousNode(party, charter, records), server)
    pair = (party.key.read_bytes(), party.certificate.read_bytes())
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    try:
        yield f"localhost:{port}"
    finally:
        server.stop(None).wait()
