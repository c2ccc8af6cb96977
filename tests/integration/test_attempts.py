"""A question says which attempt to ask this node it is: a node answers eight, and refuses any other number by name."""

from __future__ import annotations

from compose.local.layout import GATEWAY, node_installation
from federation.charter.envelope import GATEWAY as ANY_GATEWAY
from federation.statements.methods import ASK
from federation.transport.tls import channel
from federation.v1 import lookup_pb2, lookup_pb2_grpc, query_pb2
from gateway.asking.link import MOST_ATTEMPTS
from server.journal.log import MAX_ATTEMPTS
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone
from tests.support.waiting import PATIENCE_S

NONE, REFUSED = query_pb2.OUTCOME_NONE, query_pb2.OUTCOME_REFUSED


def outcomes(federation: LocalFederation, *attempts: int) -> list[tuple[int, str]]:
    """Return what the police's node answers on one page to one question for each attempt, as a gateway asks it."""
    connection, charter = federation.client("court").connection, federation.charter()
    questions = []
    for attempt in attempts:
        body = asking.case(Someone().subject()).SerializeToString(deterministic=True)
        envelope = connection.statement(body, method=ASK, destination=ANY_GATEWAY)
        questions.append(lookup_pb2.Question(envelope=envelope, attempt=attempt))
    server, folder = node_installation("police"), federation.layout.folder(GATEWAY)
    [place] = [node for node in charter.nodes if node.installation == server]
    line = channel(
        place.endpoint,
        server=server,
        charter=charter,
        certificate=folder / "tls.pem",
        key=folder / "tls.key",
    )
    page = lookup_pb2.LookupRequest(page=1, questions=questions)
    with line as opened:
        [response] = lookup_pb2_grpc.LookupServiceStub(opened).Lookup(iter([page]), timeout=PATIENCE_S)
    answers = [lookup_pb2.NodeAnswer.FromString(paged.answer) for paged in response.answers]
    return [(answer.outcome, answer.reason) for answer in answers]


def test_a_gateway_makes_no_attempt_that_nodes_refuse() -> None:
    assert MOST_ATTEMPTS == MAX_ATTEMPTS == 8


def test_an_attempt_out_of_range_is_refused_by_name_and_the_rest_of_the_page_is_answered(
    running_federation: LocalFederation,
) -> None:
    refused = (REFUSED, "ATTEMPT_OUT_OF_RANGE")
    assert outcomes(running_federation, 1, 0, 8, 9, 2**32 - 1, 2) == [
        (NONE, ""),
        refused,
        (NONE, ""),
        refused,
        refused,
        (NONE, ""),
    ]
