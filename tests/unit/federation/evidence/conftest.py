"""A small federation of keys, made in memory: two nodes, a gateway, and an asking member."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.charter.envelope import ANSWER, Signer, sign_payload
from federation.charter.model import (
    Charter,
    Gateway,
    InstallationEntry,
    InstallationState,
    Key,
    Node,
    ProfilePeriod,
)
from federation.evidence.page import seal_page
from federation.v1 import lookup_pb2, query_pb2, record_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from federation.values.identity import Installation, MemberId, NodeName, Role

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
REQUEST = bytes(range(32))
HEAD = lookup_pb2.LogHead(log_size=9, log_root=bytes(32), salt=bytes(range(32)))
ROLES = {
    "police/node/police-1": Role.ANSWERS,
    "justice/node/justice-1": Role.ANSWERS,
    "justice/gateway/gateway-1": Role.INTERCONNECTS,
    "police/client/desk": Role.ASKS,
}


@dataclass(frozen=True)
class World:
    """A charter and the signers of its installations."""

    charter: Charter
    signers: dict[str, Signer]
    at: datetime = AT
    request: bytes = REQUEST

    def charter_at(self, moment: datetime) -> Charter:
        return self.charter

    def facet(self, record_id: str, **changes: Any) -> record_pb2.Facet:
        record = record_pb2.Record(
            court=record_pb2.Court(name="某区人民法院"),
            final_on="2020-01-11",
            offences=[record_pb2.Offence(name="盗窃罪", conduct_from="2019-05-05")],
            **changes,
        )
        return record_pb2.Facet(
            record_id=record_id,
            version=1,
            record=record,
            provenance=record_pb2.Provenance(entered_at=clock.stamp(AT)),
        )

    def node_answer(self, node: str, *facets: record_pb2.Facet) -> bytes:
        return lookup_pb2.NodeAnswer(
            node=node,
            request_digest=REQUEST,
            outcome=query_pb2.OUTCOME_MATCH if facets else query_pb2.OUTCOME_NONE,
            facets=facets,
            as_of=clock.stamp(AT),
            charter_version=3,
        ).SerializeToString()

    def evidence(self, node: str, answer: bytes, *, signer: str | None = None) -> query_pb2.NodeEvidence:
        page = [b"another answer", answer, b"a third"]
        who = self.signers[signer or f"{node.split('-')[0]}/node/{node}"]
        paths, envelope = seal_page(
            page,
            federation=self.charter.federation,
            node=node,
            signer=who,
            head=HEAD,
            signed_at=AT,
        )
        return query_pb2.NodeEvidence(node=node, answer=answer, leaf_index=1, path=paths[1], page=envelope)

    def answer(self) -> query_pb2.Answer:
        """A full answer: police has a record, justice has none."""
        facet = self.facet("r-1")
        return query_pb2.Answer(
            federation=self.charter.federation,
            charter_version=3,
            charter_digest="ab" * 32,
            answer_id="a-1",
            request_digest=REQUEST,
            gateway="justice/gateway/gateway-1",
            answered_at=clock.stamp(AT),
            purpose=query_pb2.PURPOSE_CASE,
            granularity=query_pb2.GRANULARITY_FULL,
            completeness=query_pb2.COMPLETENESS_COMPLETE,
            finding=query_pb2.FINDING_RECORD,
            outcomes=[
                query_pb2.NodeOutcome(node=node, agency=agency, outcome=outcome, as_of=clock.stamp(AT))
                for node, agency, outcome in (
                    ("police-1", "police", query_pb2.OUTCOME_MATCH),
                    ("justice-1", "justice", query_pb2.OUTCOME_NONE),
                )
            ],
            convictions=[
                query_pb2.MergedConviction(
                    record=facet.record,
                    sources=[query_pb2.FieldSource(field="final_on", nodes=["police-1"])],
                    facets=[
                        query_pb2.FacetReference(
                            node="police-1", record_id="r-1", version=1, entered_at=clock.stamp(AT)
                        )
                    ],
                )
            ],
            terms=["保密"],
            evidence=[
                self.evidence("police-1", self.node_answer("police-1", facet)),
                self.evidence("justice-1", self.node_answer("justice-1")),
            ],
        )

    def sign(self, answer: query_pb2.Answer, signer: str = "justice/gateway/gateway-1") -> Envelope:
        return sign_payload(ANSWER, answer.SerializeToString(), self.signers[signer])

    def changed(self, change: Callable[[Charter], Charter]) -> "World":
        return replace(self, charter=change(self.charter))


@pytest.fixture(scope="session")
def world() -> World:
    """Return a federation whose keys are valid for a day around `AT`."""
    signers = {name: Signer(Installation.parse(name), Ed25519PrivateKey.generate()) for name in ROLES}
    entries = {
        signer.installation: InstallationEntry(
            installation=signer.installation,
            state=InstallationState.ACTIVE,
            keys=(
                Key(
                    keyid=signer.keyid,
                    public=signer.public,
                    roles=frozenset({ROLES[name]}),
                    not_before=AT - timedelta(days=1),
                    not_after=AT + timedelta(days=1),
                ),
            ),
            dns="",
        )
        for name, signer in signers.items()
    }
    nodes = tuple(
        Node(NodeName(f"{a}-1"), MemberId(a), signers[f"{a}/node/{a}-1"].installation, "localhost:1")
        for a in ("police", "justice")
    )
    gateway = signers["justice/gateway/gateway-1"].installation
    charter = Charter(
        federation="test.example",
        version=3,
        digest="ab" * 32,
        members={},
        authorities={},
        installations=entries,
        nodes=nodes,
        gateways=(Gateway("gateway-1", gateway, "localhost:2"),),
        revoked={},
        purposes={p: (MemberId("police"), MemberId("justice")) for p in ("case", "public")},
        profiles=(ProfilePeriod("practice-2022", date(2022, 5, 30)),),
    )
    return World(charter, signers)
