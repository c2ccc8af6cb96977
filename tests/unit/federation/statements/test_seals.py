"""What travels when a seal spreads holds by the signature of the node that says it, whoever carried it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest

from federation.charter.model import Charter, InstallationState
from federation.errors import BadEnvelope, Corrupt, HutongError, InvalidRequest, PermissionDenied
from federation.statements.seals import (
    ACKNOWLEDGEMENT,
    CERTIFICATE,
    PROPOSAL,
    key_of,
    open_acknowledgement,
    open_certificate,
    open_proposal,
    sign,
)
from federation.v1 import sealing_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import now, stamp
from tests.support.federation import FEDERATION, GATEWAY, SmallFederation

POLICE, JUSTICE, DESK = "police/node/police-1", "justice/node/justice-1", "police/client/desk"
ID = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("seals"))


@pytest.fixture(scope="module")
def charter(small: SmallFederation) -> Charter:
    return small.charter()


def proposal(**fields: object) -> pb.SealingProposal:
    digest = os.urandom(32)
    usual: dict[str, object] = {
        "proposal_id": ID,
        "rule": "SEALED-BY-A-HOLDER",
        "person_digests": [digest],
        "judgment_digests": [os.urandom(32)],
        "final_digests": [os.urandom(32)],
        "proposer": POLICE,
        "proposed_at": stamp(now()),
    }
    return pb.SealingProposal(**(usual | fields))  # type: ignore[arg-type]


def acknowledgement(
    node: str = "justice-1", installation: str = JUSTICE, **fields: object
) -> pb.SealingAcknowledgement:
    usual: dict[str, object] = {
        "federation": FEDERATION,
        "proposal_id": ID,
        "proposer": POLICE,
        "node": node,
        "installation": installation,
        "stance": pb.SEALING_STANCE_IN_FORCE,
        "at": stamp(now()),
    }
    return pb.SealingAcknowledgement(**(usual | fields))  # type: ignore[arg-type]


def test_r45_a_proposal_is_that_of_the_node_that_signed_it(small: SmallFederation, charter: Charter) -> None:
    signed = sign(PROPOSAL, proposal(), small.party(POLICE).signer)
    assert open_proposal(signed, charter, now=now()).proposer == POLICE
    for other in (JUSTICE, GATEWAY, DESK):
        with pytest.raises((BadEnvelope, PermissionDenied)):
            open_proposal(sign(PROPOSAL, proposal(), small.party(other).signer), charter, now=now())
    signed.payload = signed.payload[:-1] + bytes([signed.payload[-1] ^ 1])
    with pytest.raises(HutongError):
        open_proposal(signed, charter, now=now())


def test_r45_nobody_withdraws_or_takes_in_advance_the_proposal_of_another() -> None:
    assert key_of(POLICE, ID) != key_of(JUSTICE, ID)
    assert key_of(POLICE, ID) == key_of(POLICE, ID)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda p: setattr(p, "proposal_id", "x"), "proposal_id"),
        (lambda p: setattr(p, "record_id", "00" * 16), "person_digests"),
        (lambda p: p.ClearField("person_digests"), "person_digests"),
        (lambda p: p.person_digests.append(b"short"), "person_digests"),
        (lambda p: p.judgment_digests.append(os.urandom(32)), "judgment_digests"),
        (lambda p: (p.ClearField("judgment_digests"), p.ClearField("final_digests")), "judgment_digests"),
        (lambda p: setattr(p, "rule", "R" * 65), "rule"),
        (lambda p: setattr(p, "withdraws", "x"), "withdraws"),
    ],
)
def test_a_proposal_that_no_node_could_act_on_is_refused_by_its_field(
    small: SmallFederation, charter: Charter, change: Callable[[pb.SealingProposal], object], field: str
) -> None:
    made = proposal()
    change(made)
    with pytest.raises(InvalidRequest) as refused:
        open_proposal(sign(PROPOSAL, made, small.party(POLICE).signer), charter, now=now())
    assert field in {v.field for v in refused.value.violations}


def test_a_proposal_from_the_future_or_without_a_time_is_refused(
    small: SmallFederation, charter: Charter
) -> None:
    signer = small.party(POLICE).signer
    ahead = proposal(proposed_at=stamp(now() + timedelta(hours=1)))
    with pytest.raises(BadEnvelope, match="future"):
        open_proposal(sign(PROPOSAL, ahead, signer), charter, now=now())
    with pytest.raises(Corrupt):
        open_proposal(sign(PROPOSAL, proposal(proposed_at="soon"), signer), charter, now=now())
    with pytest.raises(Corrupt):
        open_proposal(Envelope(payload_type=PROPOSAL, payload=b"\xff"), charter, now=now())


def test_r45_a_suspended_node_proposes_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    own = SmallFederation(tmp_path_factory.mktemp("suspended"))
    signed = sign(PROPOSAL, proposal(), own.party(POLICE).signer)
    with pytest.raises(PermissionDenied):
        open_proposal(signed, own.set_state(POLICE, InstallationState.SUSPENDED), now=now())


@pytest.mark.parametrize(
    "made",
    [
        acknowledgement(node="police-1"),
        acknowledgement(installation=POLICE),
        acknowledgement(federation="another"),
        acknowledgement(proposal_id="x"),
    ],
    ids=["another node", "another installation", "another federation", "no proposal"],
)
def test_r45_a_node_acknowledges_for_itself_alone(
    small: SmallFederation, charter: Charter, made: pb.SealingAcknowledgement
) -> None:
    signer = small.party(JUSTICE).signer
    good = sign(ACKNOWLEDGEMENT, acknowledgement(), signer)
    assert open_acknowledgement(good, charter, now=now()).node == "justice-1"
    with pytest.raises(BadEnvelope):
        open_acknowledgement(sign(ACKNOWLEDGEMENT, made, signer), charter, now=now())


@pytest.mark.parametrize(
    ("foreign", "error"),
    [
        (acknowledgement(proposal_id="f" * 32), Corrupt),
        (acknowledgement(proposer=JUSTICE), Corrupt),
        (acknowledgement(node="procuratorate-1"), BadEnvelope),
    ],
)
def test_r45_a_certificate_holds_only_with_words_on_its_own_proposals(
    small: SmallFederation,
    charter: Charter,
    foreign: pb.SealingAcknowledgement,
    error: type[HutongError],
) -> None:
    def certificate(body: pb.SealingAcknowledgement, by: str = POLICE) -> Envelope:
        made = pb.SealingCertificate(
            federation=FEDERATION,
            record_id="00" * 16,
            installation=POLICE,
            certified_at=stamp(now()),
            proposals=[
                pb.CertifiedProposal(
                    proposal_id=ID,
                    acknowledgements=[sign(ACKNOWLEDGEMENT, body, small.party(JUSTICE).signer)],
                )
            ],
        )
        return sign(CERTIFICATE, made, small.party(by).signer)

    checked = open_certificate(certificate(acknowledgement()), charter, now=now())
    assert [w.node for w in checked.acknowledgements[0]] == ["justice-1"]
    with pytest.raises(error):
        open_certificate(certificate(foreign), charter, now=now())
    with pytest.raises(BadEnvelope):
        open_certificate(certificate(acknowledgement(), by=JUSTICE), charter, now=now())
