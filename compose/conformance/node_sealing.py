"""Sealing cases of a node: what is sealed or withheld is answered as if there were no record."""

from __future__ import annotations

from compose.conformance.kit import Kit
from compose.conformance.outcomes import Failed, TargetRole
from compose.conformance.people import FixedPerson, open_person, sealed_person, withheld_person
from compose.conformance.registry import check
from federation.v1 import lookup_pb2, query_pb2

_NODE = TargetRole.NODE
_INVALID = "INVALID_ARGUMENT"


def _alike(kit: Kit, hidden: FixedPerson) -> str:
    """Compare the answers about `hidden` and about nobody, given on one page."""
    kit.insist_records()
    about = (hidden, FixedPerson.unknown())
    response, answers = kit.looked_up(*(kit.envelope(kit.query(each)) for each in about))
    first = answers[0]
    if first.outcome != query_pb2.OUTCOME_NONE or first.facets or first.reason:
        raise Failed(f"{query_pb2.Outcome.Name(first.outcome)} {first.reason}, {len(first.facets)} facets")
    shape = [
        (len(paged.answer), len(paged.person_digests), _fields(each))
        for paged, each in zip(response.answers, answers, strict=True)
    ]
    if shape[0] != shape[1]:
        raise Failed(f"length, digests and fields differ from those about nobody: {shape[0]}, {shape[1]}")
    return f"NONE in {shape[0][0]} bytes, as about nobody"


def _fields(answer: lookup_pb2.NodeAnswer) -> list[str]:
    return [field.name for field, _ in answer.ListFields()]


@check("sealing-hidden", _NODE)
def hidden(kit: Kit) -> str:
    """Whose record is sealed gets the answer of somebody without one: same fields, same length."""
    return _alike(kit, sealed_person())


@check("sealing-withheld", _NODE)
def withheld(kit: Kit) -> str:
    """So does whose record waits for facts that decide whether it is sealed."""
    return _alike(kit, withheld_person())


@check("sealing-by-name", _NODE)
def by_name(kit: Kit) -> str:
    """Name and birth date find a sealed record no more than the number does."""
    kit.insist_records()
    subject = sealed_person().subject()
    subject.ClearField("identifiers")
    _, [answer] = kit.looked_up(kit.envelope(kit.query(FixedPerson.unknown(), subject=subject)))
    if answer.outcome != query_pb2.OUTCOME_NONE or answer.facets:
        raise Failed(f"{query_pb2.Outcome.Name(answer.outcome)} with {len(answer.facets)} facets")
    return "NONE"


@check("sealing-opened", _NODE)
def opened(kit: Kit) -> str:
    """A judicial organ that gives its signed undertaking is shown the sealed record for its case."""
    kit.insist_records()
    query = kit.undertaken(kit.sealed_query(sealed_person()))
    _, [answer] = kit.looked_up(kit.envelope(query))
    if answer.outcome != query_pb2.OUTCOME_MATCH or len(answer.facets) != 1:
        found = query_pb2.Outcome.Name(answer.outcome)
        raise Failed(f"{found} {answer.reason} with {len(answer.facets)} facets, not MATCH with 1")
    return "MATCH under sealed_case"


def refused(kit: Kit, query: query_pb2.Query) -> str:
    """Return what the target says to a question for sealed records that is not as it must be."""
    return kit.insist_refused(kit.envelope(query), "INVALID_REQUEST", _INVALID)


@check("sealing-no-undertaking")
def no_undertaking(kit: Kit) -> str:
    """Sealed records are asked for without an undertaking."""
    query = kit.sealed_query(sealed_person())
    query.ClearField("undertaking")
    return refused(kit, query)


@check("sealing-unsigned-undertaking")
def unsigned_undertaking(kit: Kit) -> str:
    """The undertaking is written, and nobody has signed it."""
    return refused(kit, kit.sealed_query(sealed_person()))


@check("sealing-undertaking-of-another")
def undertaking_of_another(kit: Kit) -> str:
    """The undertaking was signed for a question about somebody else."""
    query = kit.undertaken(kit.sealed_query(open_person()))
    query.subject.CopyFrom(sealed_person().subject())
    return refused(kit, query)


@check("sealing-undertaking-reason")
def undertaking_reason(kit: Kit) -> str:
    """The undertaking does not say why sealed records are needed."""
    query = kit.sealed_query(sealed_person())
    query.undertaking.reason = ""
    return refused(kit, kit.undertaken(query))


@check("sealing-undertaking-once")
def undertaking_once(kit: Kit) -> str:
    """One undertaking, two questions."""
    query = kit.undertaken(kit.sealed_query(FixedPerson.unknown()))
    kit.insist_answered(kit.envelope(query))
    return kit.insist_refused(kit.envelope(query), "REPLAYED", "UNAUTHENTICATED")
