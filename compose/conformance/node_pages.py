"""Wire and completeness cases of a node: pages of questions in, pages of answers out."""

from __future__ import annotations

from compose.conformance.kit import Kit, digest
from compose.conformance.outcomes import Failed, TargetRole
from compose.conformance.people import FixedPerson, open_person
from compose.conformance.registry import check
from compose.conformance.wire import Refusal
from federation.v1 import lookup_pb2, query_pb2
from federation.values.contract import has_unknown_fields

_NODE = TargetRole.NODE
_TOO_LARGE = 2 * 1024 * 1024 + 1
_TOO_MANY = 1025


@check("wire-page", _NODE)
def page(kit: Kit) -> str:
    """One page with one question."""
    response, _ = kit.looked_up(kit.envelope())
    if response.page != kit.pages:
        raise Failed(f"page {kit.pages} was answered as page {response.page}")
    return "one page, one answer"


@check("wire-stream", _NODE)
def stream(kit: Kit) -> str:
    """Three pages on one stream, each answered in its turn."""
    pages = [kit.page([kit.envelope()]) for _ in range(3)]
    answered = [response.page for response in kit.wire.lookup(pages, kit.caller)]
    if answered != [each.page for each in pages]:
        raise Failed(f"pages {[each.page for each in pages]} were answered as {answered}")
    return "three pages in order"


@check("wire-contract", _NODE)
def contract(kit: Kit) -> str:
    """Neither the page nor its answers hold a field that this contract does not know."""
    response, answers = kit.looked_up(kit.envelope())
    beyond = [type(each).__name__ for each in (response, *answers) if has_unknown_fields(each)]
    if beyond:
        raise Failed(f"fields beyond this contract in {', '.join(beyond)}")
    return "no field beyond the contract"


def _refused(kit: Kit, request: lookup_pb2.LookupRequest | bytes, code: str) -> str:
    try:
        kit.wire.lookup([request], kit.caller)
    except Refusal as refusal:
        if refusal.code.name != code:
            raise Failed(f"ended with {refusal.code.name}, not {code}") from None
        if not refusal.detailed:
            raise Failed("the status has no details: an ErrorInfo names domain and reason") from None
        return f"{code}: {refusal.error.reason}"
    raise Failed("the page was answered")


@check("wire-empty-page", _NODE)
def empty_page(kit: Kit) -> str:
    """A page without a question."""
    return _refused(kit, kit.page([]), "INVALID_ARGUMENT")


@check("wire-large-message", _NODE)
def large_message(kit: Kit) -> str:
    """A message of more than 2 MiB, which must not even be parsed."""
    request = kit.page([kit.envelope()])
    request.questions[0].envelope.signatures[0].sig = bytes(_TOO_LARGE)
    return _refused(kit, request, "INVALID_ARGUMENT")


@check("wire-many-questions", _NODE)
def many_questions(kit: Kit) -> str:
    """A page of 1,025 questions: it is refused, not cut off."""
    return _refused(kit, kit.page([kit.envelope()] * _TOO_MANY), "RESOURCE_EXHAUSTED")


@check("wire-digests", _NODE)
def digests(kit: Kit) -> str:
    """Further persons by digests that are none."""
    request = kit.page([kit.envelope()])
    request.questions[0].person_digests.append(b"12345")
    return _refused(kit, request, "INVALID_ARGUMENT")


@check("completeness-order", _NODE)
def order(kit: Kit) -> str:
    """Each of five questions is answered, in the order of the page."""
    envelopes = [kit.envelope() for _ in range(5)]
    _, answers = kit.looked_up(*envelopes)
    if [answer.request_digest for answer in answers] != [digest(each) for each in envelopes]:
        raise Failed("the answers do not come in the order of the questions")
    return "five answers in order"


@check("completeness-nobody", _NODE)
def nobody(kit: Kit) -> str:
    """Of a person without a record, a node says NONE and nothing else."""
    _, [answer] = kit.looked_up(kit.envelope(kit.query(FixedPerson.unknown())))
    if answer.outcome != query_pb2.OUTCOME_NONE or answer.facets or answer.reason:
        raise Failed(f"{_outcome(answer)} {answer.reason} with {len(answer.facets)} facets")
    return "NONE"


@check("completeness-record", _NODE)
def record(kit: Kit) -> str:
    """An open record is found, whole."""
    kit.insist_records()
    person = open_person()
    _, [answer] = kit.looked_up(kit.envelope(kit.query(person)))
    if answer.outcome != query_pb2.OUTCOME_MATCH or len(answer.facets) != 1:
        raise Failed(f"{_outcome(answer)} {answer.reason} with {len(answer.facets)} facets, not MATCH with 1")
    found = answer.facets[0].record
    missing = [
        name
        for name in ("judgment_number", "court", "offences", "combined_penalty", "final_on")
        if not getattr(found, name)
    ]
    if missing or found.person.identifiers[0].number != person.number:
        raise Failed(f"the record is another person's or lacks {', '.join(missing) or 'nothing'}")
    return "MATCH with the record"


@check("completeness-number-or-name", _NODE)
def by_name(kit: Kit) -> str:
    """Whoever knows no number asks by name and birth date; what is found so is never certain."""
    kit.insist_records()
    subject = open_person().subject()
    subject.ClearField("identifiers")
    _, [answer] = kit.looked_up(kit.envelope(kit.query(FixedPerson.unknown(), subject=subject)))
    if answer.outcome != query_pb2.OUTCOME_SEVERAL or answer.facets:
        raise Failed(f"{_outcome(answer)} with {len(answer.facets)} facets, not SEVERAL without any")
    return "SEVERAL"


def _outcome(answer: lookup_pb2.NodeAnswer) -> str:
    outcome = answer.outcome
    return query_pb2.Outcome.Name(outcome) if outcome in query_pb2.Outcome.values() else str(outcome)
