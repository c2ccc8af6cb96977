"""Sealing cases of a gateway: what is sealed or withheld is answered as if there were no record."""

from __future__ import annotations

from compose.conformance.kit import Kit
from compose.conformance.missing_nodes import insist_heard, missing_of
from compose.conformance.outcomes import Failed, NotRun, TargetRole
from compose.conformance.people import FixedPerson, sealed_person, withheld_person
from compose.conformance.registry import check
from federation.v1 import query_pb2

_GATEWAY = TargetRole.GATEWAY
#: Pairs of questions that are asked until the same nodes have answered both.
_PAIRS = 3


def _alike(kit: Kit, hidden: FixedPerson) -> str:
    """Compare the answers about `hidden` and about nobody; again where a node was late for one of the two."""
    kit.insist_records()
    only_here = True
    for _ in range(_PAIRS):
        first, second = (kit.answer(kit.query(each)) for each in (hidden, FixedPerson.unknown()))
        here, there = missing_of(first), missing_of(second)
        if here == there:
            return _compared(first, second)
        only_here &= bool(here) and not there
    if only_here:
        raise Failed(f"{_PAIRS} times a node is missing, and never from the answer about nobody: {here}")
    raise NotRun(f"in {_PAIRS} pairs of answers other nodes are missing from one than from the other")


def _compared(first: query_pb2.Answer, second: query_pb2.Answer) -> str:
    if first.convictions or first.finding != second.finding:
        finding = query_pb2.Finding.Name(first.finding)
        raise Failed(f"{finding} with {len(first.convictions)} convictions")
    shapes = [
        (each.ByteSize(), [field.name for field, _ in each.ListFields()], [o.outcome for o in each.outcomes])
        for each in (first, second)
    ]
    if shapes[0] != shapes[1]:
        raise Failed(f"length, fields and outcomes differ from those about nobody: {shapes[0]}, {shapes[1]}")
    return f"{shapes[0][0]} bytes, as about nobody"


@check("sealing-hidden", _GATEWAY)
def hidden_by_seal(kit: Kit) -> str:
    """Whose record is sealed gets the answer of somebody without one: same fields, same length."""
    return _alike(kit, sealed_person())


@check("sealing-withheld", _GATEWAY)
def hidden_as_withheld(kit: Kit) -> str:
    """So does whose record waits for facts that decide whether it is sealed."""
    return _alike(kit, withheld_person())


@check("sealing-opened", _GATEWAY)
def opened(kit: Kit) -> str:
    """A judicial organ is shown the sealed record, and the answer is marked with the request."""
    kit.insist_records()
    answer = kit.answer(kit.undertaken(kit.sealed_query(sealed_person())))
    insist_heard(answer)
    if answer.finding != query_pb2.FINDING_RECORD:
        raise Failed(query_pb2.Finding.Name(answer.finding))
    if not answer.watermark:
        raise Failed("an answer under sealed access without a watermark")
    return "RECORD with a watermark"
