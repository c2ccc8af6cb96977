"""Messages by which a seal spreads (R45): proposals, acknowledgements and certificates, each signed by a node.

A gateway carries them and cannot forge any: a node withholds, and releases, only on the sealing node's signature.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message

from federation.charter.envelope import WINDOW, Signer, Verified, sign_payload, verify_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, Corrupt, FieldViolation, InvalidRequest
from federation.record.texts import text_violations
from federation.v1 import record_pb2
from federation.v1 import sealing_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import parse_stamp
from federation.values.identity import Kind, Role

PROPOSAL: Final = "application/vnd.hutong.sealing-proposal.v1+protobuf"
ACKNOWLEDGEMENT: Final = "application/vnd.hutong.sealing-acknowledgement.v1+protobuf"
CERTIFICATE: Final = "application/vnd.hutong.sealing-certificate.v1+protobuf"

MOST_PER_PAGE: Final = 256
MOST_DIGESTS: Final = 100
#: A record has one judgment, and its texts name others (`federation.record.apart.MOST_CLOSED`).
MOST_CASES: Final = 33
MOST_RULE: Final = 64
#: The most proposals still spreading that one answer may carry. A node that has more sends one more than this; then
#: its answer does not count, and the gateway names it as missing until enough proposals have spread.
MOST_WITH_ANSWER: Final = 1024
_ID = re.compile(r"[0-9a-f]{32}")
_RULE = re.compile(r"[A-Z][A-Z0-9-]{0,63}")
_DIGEST_BYTES = 32
M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class CheckedCertificate:
    """A valid certificate, and the acknowledgements in it, each verified, grouped by proposal."""

    certificate: pb.SealingCertificate
    acknowledgements: tuple[tuple[pb.SealingAcknowledgement, ...], ...]


def key_of(proposer: str, proposal_id: str) -> str:
    """Return a name for a proposal, unique over all proposers, so that none can take another's name in advance."""
    return hashlib.sha256(f"{proposer}/{proposal_id}".encode()).hexdigest()[:32]


def sign(payload_type: str, message: Message, signer: Signer) -> Envelope:
    """Return `message` signed under its payload type."""
    return sign_payload(payload_type, message.SerializeToString(deterministic=True), signer)


def open_proposal(envelope: Envelope, charter: Charter, *, now: datetime) -> pb.SealingProposal:
    """Return a node's proposal, checked as of the moment at which it was signed.

    Raises `BadEnvelope`, `PermissionDenied`, `Corrupt`, or `InvalidRequest` for a proposal that no node could act on.
    """
    proposal = _read(envelope, pb.SealingProposal)
    at = _moment(proposal.proposed_at, now)
    verified = verify_payload(envelope, PROPOSAL, charter, role=Role.ANSWERS, now=at)
    _insist_node(verified, proposal.proposer)
    violations = list(proposal_violations(proposal))
    if violations:
        raise InvalidRequest(violations)
    return proposal


def open_acknowledgement(envelope: Envelope, charter: Charter, *, now: datetime) -> pb.SealingAcknowledgement:
    """Return a node's acknowledgement of a proposal; raises `BadEnvelope`, `PermissionDenied` or `Corrupt`."""
    acknowledgement = _read(envelope, pb.SealingAcknowledgement)
    verified = verify_payload(
        envelope, ACKNOWLEDGEMENT, charter, role=Role.ANSWERS, now=_moment(acknowledgement.at, now)
    )
    _insist_node(verified, acknowledgement.installation)
    names = {node.name for node in charter.nodes if node.installation == verified.installation}
    if (
        acknowledgement.node not in names
        or acknowledgement.federation != charter.federation
        or not _ID.fullmatch(acknowledgement.proposal_id)
    ):
        raise BadEnvelope(f"{verified.installation} acknowledges as {acknowledgement.node[:64]!r}")
    return acknowledgement


def open_certificate(envelope: Envelope, charter: Charter, *, now: datetime) -> CheckedCertificate:
    """Return a certificate of sealing with all its parts checked; raises the first fault."""
    certificate = _read(envelope, pb.SealingCertificate)
    verified = verify_payload(
        envelope, CERTIFICATE, charter, role=Role.ANSWERS, now=_moment(certificate.certified_at, now)
    )
    _insist_node(verified, certificate.installation)
    if certificate.federation != charter.federation:
        raise BadEnvelope("the certificate belongs to another federation")
    checked = []
    for proposal in certificate.proposals:
        acknowledgements = tuple(
            open_acknowledgement(each, charter, now=now) for each in proposal.acknowledgements
        )
        if any(
            (w.proposal_id, w.proposer) != (proposal.proposal_id, certificate.installation)
            for w in acknowledgements
        ):
            raise Corrupt("the certificate holds an acknowledgement of something else")
        checked.append(acknowledgements)
    return CheckedCertificate(certificate, tuple(checked))


def proposal_violations(proposal: pb.SealingProposal) -> Iterator[FieldViolation]:
    """Yield what is wrong with a node's proposal, since an unusable one would block those queued behind it."""
    if not _ID.fullmatch(proposal.proposal_id):
        yield FieldViolation("proposal_id", "FORMAT", "is not 32 hex digits")
    if len(proposal.rule) > MOST_RULE:
        yield FieldViolation("rule", "SIZE", f"longer than {MOST_RULE} characters")
    yield from text_violations("rule", proposal.rule)
    if proposal.withdraws:
        if not _ID.fullmatch(proposal.withdraws):
            yield FieldViolation("withdraws", "FORMAT", "is not 32 hex digits")
        return
    persons = len(proposal.person_digests)
    if proposal.record_id or not 1 <= persons <= MOST_DIGESTS:
        yield FieldViolation("person_digests", "R45", "name the person by digests, no record by its id")
    for name in ("judgment_digests", "final_digests"):
        if len(getattr(proposal, name)) not in (0, persons):
            yield FieldViolation(name, "R45", "one for each digest of the person, or none")
    if len(proposal.case_digests) > MOST_CASES:
        yield FieldViolation("case_digests", "SIZE", f"at most {MOST_CASES}")
    digests = [
        *proposal.person_digests,
        *proposal.judgment_digests,
        *proposal.final_digests,
        *proposal.case_digests,
    ]
    if any(len(digest) != _DIGEST_BYTES for digest in digests):
        yield FieldViolation("person_digests", "FORMAT", "has a digest that is no SHA-256")
    if not proposal.judgment_digests and not proposal.final_digests:
        yield FieldViolation("judgment_digests", "R45", "name the judgment by its number or its final day")


def gateway_violations(proposal: pb.SealingProposal) -> Iterator[FieldViolation]:
    """Yield what is wrong with a gateway's own proposal: it names a record of the node by its id, and a rule.

    Only a node may name persons, other proposals and proposers: with them a gateway could lift or forge a seal.
    """
    for name in ("proposal_id", "record_id"):
        if not is_proposal_id(getattr(proposal, name)):
            yield FieldViolation(name, "FORMAT", "is not 32 hex digits")
    if not _RULE.fullmatch(proposal.rule):
        yield FieldViolation("rule", "FORMAT", "is not the name of a rule: A-Z, digits and hyphens")
    for name in (
        "person_digests",
        "judgment_digests",
        "final_digests",
        "case_digests",
        "proposer",
        "proposed_at",
        "withdraws",
    ):
        if getattr(proposal, name):
            yield FieldViolation(name, "R45", "only a node may say this, under its own signature")


def is_proposal_id(text: str) -> bool:
    """Say whether `text` has the form of the id of a proposal or a record: 32 hex digits."""
    return bool(_ID.fullmatch(text))


def summed(pages: Sequence[pb.ResealReport]) -> pb.ResealReport:
    """Return the report of a run, combined from the reports of its pages in their order."""
    moves: Counter[tuple[int, int]] = Counter()
    for page in pages:
        for move in page.moves:
            moves[move.before, move.after] += move.records
    whole = pb.ResealReport()
    whole.CopyFrom(pages[-1])
    del whole.moves[:]
    whole.judged = sum(page.judged for page in pages)
    for (before, after), count in sorted(moves.items()):
        status = record_pb2.SealingStatus.ValueType
        whole.moves.add(before=status(before), after=status(after), records=count)
    return whole


def moved(report: pb.ResealReport) -> int:
    """Return how many records were moved."""
    return sum(move.records for move in report.moves if move.before != move.after)


def _read(envelope: Envelope, kind: type[M]) -> M:
    try:
        return kind.FromString(envelope.payload)
    except DecodeError:
        raise Corrupt(f"the signed bytes are no {kind.DESCRIPTOR.name}") from None


def _insist_node(verified: Verified, named: str) -> None:
    if verified.installation.kind is not Kind.NODE or str(verified.installation) != named:
        raise BadEnvelope(f"{verified.installation} signed in the name of {named[:120]!r}")


def _moment(text: str, now: datetime) -> datetime:
    try:
        at = parse_stamp(text)
    except ValueError:
        raise Corrupt(f"{text[:40]!r} is no time of this contract") from None
    if at > now + WINDOW:
        raise BadEnvelope("signed in the future here: check the clock", reason="ENVELOPE_NOT_YET_VALID")
    return at
