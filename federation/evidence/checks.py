"""Checks of one answer's consistency: nodes, outcomes, completeness, finding, evidence and every value shown.

Each check returns a sentence about what it has proven, or raises `Corrupt` (or the envelope's error) with a
sentence about what is wrong, or `Unproven` about what rests on the gateway's statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from federation.charter.envelope import ANSWER, verify_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope, Corrupt
from federation.evidence.apart import UNSIGNED
from federation.evidence.page import check_paged_answer
from federation.evidence.report import Unproven
from federation.statements.reasons import REDACTED
from federation.v1 import query_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.v1.lookup_pb2 import NodeAnswer
from federation.values import clock, enum_names
from federation.values.contract import has_unknown_fields
from federation.values.identity import Role

ANSWERED = frozenset(
    {
        pb.OUTCOME_NONE,
        pb.OUTCOME_MATCH,
        pb.OUTCOME_SEVERAL,
        pb.OUTCOME_MORE_DATA_NEEDED,
        pb.OUTCOME_ANSWERED,
    }
)
"""The outcomes of a node that answered."""


def signature(envelope: Envelope, answer: pb.Answer, charter: Charter, *, at: datetime) -> str:
    """Check that the gateway named in the answer signed it, as a gateway of the charter, with a key valid then."""
    verified = verify_payload(envelope, ANSWER, charter, role=Role.INTERCONNECTS, now=at)
    if str(verified.installation) != answer.gateway:
        raise BadEnvelope(f"{verified.installation} signed an answer of {answer.gateway[:120]!r}")
    if all(gateway.installation != verified.installation for gateway in charter.gateways):
        raise BadEnvelope(f"{verified.installation} is no gateway of charter {charter.version}")
    return f"signed by {verified.installation} with key {verified.keyid[:16]}"


def known_fields(answer: pb.Answer, edition: str) -> str:
    """Check that the answer holds no field that this contract does not know; under this edition nobody adds one."""
    if has_unknown_fields(answer):
        if answer.rules == edition:
            raise Corrupt(f"the answer has fields that edition {edition} of the rules does not know")
        raise Unproven("the answer has fields that this program does not know: check it with a later one")
    return "no field that this program does not know"


def moment(text: str) -> datetime:
    """Return a time of the answer; raises `Corrupt`."""
    try:
        return clock.parse_stamp(text)
    except ValueError:
        raise Corrupt(f"{text[:40]!r} is no time of this contract") from None


def charter_named(answer: pb.Answer, charter: Charter) -> str:
    """Check that the answer was given under this charter; raises `Unproven` under another version of it."""
    if answer.federation != charter.federation:
        raise Corrupt(f"the answer is of {answer.federation[:80]!r}, the charter of {charter.federation!r}")
    if answer.charter_version != charter.version:
        raise Unproven(
            f"given under version {answer.charter_version} of the charter, checked under version {charter.version}"
        )
    if answer.charter_digest != charter.digest:
        raise Corrupt(f"the answer names another content of charter {charter.version}")
    return f"{charter.federation}, version {charter.version}"


def required_nodes(answer: pb.Answer, charter: Charter) -> str:
    """Check that every node the charter requires for the purpose has exactly one outcome, and no other node has one."""
    purpose = enum_names.purpose_name(answer.purpose)
    required = [(str(node.name), str(node.agency)) for node in charter.required_nodes(purpose)]
    named = [(outcome.node, outcome.agency) for outcome in answer.outcomes]
    if named != required:
        missing = sorted({name for name, _ in required} - {name for name, _ in named})
        raise Corrupt(
            f"the charter requires {', '.join(name for name, _ in required)} for {purpose}, "
            + (f"and {', '.join(missing)} is missing" if missing else "and the answer names others")
        )
    return f"all {len(required)} that must answer for {purpose} are accounted for"


def completeness(answer: pb.Answer) -> str:
    """Check that COMPLETE, PARTIAL or VOID follows from the outcomes, and the finding from both."""
    answered = sum(outcome.outcome in ANSWERED for outcome in answer.outcomes)
    expected = pb.COMPLETENESS_PARTIAL
    if answered == len(answer.outcomes):
        expected = pb.COMPLETENESS_COMPLETE
    elif not answered:
        expected = pb.COMPLETENESS_VOID
    stated = enum_names.completeness_name(answer.completeness)
    if answer.completeness != expected:
        raise Corrupt(f"{stated}, although {answered} of {len(answer.outcomes)} nodes answered")
    finding = enum_names.finding_name(answer.finding)
    clean = answer.finding in (pb.FINDING_NO_RECORD, pb.FINDING_NO)
    if clean and expected != pb.COMPLETENESS_COMPLETE:
        raise Corrupt(f"{finding} although not every node answered")
    if clean and (answer.convictions or answer.decisions or answer.listed_offences or answer.graded):
        raise Corrupt(f"{finding} although convictions are shown")
    if answer.finding == pb.FINDING_NO_RECORD and any(
        outcome.outcome not in (pb.OUTCOME_NONE, pb.OUTCOME_ANSWERED) for outcome in answer.outcomes
    ):
        raise Corrupt("NO_RECORD although a node has something")
    if (
        answer.granularity == pb.GRANULARITY_FULL
        and answer.finding == pb.FINDING_RECORD
        and not (answer.convictions or answer.decisions)
    ):
        raise Corrupt("RECORD although no conviction is shown")
    return f"{stated} and {finding}: {answered} of {len(answer.outcomes)} nodes answered"


def minimised(answer: pb.Answer) -> str:
    """Check that below full granularity nothing distinguishes one node's answer from another's."""
    if answer.granularity == pb.GRANULARITY_FULL:
        return "full granularity: each node's own answer is attached"
    distinct = any(
        (outcome.outcome in ANSWERED and outcome.outcome != pb.OUTCOME_ANSWERED) or outcome.as_of
        for outcome in answer.outcomes
    )
    if answer.evidence or answer.convictions or answer.decisions or distinct:
        raise Corrupt("below full granularity an answer does not say which node answered what")
    return "below full granularity: what each node answered stays with the gateway, for auditors"


def node_answer(
    evidence: pb.NodeEvidence, answer: pb.Answer, charter: Charter, *, at: datetime
) -> tuple[NodeAnswer, str]:
    """Check that the node signed exactly this answer to this request, and that the gateway reports it unchanged."""
    own = check_paged_answer(evidence, charter, request_digest=answer.request_digest, now=at)
    reported = [outcome for outcome in answer.outcomes if outcome.node == evidence.node]
    if len(reported) != 1:
        raise Corrupt(f"{evidence.node} has {len(reported)} outcomes and an answer")
    signed, shown = enum_names.outcome_name(own.outcome), enum_names.outcome_name(reported[0].outcome)
    if signed != shown:
        raise Corrupt(f"{evidence.node} signed {signed!r} and the answer reports {shown!r}")
    if own.as_of != reported[0].as_of:
        raise Corrupt(f"{evidence.node} answered as of another time than reported")
    if own.reason != reported[0].reason:
        raise Corrupt(f"{evidence.node} signed another reason than the answer reports")
    leaf = f"answer {evidence.leaf_index + 1} of its page"
    return own, f"{signed}, as of {own.as_of}; {leaf}, signed by {evidence.node}"


def outcomes_proven(answer: pb.Answer) -> str:
    """Check that at full granularity the signed answer of every node that answered is attached, once."""
    proven = [evidence.node for evidence in answer.evidence]
    if len(set(proven)) != len(proven):
        raise Corrupt("a node's answer is attached twice")
    if answer.granularity != pb.GRANULARITY_FULL:
        return "nothing to prove below full granularity"
    bare = [o for o in answer.outcomes if o.outcome in ANSWERED and o.node not in proven]
    for outcome in bare:
        if outcome.outcome not in UNSIGNED and outcome.reason != REDACTED:
            raise Corrupt(f"{outcome.node} is said to have answered, and its answer is not attached")
    if bare:
        raise Unproven(
            f"{', '.join(o.node for o in bare)}: by the gateway's statement alone; auditors hold the signed answer"
        )
    return f"{len(proven)} answers of nodes attached, one for each that answered"


def convictions(answer: pb.Answer, signed: Mapping[str, NodeAnswer]) -> str:
    """Check that every facet a conviction refers to and every value it shows is in an answer that a node signed."""
    redacted = {outcome.node for outcome in answer.outcomes if outcome.reason == REDACTED}
    apart: list[int] = []
    for number, conviction in enumerate(answer.convictions, start=1):
        shown: set[tuple[str, Any]] = set()
        for reference in conviction.facets:
            if reference.node in redacted:
                continue
            facets = signed[reference.node].facets if reference.node in signed else ()
            found = [
                facet
                for facet in facets
                if (facet.record_id, facet.version) == (reference.record_id, reference.version)
                and facet.provenance.entered_at == reference.entered_at
            ]
            if not found:
                raise Corrupt(
                    f"conviction {number} rests on {reference.record_id[:64]!r} of {reference.node[:64]!r}, "
                    "which no attached answer contains"
                )
            shown.update(_values(found[0].record))
        its = {reference.node for reference in conviction.facets}
        strangers = {node for source in conviction.sources for node in source.nodes} - its
        if strangers:
            raise Corrupt(
                f"conviction {number} names {', '.join(sorted(strangers))} as a source without proof"
            )
        if its & redacted:
            apart.append(number)
            continue
        for path, value in _values(conviction.record):
            if (path, value) not in shown:
                raise Corrupt(f"conviction {number} shows a {path} that none of its nodes signed")
    if not answer.convictions:
        return "no conviction is shown"
    if apart:
        numbers = ", ".join(map(str, apart))
        raise Unproven(f"conviction {numbers} rests on answers that auditors hold and this asker may not see")
    return f"every value of {len(answer.convictions)} convictions is in an answer that a node signed"


def decisions(answer: pb.Answer, signed: Mapping[str, NodeAnswer]) -> str:
    """Check that every record of a decision of another class (R64) is, as shown, in an answer that its node signed."""
    redacted = {outcome.node for outcome in answer.outcomes if outcome.reason == REDACTED}
    shown = [held for each in answer.decisions for held in each.held]
    for number, held in enumerate(shown, start=1):
        if held.facet.node in redacted:
            continue
        facets = signed[held.facet.node].facets if held.facet.node in signed else ()
        if not any(
            (f.record_id, f.version, f.provenance.entered_at)
            == (held.facet.record_id, held.facet.version, held.facet.entered_at)
            and f.record == held.record
            for f in facets
        ):
            raise Corrupt(
                f"record {number} of a decision is in no answer that {held.facet.node[:64]!r} signed"
            )
    if any(held.facet.node in redacted for held in shown):
        raise Unproven("a decision rests on an answer that auditors hold and this asker may not see")
    return f"{len(answer.decisions)} decisions of another class, each as its holders signed it"


def _values(message: Message, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value that is set, with its path without list positions; explicit unknowns are left out."""
    for field, value in message.ListFields():
        name = f"{path}.{field.name}" if path else field.name
        if name == "unknowns":
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from ((f"{name}[{key}]", item) for key, item in value.items())
        elif field.message_type is not None:
            for item in value if field.is_repeated else (value,):
                yield from _values(item, name)
        else:
            yield from ((name, item) for item in (value if field.is_repeated else (value,)))
