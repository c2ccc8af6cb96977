"""One signature for a page; each answer alone is proof; nothing about it can be exchanged."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from federation.charter.model import InstallationState
from federation.errors import BadEnvelope, Corrupt, HutongError, PermissionDenied
from federation.evidence.checkpoint import sign_checkpoint, verify_checkpoint
from federation.evidence.page import check_page, check_paged_answer, seal_page
from federation.v1 import query_pb2
from federation.v1.lookup_pb2 import LogHead, PageStatement

HEAD = LogHead(log_size=9, log_root=bytes(32), salt=bytes(range(32)))


@pytest.mark.parametrize("count", [1, 2, 3, 64])
def test_every_answer_of_a_page_is_proof_by_itself(world: Any, count: int) -> None:
    answers = [world.node_answer("police-1", world.facet(f"r-{n}")) for n in range(count)]
    paths, page = seal_page(
        answers,
        federation="test.example",
        node="police-1",
        signer=world.signers["police/node/police-1"],
        head=HEAD,
        signed_at=world.at,
    )
    for index, (answer, path) in enumerate(zip(answers, paths, strict=True)):
        evidence = query_pb2.NodeEvidence(
            node="police-1", answer=answer, leaf_index=index, path=path, page=page
        )
        proven = check_paged_answer(evidence, world.charter, request_digest=world.request, now=world.at)
        assert proven.facets[0].record_id == f"r-{index}"


def test_a_page_covers_the_head_of_the_log_and_shows_nothing_of_it(world: Any) -> None:
    evidence = world.evidence("police-1", world.node_answer("police-1"))
    check_page(evidence, HEAD, world.charter, request_digest=world.request, now=world.at)
    statement = PageStatement.FromString(evidence.page.payload)
    proven = {field.name for field, _ in statement.ListFields()}
    assert proven == {
        "federation",
        "node",
        "installation",
        "answers_root",
        "answers_count",
        "signed_at",
        "log_commitment",
    }


@pytest.mark.parametrize(
    "head",
    [
        LogHead(log_size=8, log_root=HEAD.log_root, salt=HEAD.salt),
        LogHead(log_size=9, log_root=bytes([1] * 32), salt=HEAD.salt),
        LogHead(log_size=9, log_root=HEAD.log_root, salt=bytes(32)),
        LogHead(log_size=9, log_root=HEAD.log_root),
        LogHead(),
    ],
)
def test_another_head_does_not_open_a_page(world: Any, head: LogHead) -> None:
    evidence = world.evidence("police-1", world.node_answer("police-1"))
    with pytest.raises(Corrupt) as caught:
        check_page(evidence, head, world.charter, request_digest=world.request, now=world.at)
    assert caught.value.reason == "WRONG_LOG_HEAD"


def test_a_page_of_none_is_refused(world: Any) -> None:
    signer = world.signers["police/node/police-1"]
    with pytest.raises(Corrupt):
        seal_page([], federation="f", node="n", signer=signer, head=HEAD, signed_at=world.at)


@pytest.mark.parametrize("field", ["answer", "leaf_index", "path", "page", "node"])
def test_evidence_with_any_part_changed_is_refused(world: Any, field: str) -> None:
    evidence = world.evidence("police-1", world.node_answer("police-1"))
    if field == "answer":
        evidence.answer = evidence.answer[:-1] + bytes([evidence.answer[-1] ^ 1])
    elif field == "leaf_index":
        evidence.leaf_index = 0
    elif field == "path":
        evidence.path[0] = bytes(32)
    elif field == "page":
        evidence.page.payload = evidence.page.payload.replace(b"police-1", b"police-2")
    else:
        evidence.node = "justice-1"
    with pytest.raises(HutongError):
        check_paged_answer(evidence, world.charter, request_digest=world.request, now=world.at)


def test_an_answer_to_another_request_is_refused(world: Any) -> None:
    evidence = world.evidence("police-1", world.node_answer("police-1"))
    with pytest.raises(Corrupt, match="another request"):
        check_paged_answer(evidence, world.charter, request_digest=bytes(32), now=world.at)


def test_another_node_cannot_sign_for_a_node(world: Any) -> None:
    forged = world.evidence("police-1", world.node_answer("police-1"), signer="justice/node/justice-1")
    with pytest.raises(BadEnvelope, match="run by police/node/police-1"):
        check_paged_answer(forged, world.charter, request_digest=world.request, now=world.at)


@pytest.mark.parametrize("signer", ["justice/gateway/gateway-1", "police/client/desk"])
def test_a_key_without_the_role_to_answer_cannot_sign_a_page(world: Any, signer: str) -> None:
    forged = world.evidence("police-1", world.node_answer("police-1"), signer=signer)
    with pytest.raises(PermissionDenied):
        check_paged_answer(forged, world.charter, request_digest=world.request, now=world.at)


def test_a_page_checked_once_is_not_trusted_after_its_key_expired_or_was_barred(world: Any) -> None:
    evidence = world.evidence("police-1", world.node_answer("police-1"))
    check_paged_answer(evidence, world.charter, request_digest=world.request, now=world.at)
    late = world.at + timedelta(days=2)
    with pytest.raises(BadEnvelope, match="the key of"):
        check_paged_answer(evidence, world.charter, request_digest=world.request, now=late)
    who = world.signers["police/node/police-1"].installation
    entry = replace(world.charter.installations[who], state=InstallationState.REMOVED)
    installations = {**world.charter.installations, who: entry}
    barred = replace(world.charter, installations=installations, version=4, digest="cd" * 32)
    with pytest.raises(PermissionDenied):
        check_paged_answer(evidence, barred, request_digest=world.request, now=world.at)


@pytest.mark.parametrize("name", ["police/node/police-1", "justice/gateway/gateway-1"])
def test_a_checkpoint_is_verified_under_the_role_of_its_installation(world: Any, name: str) -> None:
    envelope = sign_checkpoint(
        signer=world.signers[name],
        federation="test.example",
        size=5,
        root=bytes(32),
        signed_at=world.at,
        charter_version=3,
    )
    checkpoint = verify_checkpoint(envelope, world.charter, now=world.at)
    assert (checkpoint.installation, checkpoint.size) == (name, 5)
    envelope.payload = envelope.payload.replace(bytes(32), bytes([1] * 32))
    with pytest.raises(BadEnvelope):
        verify_checkpoint(envelope, world.charter, now=world.at)


def test_a_client_cannot_sign_checkpoints_nor_another_federation_lend_its_own(world: Any) -> None:
    for name, federation in (("police/client/desk", "test.example"), ("police/node/police-1", "other")):
        envelope = sign_checkpoint(
            signer=world.signers[name],
            federation=federation,
            size=5,
            root=bytes(32),
            signed_at=world.at,
            charter_version=3,
        )
        with pytest.raises((PermissionDenied, BadEnvelope)):
            verify_checkpoint(envelope, world.charter, now=world.at)
