"""One signature for a page of answers: a node signs the Merkle root, and each answer carries its path.

The answers of a page share the cost of signing and checking. Still, each answer can be checked alone, years later,
with nothing but the answer and the charter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from google.protobuf.message import DecodeError

from federation.charter.envelope import PAGE, Signer, sign_payload, verify_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, Corrupt
from federation.evidence.commitment import commitment_of, insist_opens
from federation.evidence.merkle import (
    HASH_BYTES,
    inclusion_path,
    leaf_hash,
    reader_of,
    root_of,
    verify_inclusion,
)
from federation.v1.envelope_pb2 import Envelope
from federation.v1.lookup_pb2 import LogHead, NodeAnswer, PageStatement
from federation.v1.query_pb2 import NodeEvidence
from federation.values import clock
from federation.values.identity import Role

_PAGES_REMEMBERED = 512


def seal_page(
    answers: Sequence[bytes],
    *,
    federation: str,
    node: str,
    signer: Signer,
    head: LogHead,
    signed_at: datetime,
) -> tuple[list[list[bytes]], Envelope]:
    """Return the path of each answer and the signed `PageStatement` over them all; a page of one works too.

    `answers` are the bytes of `NodeAnswer`s; `head` is the node's log after the entries that account for this page:
    the signature covers it through a commitment. Raises `Corrupt` for an empty page.
    """
    if not answers:
        raise Corrupt("a page holds at least one answer")
    leaves = [leaf_hash(answer) for answer in answers]
    subtree = reader_of(leaves)
    statement = PageStatement(
        federation=federation,
        node=node,
        installation=str(signer.installation),
        answers_root=root_of(leaves),
        answers_count=len(leaves),
        signed_at=clock.stamp(signed_at),
        log_commitment=commitment_of(head),
    )
    envelope = sign_payload(PAGE, statement.SerializeToString(deterministic=True), signer)
    return [inclusion_path(index, len(leaves), subtree) for index in range(len(leaves))], envelope


def check_paged_answer(
    evidence: NodeEvidence, charter: Charter, *, request_digest: bytes, now: datetime
) -> NodeAnswer:
    """Return the answer inside `evidence` if every check succeeds, or raise naming the one that fails.

    The installation that the charter gives the node must have signed the page with its key to answer, valid
    at `now`; the path must lead from these very bytes to the signed root; and the answer must name its node
    and the request. Raises `Corrupt`, `BadEnvelope` or `PermissionDenied`. A page's signature is checked
    once for all of its answers, and again in another second of `now`.
    """
    return _answer(evidence, read_page(evidence.page, charter, node=evidence.node, now=now), request_digest)


def check_page(
    evidence: NodeEvidence, head: LogHead, charter: Charter, *, request_digest: bytes, now: datetime
) -> tuple[NodeAnswer, PageStatement]:
    """Return the answer and the page's statement if `head` also opens the commitment that the node signed with it.

    So the node's one signature covers the head too. Raises as `check_paged_answer` does, and `Corrupt` for a head.
    """
    statement = read_page(evidence.page, charter, node=evidence.node, now=now)
    answer = _answer(evidence, statement, request_digest)
    insist_opens(head, statement.log_commitment)
    return answer, statement


def _answer(evidence: NodeEvidence, statement: PageStatement, request_digest: bytes) -> NodeAnswer:
    verify_inclusion(
        leaf_hash(evidence.answer),
        evidence.leaf_index,
        statement.answers_count,
        evidence.path,
        statement.answers_root,
    )
    try:
        answer = NodeAnswer.FromString(evidence.answer)
    except DecodeError:
        raise Corrupt(f"the answer of {evidence.node} cannot be read") from None
    if answer.node != evidence.node:
        raise Corrupt(f"an answer of {answer.node!r} is passed off as one of {evidence.node!r}")
    if answer.request_digest != request_digest:
        raise Corrupt(f"the answer of {evidence.node} was given to another request")
    return answer


def read_page(page: Envelope, charter: Charter, *, node: str, now: datetime) -> PageStatement:
    """Return the page statement if `node`'s own installation signed it; raises like `check_paged_answer`."""
    statement, signer = _statement(page.SerializeToString(deterministic=True), _Moment(charter, now))
    home = next((str(entry.installation) for entry in charter.nodes if entry.name == node), None)
    if home is None:
        raise BadEnvelope(f"charter {charter.version} has no node {node[:64]!r}")
    if not signer == home == statement.installation:
        raise BadEnvelope(f"{signer} signed a page of {node}, which is run by {home}")
    if statement.node != node:
        raise BadEnvelope(f"a page of {statement.node[:64]!r} is passed off as one of {node!r}")
    return statement


@dataclass(frozen=True)
class _Moment:
    """A charter and a second as the key of a cache; charters with the same digest are equal."""

    charter: Charter = field(compare=False)
    now: datetime = field(compare=False)
    key: tuple[str, str, int] = field(init=False)

    def __post_init__(self) -> None:
        key = (self.charter.federation, self.charter.digest, int(self.now.timestamp()))
        object.__setattr__(self, "key", key)


@lru_cache(maxsize=_PAGES_REMEMBERED)
def _statement(page: bytes, moment: _Moment) -> tuple[PageStatement, str]:
    envelope = Envelope.FromString(page)
    verified = verify_payload(envelope, PAGE, moment.charter, role=Role.ANSWERS, now=moment.now)
    try:
        statement = PageStatement.FromString(verified.payload)
        clock.parse_stamp(statement.signed_at)
    except (DecodeError, ValueError):
        raise Corrupt("the page statement cannot be read") from None
    if len(statement.answers_root) != HASH_BYTES or len(statement.log_commitment) != HASH_BYTES:
        raise Corrupt("root or commitment of the page statement does not have 32 bytes")
    if statement.federation != moment.charter.federation:
        raise BadEnvelope("the page belongs to another federation")
    return statement, str(verified.installation)
