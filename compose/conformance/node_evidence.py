"""Evidence cases of a node: signed pages, paths, commitments to its log, and the log itself."""

from __future__ import annotations

from datetime import timedelta

from compose.conformance.kit import Kit, digest
from compose.conformance.outcomes import Failed, NotRun, TargetRole
from compose.conformance.registry import check
from compose.conformance.wire import Refusal
from federation.errors import HutongError
from federation.evidence.checkpoint import verify_checkpoint
from federation.evidence.commitment import insist_opens
from federation.evidence.heads import goes_on, head_message, head_of
from federation.evidence.merkle import leaf_hash, verify_inclusion
from federation.evidence.page import read_page
from federation.v1 import evidence_pb2, heads_pb2, lookup_pb2
from federation.v1.lookup_pb2 import PageStatement
from federation.values import clock
from federation.values.heads import Head

_NODE = TargetRole.NODE
_CLOCKS_APART = timedelta(seconds=120)
_CHECKPOINT = "/federation.v1.EvidenceService/GetCheckpoint"
_CONSISTENCY = "/federation.v1.EvidenceService/ProveConsistency"


def _name(kit: Kit) -> str:
    return next(str(node.name) for node in kit.charter.nodes if node.installation == kit.wire.target)


def _statement(kit: Kit, response: lookup_pb2.LookupResponse) -> PageStatement:
    try:
        return read_page(response.statement, kit.charter, node=_name(kit), now=clock.now())
    except HutongError as error:
        raise Failed(f"the page's signature: {error.message}") from None


@check("evidence-signature", _NODE)
def signature(kit: Kit) -> str:
    """The page is signed by this node's own key, for this federation."""
    response, _ = kit.looked_up(kit.envelope())
    _statement(kit, response)
    return f"signed by {kit.wire.target}"


@check("evidence-paths", _NODE)
def paths(kit: Kit) -> str:
    """Each of three answers has a path to the signed root (RFC 6962)."""
    response, answers = kit.looked_up(*(kit.envelope() for _ in range(3)))
    statement = _statement(kit, response)
    if statement.answers_count != len(answers):
        raise Failed(f"{len(answers)} answers, the signed page says {statement.answers_count}")
    for index, paged in enumerate(response.answers):
        leaf = leaf_hash(paged.answer)
        try:
            verify_inclusion(leaf, index, len(answers), paged.path, statement.answers_root)
        except HutongError as error:
            raise Failed(f"answer {index}: {error.message}") from None
    return "three paths to one root"


@check("evidence-request", _NODE)
def request(kit: Kit) -> str:
    """An answer names the node and the question that it answers."""
    envelope = kit.envelope()
    _, [answer] = kit.looked_up(envelope)
    if answer.request_digest != digest(envelope):
        raise Failed("the answer names another question")
    if answer.node != _name(kit):
        raise Failed(f"the answer names {answer.node!r}, not {_name(kit)!r}")
    return "names node and question"


@check("evidence-charter", _NODE)
def charter(kit: Kit) -> str:
    """An answer says under which charter it was given."""
    _, [answer] = kit.looked_up(kit.envelope())
    if answer.charter_version < kit.charter.version:
        raise Failed(f"charter {answer.charter_version}; {kit.charter.version} is in force")
    return f"charter {answer.charter_version}"


@check("evidence-time", _NODE)
def time(kit: Kit) -> str:
    """Page and answer bear the time at which they were made."""
    response, [answer] = kit.looked_up(kit.envelope())
    for what, stamp in (("signed_at", _statement(kit, response).signed_at), ("as_of", answer.as_of)):
        try:
            apart = abs(clock.parse_stamp(stamp) - clock.now())
        except ValueError:
            raise Failed(f"{what} is no stamp: {stamp[:40]!r}") from None
        if apart > _CLOCKS_APART:
            raise Failed(f"{what} is {apart.total_seconds():.0f} s from now")
    return "both within 120 s"


@check("evidence-commitment", _NODE)
def commitment(kit: Kit) -> str:
    """The page's signature covers the log, by a commitment that the head opens."""
    response, _ = kit.looked_up(kit.envelope())
    try:
        insist_opens(response.head, _statement(kit, response).log_commitment)
    except HutongError as error:
        raise Failed(error.message) from None
    return f"a log of {response.head.log_size} entries"


@check("evidence-salt", _NODE)
def salt(kit: Kit) -> str:
    """Each commitment has another salt: equal ones would tell members that nothing was entered in between."""
    first, _ = kit.looked_up(kit.envelope())
    second, _ = kit.looked_up(kit.envelope())
    if first.head.salt == second.head.salt:
        raise Failed("two pages share a salt")
    return "another salt for each page"


@check("evidence-logged", _NODE)
def logged(kit: Kit) -> str:
    """No answer leaves that the log does not hold: it grows with each page, refusals too."""
    sizes = []
    bad = kit.envelope(change=lambda s: setattr(s, "officer", ""))
    for envelope in (kit.envelope(), bad, kit.envelope()):
        response, _ = kit.looked_up(envelope)
        sizes.append(response.head.log_size)
    if sizes != sorted(set(sizes)):
        raise Failed(f"the log had {sizes} entries after three pages")
    return f"{sizes} entries after three pages"


@check("evidence-goes-on", _NODE)
def grows(kit: Kit) -> str:
    """A node proves that its log goes on from a head that a gateway states (RFC 6962 section 2.1.2)."""
    first, _ = kit.looked_up(kit.envelope())
    page = kit.page([kit.envelope()])
    known = head_of(first.head)
    page.known.CopyFrom(
        heads_pb2.KnownHead(
            node=_name(kit), head=head_message(known), page=first.statement, salt=first.head.salt
        )
    )
    [second] = kit.wire.lookup([page], kit.caller)
    try:
        goes_on(known, head_of(second.head), second.extends)
    except HutongError as error:
        raise Failed(f"no proof that the log goes on: {error.message}") from None
    if second.head.log_size == known.size:  # which needs no proof
        raise Failed(f"the log has {known.size} entries before a page and after it")
    return f"proven from {known.size} to {second.head.log_size} entries"


@check("evidence-checkpoint", _NODE)
def checkpoint(kit: Kit) -> str:
    """A gateway, as a witness, gets a signed checkpoint that goes on from the page before, with the proof."""
    response, _ = kit.looked_up(kit.envelope())
    before = head_of(response.head)
    try:
        got = kit.wire.call(
            _CHECKPOINT,
            evidence_pb2.GetCheckpointRequest(),
            evidence_pb2.GetCheckpointResponse,
            kit.caller,
        )
        signed = verify_checkpoint(got.checkpoint, kit.charter, now=clock.now())
        proof = kit.wire.call(
            _CONSISTENCY,
            evidence_pb2.ProveConsistencyRequest(first=before.size, second=signed.size),
            evidence_pb2.ProveConsistencyResponse,
            kit.caller,
        )
        if signed.installation != str(kit.wire.target):
            raise Failed(f"a checkpoint of {signed.installation}")
        goes_on(before, Head(signed.size, signed.root), proof.path)
    except HutongError as error:
        raise Failed(error.message) from None
    except Refusal as refusal:
        if refusal.code.name == "UNIMPLEMENTED":
            raise NotRun("the node offers no EvidenceService") from None
        raise Failed(f"refused: {refusal.code.name} {refusal.error.reason}") from None
    return f"from {before.size} to {signed.size} entries"
