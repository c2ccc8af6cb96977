"""No number that a member gets tells how far a log has grown; gateways and auditors can check what is behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner, Result

import node.asking.answering
from compose.evidence.audit_cli import audit
from federation.client import Client
from federation.errors import PermissionDenied
from federation.evidence.answer_file import document_text, render
from federation.evidence.checkpoint import read_checkpoint, verify_checkpoint
from federation.evidence.commitment import insist_opens
from federation.evidence.entry import salted_leaf
from federation.evidence.export import checkpoint_line, entry_line, header_line
from federation.evidence.merkle import root_of
from federation.transport.status import understood
from federation.transport.tls import channel
from federation.v1 import evidence_pb2, evidence_pb2_grpc, lookup_pb2
from federation.v1.evidence_pb2 import Checkpoint
from federation.values import clock
from federation.values.identity import Installation
from tests.support import asking
from tests.support.federation import GATEWAY
from tests.support.records import Someone, record
from tests.support.seal_servers import SealServers, finding, seal_servers
from tests.support.waiting import wait_for

POLICE = "police/node/police-1"
#: So many seconds after 1970 no fixed time is near.
NEVER = 1e9
Answering = node.asking.answering.QuestionAnswerer


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    """Return four nodes and a gateway in this process."""
    with seal_servers(tmp_path_factory.mktemp("sizes"), members_checkpoint_every_s=NEVER) as running:
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


def answered(servers: SealServers, folder: Path) -> Path:
    """Return a court's saved answer."""
    given = servers.of("court").ask(asking.case(Someone().subject()))
    path = folder / "answer.json"
    path.write_text(document_text(render(given.envelope)), "utf-8")
    return path


@pytest.fixture
def kept(servers: SealServers, tmp_path: Path) -> Path:
    """Return a court's saved answer, after which the log of police-1 has grown."""
    entered = servers.enter("police", record(Someone()))
    path = answered(servers, tmp_path)
    servers.of("police").register.show("police-1", entered.record_id)
    return path


def checkpoint(client: Client, server: str = POLICE) -> Checkpoint:
    """Return the checkpoint that a client gets, its signature verified."""
    envelope = client.evidence.checkpoint(Installation.parse(server))
    return verify_checkpoint(envelope, client.charter, now=clock.now())


@pytest.mark.parametrize("server", [POLICE, GATEWAY])
def test_other_members_get_the_checkpoint_of_the_last_fixed_time(servers: SealServers, server: str) -> None:
    court = servers.of("court")
    before = checkpoint(court, server)
    servers.enter("police", record(Someone()))
    servers.ask(Someone().subject())
    wait_for(
        lambda: servers.read(server, "SELECT max(size) FROM log_checkpoint"),
        lambda size: size > before.size,
        what="the next look at whether a fixed time has come",
    )
    assert checkpoint(court, server) == before


def test_the_own_member_and_witnesses_get_the_newest_checkpoint(servers: SealServers) -> None:
    before = checkpoint(servers.of("police"))
    servers.enter("police", record(Someone()))
    after = checkpoint(servers.of("police"))
    assert after.size > before.size
    stub = evidence_pb2_grpc.EvidenceServiceStub(line_of(servers, GATEWAY))
    as_witness = stub.GetCheckpoint(evidence_pb2.GetCheckpointRequest())
    assert Checkpoint.FromString(as_witness.checkpoint.payload).size >= after.size


def test_proofs_are_refused_to_other_members_alike_for_every_size(servers: SealServers) -> None:
    with line_of(servers, "court/client/desk") as line:
        stub = evidence_pb2_grpc.EvidenceServiceStub(line)
        said = set()
        for size in (1, 2, 10**6):
            for call in (
                lambda size=size: stub.ProveConsistency(
                    evidence_pb2.ProveConsistencyRequest(first=1, second=size)
                ),
                lambda size=size: stub.ProveInclusion(
                    evidence_pb2.ProveInclusionRequest(leaf_hash=bytes(32), size=size)
                ),
            ):
                with pytest.raises(PermissionDenied) as refused, understood():
                    call()
                said.add(refused.value.message.partition(" ")[2])
    assert said == {"is for police itself and for gateways and for nodes, not court/client/desk"}
    with line_of(servers, GATEWAY) as line:
        stub = evidence_pb2_grpc.EvidenceServiceStub(line)
        newest = checkpoint(servers.of("police"))
        proof = stub.ProveConsistency(evidence_pb2.ProveConsistencyRequest(first=1, second=newest.size))
        assert proof.second == newest.size


def line_of(servers: SealServers, who: str) -> grpc.Channel:
    """Return a line to police-1 under the certificate of another installation."""
    party, charter = servers.federation.party(who), servers.of("police").charter
    [place] = [each for each in charter.nodes if str(each.installation) == POLICE]
    return channel(
        place.endpoint,
        server=place.installation,
        charter=charter,
        certificate=party.certificate,
        key=party.key,
    )


def opened(servers: SealServers, saved: Path, log: Path, *options: str) -> Result:
    """Run `hutong audit open` with the federation's charter."""
    federation = servers.federation
    arguments = ["open", str(saved), "--log", str(log), "--json", *options]
    trusted = ["--charter", str(federation.published), "--root", str(federation.root)]
    return CliRunner().invoke(audit, [*arguments, *trusted])


def as_home(servers: SealServers, home: Path) -> Path:
    """Return the home with the settings file that `hutong node` needs."""
    party = servers.federation.party(POLICE)
    said = {
        "charter": servers.federation.published,
        "installation": POLICE,
        "certificate": party.certificate,
        "key": party.key,
        "signing_key": party.signing_key,
    }
    (home / "settings.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in said.items()))
    return home


def exported(servers: SealServers, path: Path) -> Path:
    """Write the node's log as `hutong audit export` does."""
    client, node_ = servers.of("police"), Installation.parse(POLICE)
    newest = client.evidence.checkpoint(node_)
    header = header_line(
        federation=client.charter.federation,
        installation=POLICE,
        charter=client.charter,
        exported_at=clock.now(),
        newest=newest,
    )
    entries = islice(client.evidence.entries(node_), read_checkpoint(newest).size)
    lines = [entry_line(entry.index, entry.salt, entry.body) for entry in entries]
    path.write_text("".join([header, *lines, checkpoint_line(newest)]), "utf-8")
    return path


def test_a_kept_answer_opens_to_the_log_of_a_node_that_has_gone_on(servers: SealServers, kept: Path) -> None:
    result = opened(servers, kept, as_home(servers, servers.home(POLICE)))
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    [commitment] = said["commitments"]
    assert (said["installation"], commitment["what"]) == (POLICE, "a page of answers")
    leaves = [
        salted_leaf(e.salt, e.body) for e in servers.of("police").evidence.entries(Installation.parse(POLICE))
    ]
    assert commitment["size"] < len(leaves)
    assert commitment["root"] == root_of(leaves[: commitment["size"]]).hex()


def test_an_auditor_opens_it_with_an_export_and_the_key_alone(
    servers: SealServers, kept: Path, tmp_path: Path
) -> None:
    key = servers.home(POLICE) / "keys" / "commitment.key"
    at_node = json.loads(opened(servers, kept, as_home(servers, servers.home(POLICE))).stdout)
    export = exported(servers, tmp_path / "log.jsonl")
    wrong_key = str(servers.home(GATEWAY) / "keys" / "held.key")
    too_early = opened(servers, kept, export, "--key", wrong_key)
    assert (too_early.exit_code, "export the log again" in too_early.stderr) == (1, True)
    assert "name the node's commitment.key" in opened(servers, kept, export).stderr
    with_key = opened(servers, kept, export, "--key", str(key))
    assert (with_key.exit_code, json.loads(with_key.stdout)) == (0, at_node)


def test_a_kept_answer_convicts_a_log_that_was_rewritten(servers: SealServers, tmp_path: Path) -> None:
    """The node is put back to an earlier copy, and goes on until its log is longer than before."""
    entered = servers.enter("police", record(Someone()))
    servers.stop(POLICE)
    servers.copy_store(POLICE, tmp_path / "old")
    servers.start(POLICE)
    saved = answered(servers, tmp_path)
    home = as_home(servers, servers.home(POLICE))
    size = json.loads(opened(servers, saved, home).stdout)["commitments"][0]["size"]
    servers.stop(POLICE)
    servers.restore_store(POLICE, tmp_path / "old")
    servers.start(POLICE)
    police = servers.of("police")
    while len(list(police.evidence.entries(Installation.parse(POLICE)))) <= size:
        police.register.show("police-1", entered.record_id)
    result = opened(servers, saved, home)
    assert result.exit_code == 1
    [commitment] = json.loads(result.stdout)["commitments"]
    assert (commitment["size"], commitment["root"]) == (None, None)
