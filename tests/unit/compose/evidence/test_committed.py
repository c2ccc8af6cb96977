"""What a member kept commits to a node's log, whatever it was signed with; what does not hold is refused."""

import json
from typing import Any

import pytest

from compose.evidence.committed import Kept
from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import BadEnvelope, Corrupt, HutongError, NotFound, PermissionDenied
from federation.evidence.commitment import Commitments, commitment_of
from federation.evidence.page import seal_page
from federation.evidence.view import envelope_json
from federation.notices.document_receipts import sign_receipt
from federation.notices.receipts import sign_receipts
from federation.v1 import notice_pb2, stored_document_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from tests.support.federation import FEDERATION, GATEWAY, SmallFederation

NODE = "police/node/police-1"
NOW = clock.now()
HEAD = Commitments(key=bytes(32)).head(9, bytes(32), at=clock.stamp(NOW))
COMMITMENT = commitment_of(HEAD)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("federation"))


@pytest.fixture(scope="module")
def charter(small: SmallFederation) -> Charter:
    return small.charter()


def page(charter: Charter, signer: Signer) -> Envelope:
    return seal_page(
        [b"an answer"], federation=FEDERATION, node="police-1", signer=signer, head=HEAD, signed_at=NOW
    )[1]


def receipts(charter: Charter, signer: Signer) -> Envelope:
    some = [notice_pb2.NoticeReceipt(notice=bytes(32), stage=notice_pb2.NOTICE_STAGE_REGISTERED)]
    return sign_receipts(some, charter=charter, signer=signer, now=NOW, log_commitment=COMMITMENT)


def receipt(charter: Charter, signer: Signer) -> Envelope:
    return sign_receipt(
        stored_document_pb2.DocumentContent(sha256=bytes(32)),
        stored_document_pb2.DOCUMENT_STAGE_HELD,
        at=clock.stamp(NOW),
        log_entry=bytes(32),
        charter=charter,
        signer=signer,
        now=NOW,
        log_commitment=COMMITMENT,
    )


MADE = [
    (page, "a page of answers"),
    (receipts, "receipts of notices"),
    (receipt, "the receipt of a document"),
]


def kept(envelope: Envelope) -> Kept:
    return Kept(json.dumps(envelope_json(envelope)).encode())


@pytest.mark.parametrize(("make", "what"), MADE)
def test_whatever_a_node_signed_gives_its_commitment(
    small: SmallFederation, charter: Charter, make: Any, what: str
) -> None:
    saved = kept(make(charter, small.party(NODE).signer))
    [found] = saved.committed(NODE, lambda _: charter)
    assert (found.what, found.signed_at, found.commitment) == (what, clock.stamp(NOW), COMMITMENT)
    assert saved.federation == FEDERATION


@pytest.mark.parametrize("make", [make for make, _ in MADE])
def test_what_another_signed_or_was_changed_later_convicts_nobody(
    small: SmallFederation, charter: Charter, make: Any
) -> None:
    changed = make(charter, small.party(NODE).signer)
    changed.payload = changed.payload.replace(COMMITMENT, bytes(32))
    with pytest.raises(BadEnvelope):
        list(kept(changed).committed(NODE, lambda _: charter))
    with pytest.raises(NotFound, match="police/node/police-1"):
        list(
            kept(make(charter, small.party("justice/node/justice-1").signer)).committed(
                NODE, lambda _: charter
            )
        )
    by_gateway = make(charter, small.party(GATEWAY).signer)
    with pytest.raises((PermissionDenied, BadEnvelope)):
        list(kept(by_gateway).committed(GATEWAY, lambda _: charter))


@pytest.mark.parametrize("document", [b"{}", b"[]", b"nothing", b'{"format": "hutong-answer-v1"}'])
def test_another_document_is_refused(document: bytes) -> None:
    with pytest.raises(Corrupt):
        Kept(document)


def test_a_receipt_of_a_gateway_commits_to_nothing(small: SmallFederation, charter: Charter) -> None:
    signed = sign_receipts([], charter=charter, signer=small.party(GATEWAY).signer, now=NOW)
    with pytest.raises(NotFound):
        list(kept(signed).committed(GATEWAY, lambda _: charter))


def test_other_signed_bytes_are_refused_by_what_is_expected() -> None:
    with pytest.raises(HutongError, match="neither a saved answer nor a signed page"):
        kept(Envelope(payload_type="application/x", payload=b""))
