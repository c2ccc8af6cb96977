"""Wire, completeness and evidence cases of a gateway: one signed answer, provable with the charter alone."""

from __future__ import annotations

import socket

from compose.conformance.kit import Kit
from compose.conformance.missing_nodes import insist_heard
from compose.conformance.outcomes import Failed, NotRun, TargetRole
from compose.conformance.people import FixedPerson, open_person
from compose.conformance.registry import check
from compose.conformance.wire import Refusal
from federation.answers.replies import completeness
from federation.charter.model import Node
from federation.errors import HutongError
from federation.evidence.proof import Rules, Trusted, examine, read_answer
from federation.evidence.report import Report, Result
from federation.statements.methods import ASK
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from federation.values.contract import has_unknown_fields

_GATEWAY = TargetRole.GATEWAY
_TOO_LARGE = 64 * 1024 + 1
_REACHED_S = 2.0


@check("wire-answer", _GATEWAY)
def answers(kit: Kit) -> str:
    """A question gets an answer of this contract."""
    answer = kit.answer(kit.query(FixedPerson.unknown()))
    if has_unknown_fields(answer):
        raise Failed("the answer has fields beyond this contract")
    return query_pb2.Finding.Name(answer.finding)


@check("wire-large-question", _GATEWAY)
def large_question(kit: Kit) -> str:
    """A message of more than 64 KB, which must not even be parsed."""
    request = query_pb2.AskRequest(envelope=kit.envelope())
    request.envelope.signatures[0].sig = bytes(_TOO_LARGE)
    try:
        kit.wire.call(ASK, request, query_pb2.AskResponse, kit.caller)
    except Refusal as refusal:
        if refusal.code.name != "INVALID_ARGUMENT" or not refusal.detailed:
            raise Failed(f"{refusal.code.name}, not INVALID_ARGUMENT with details") from None
        return "INVALID_ARGUMENT"
    raise Failed("the message was taken")


@check("wire-details", _GATEWAY)
def details(kit: Kit) -> str:
    """A refusal has details: an ErrorInfo of the domain "hutong" with a reason for programs."""
    try:
        kit.asked(Envelope())
    except Refusal as refusal:
        if not refusal.detailed or refusal.error.reason == refusal.code.name:
            raise Failed(f"{refusal.code.name} without an ErrorInfo of this contract") from None
        return refusal.error.reason
    raise Failed("an empty envelope was answered")


def _report(kit: Kit, query: query_pb2.Query) -> tuple[query_pb2.Answer, Report]:
    question = kit.envelope(query)
    envelope = kit.asked(question)
    report = Report()
    try:
        answer = read_answer(envelope)
    except HutongError as error:
        raise Failed(error.message) from None
    examine(report, envelope, answer, question, Trusted(kit.charter, Rules.here(), clock.now()))
    return answer, report


def _insist(report: Report, answer: query_pb2.Answer, *names: str) -> str:
    """Return what the checks of these names say; raises `Failed` or, for what cannot be proven, `NotRun`."""
    found = [each for each in report.on(answer).checks if each.name in names]
    for each in found:
        if each.result is Result.FAILED:
            raise Failed(f"{each.name}: {each.says}")
    for each in found:
        if each.result is Result.UNPROVEN:
            raise NotRun(f"{each.name}: {each.says}")
    if not found:
        raise NotRun(f"an earlier check has failed: {', '.join(c.name for c in report.on(answer).failures)}")
    return "; ".join(each.says for each in found)


def _examined(kit: Kit, *names: str) -> str:
    answer, report = _report(kit, kit.query(FixedPerson.unknown()))
    return _insist(report, answer, *names)


@check("evidence-signature", _GATEWAY)
def signature(kit: Kit) -> str:
    """The answer is signed by this gateway's key."""
    said = _examined(kit, "signature")
    if (named := kit.answer(kit.query(FixedPerson.unknown())).gateway) != str(kit.wire.target):
        raise Failed(f"the answer names {named[:64]}, and {kit.wire.target} was asked")
    return said


@check("evidence-charter", _GATEWAY)
def charter(kit: Kit) -> str:
    """The answer names federation, charter and its content."""
    return _examined(kit, "federation")


@check("evidence-request", _GATEWAY)
def request(kit: Kit) -> str:
    """The answer names the question that it answers, and repeats what was asked."""
    return _examined(kit, "question", "stated")


@check("evidence-nodes", _GATEWAY)
def nodes(kit: Kit) -> str:
    """The signed answer of every node is attached, and says what the gateway says of it."""
    answer, report = _report(kit, kit.query(FixedPerson.unknown()))
    attached = {each.node for each in answer.evidence}
    lacking = [
        outcome.node
        for outcome in answer.outcomes
        if outcome.outcome in _SAID_BY_NODES and outcome.node not in attached
    ]
    if lacking:
        raise Failed(f"no signed answer of {', '.join(lacking)}")
    names = [f"node {node.name}" for node in _required(kit)]
    return _insist(report, answer, "node answers", *names)


_SAID_BY_NODES = frozenset({query_pb2.OUTCOME_NONE, query_pb2.OUTCOME_MATCH, query_pb2.OUTCOME_SEVERAL})


@check("evidence-assembly", _GATEWAY)
def assembly(kit: Kit) -> str:
    """The nodes' answers, assembled again by the same rules, make exactly this answer."""
    return _examined(kit, "rules", "stated", "assembly", "convictions")


@check("evidence-assembly-of-a-record", _GATEWAY)
def assembly_of_a_record(kit: Kit) -> str:
    """So they do where there is a record to merge."""
    kit.insist_records()
    answer, report = _report(kit, kit.query(open_person()))
    return _insist(report, answer, "rules", "assembly", "convictions")


@check("evidence-time", _GATEWAY)
def time(kit: Kit) -> str:
    """The answer bears the time at which it was given."""
    stamp = kit.answer(kit.query(FixedPerson.unknown())).answered_at
    try:
        apart = abs((clock.parse_stamp(stamp) - clock.now()).total_seconds())
    except ValueError:
        raise Failed(f"answered_at is no stamp: {stamp[:40]!r}") from None
    if apart > 120:
        raise Failed(f"answered_at is {apart:.0f} s from now")
    return "within 120 s"


@check("evidence-ids", _GATEWAY)
def ids(kit: Kit) -> str:
    """Each answer has a number and a log entry of its own."""
    given = [kit.answer(kit.query(FixedPerson.unknown())) for _ in range(2)]
    for name in ("answer_id", "request_entry"):
        first, second = (getattr(each, name) for each in given)
        if not first or first == second:
            raise Failed(f"{name} of two answers: {first!r}, {second!r}")
    return "two answers, two numbers and two entries"


def _required(kit: Kit) -> tuple[Node, ...]:
    return kit.charter.required_nodes("case")


@check("completeness-nodes", _GATEWAY)
def every_node(kit: Kit) -> str:
    """Each node that must answer is named once, in the charter's order."""
    return _examined(kit, "required nodes")


@check("completeness-verdict", _GATEWAY)
def verdict(kit: Kit) -> str:
    """COMPLETE only when all of them answered, and NO_RECORD only when COMPLETE."""
    answer = kit.answer(kit.query(FixedPerson.unknown()))
    due = completeness(each.outcome for each in answer.outcomes)
    if answer.completeness != due:
        raise Failed(
            f"{query_pb2.Completeness.Name(answer.completeness)} where the outcomes make "
            f"{query_pb2.Completeness.Name(due)}"
        )
    complete = due == query_pb2.COMPLETENESS_COMPLETE
    if answer.finding == query_pb2.FINDING_NO_RECORD and not complete:
        raise Failed("NO_RECORD although not every node has answered")
    if complete and answer.finding != query_pb2.FINDING_NO_RECORD:
        raise Failed(f"{query_pb2.Finding.Name(answer.finding)} about a person whom no register holds")
    return query_pb2.Completeness.Name(due)


def _reached(node: Node) -> bool:
    host, _, port = node.endpoint.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_REACHED_S):
            return True
    except (OSError, ValueError):
        return False


@check("completeness-stopped-node", _GATEWAY)
def stopped_node(kit: Kit) -> str:
    """While a node is stopped, the answer is PARTIAL, names it, and finds nothing out."""
    stopped = [str(node.name) for node in _required(kit) if not _reached(node)]
    if not stopped:
        raise NotRun("every node runs: stop one of them and run the kit again")
    answer = kit.answer(kit.query(FixedPerson.unknown()))
    said = {each.node: each.outcome for each in answer.outcomes}
    for name in stopped:
        if said.get(name) not in (query_pb2.OUTCOME_UNREACHABLE, query_pb2.OUTCOME_LATE):
            raise Failed(f"{name} is stopped, and the answer says {said.get(name)} of it")
    if answer.completeness == query_pb2.COMPLETENESS_COMPLETE:
        raise Failed("COMPLETE although a node is stopped")
    if answer.finding != query_pb2.FINDING_UNDECIDED:
        raise Failed(f"{query_pb2.Finding.Name(answer.finding)} although a node is stopped")
    return f"UNDECIDED without {', '.join(stopped)}"


@check("completeness-merged", _GATEWAY)
def record(kit: Kit) -> str:
    """An open record is found and shown with the facets that it was merged from."""
    kit.insist_records()
    answer = kit.answer(kit.query(open_person()))
    insist_heard(answer)
    if answer.finding != query_pb2.FINDING_RECORD or not answer.convictions:
        finding = query_pb2.Finding.Name(answer.finding)
        raise Failed(f"{finding} with {len(answer.convictions)} convictions, not RECORD")
    if not all(each.facets for each in answer.convictions):
        raise Failed("a conviction without a facet")
    return f"RECORD with {len(answer.convictions)} convictions"
