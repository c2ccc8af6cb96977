"""No number that a member gets tells how far a log has grown; gateways and auditors can check what is behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import node.asking.answering
from federation.evidence.commitment import insist_opens
from federation.v1 import lookup_pb2
from federation.values.identity import Installation
from tests.support.federation import GATEWAY
from tests.support.records import Someone
from tests.support.seal_servers import SealServers, finding, seal_servers

Answering = node.asking.answering.Answering


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    """Return four nodes and a gateway in this process."""
    with seal_servers(tmp_path_factory.mktemp("sizes")) as running:
        yield running


def test_a_gateway_gets_the_head_behind_a_page_and_the_asker_does_not(
    servers: SealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page that police-1 sends is looked at on its way to the gateway."""
    sent: list[lookup_pb2.LookupResponse] = []
    answer = Answering.answer

    def seen(
        self: Answering, request: lookup_pb2.LookupRequest, gateway: Installation
    ) -> lookup_pb2.LookupResponse:
        sent.append(answer(self, request, gateway))
        return sent[-1]

    monkeypatch.setattr(Answering, "answer", seen)
    given = servers.ask(Someone().subject())
    assert len(given.evidence) == 4
    for response in sent:
        statement = lookup_pb2.PageStatement.FromString(response.statement.payload)
        insist_opens(response.head, statement.log_commitment)
        assert response.head.log_size > 0
        for kept_back in (response.head.log_root, response.head.salt):
            assert kept_back not in given.SerializeToString()


def test_a_node_whose_head_does_not_open_its_page_counts_as_unreachable_and_is_an_incident(
    servers: SealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Answering.answer

    def one_less(
        self: Answering, request: lookup_pb2.LookupRequest, gateway: Installation
    ) -> lookup_pb2.LookupResponse:
        response = answer(self, request, gateway)
        if self._node.name == "police-1":
            response.head.log_size -= 1
        return response

    with monkeypatch.context() as patch:
        patch.setattr(Answering, "answer", one_less)
        given = servers.ask(Someone().subject())
    assert finding(given) == ("UNDECIDED", "PARTIAL")
    reasons = {outcome.node: outcome.reason for outcome in given.outcomes if outcome.reason}
    assert reasons == {"police-1": "WRONG_LOG_HEAD"}
    [incident] = [entry for entry in servers.entries(GATEWAY) if entry["kind"] == "incident"]
    assert (incident["what"], incident["node"], incident["reason"]) == (
        "wrong-answer",
        "police-1",
        "WRONG_LOG_HEAD",
    )
    assert finding(servers.ask(Someone().subject())) == ("NO_RECORD", "COMPLETE")
