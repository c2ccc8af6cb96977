"""One node's outcome for a question, and completeness over all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from federation.charter.model import Node
from federation.errors import Corrupt, InvalidRequest, PermissionDenied, Unavailable
from federation.record.facts import facts_of
from federation.statements.mandates import NO_MANDATE, REMEDY, refusal
from federation.statements.reasons import NOT_REGISTERED, NOT_RELEASED, NOT_SIGNED, VERIFYING
from federation.v1 import lookup_pb2, query_pb2
from federation.values.case_number import parse as parse_case_number
from federation.values.enum_names import record_class_name
from federation.values.identity import MemberId
from federation.values.names import normalise_name

#: The outcomes with which a node has answered.
ANSWERED = frozenset(
    {
        query_pb2.OUTCOME_NONE,
        query_pb2.OUTCOME_MATCH,
        query_pb2.OUTCOME_SEVERAL,
        query_pb2.OUTCOME_MORE_DATA_NEEDED,
    }
)


#: The outcomes that a node itself may give; the others are determined by the gateway.
_POSSIBLE = ANSWERED | {query_pb2.OUTCOME_REFUSED}


@dataclass(frozen=True, slots=True)
class Reply:
    """The one outcome of one required node, with its signed answer when it gave one."""

    node: Node
    outcome: query_pb2.Outcome.ValueType
    reason: str = ""
    answer: lookup_pb2.NodeAnswer | None = None
    evidence: query_pb2.NodeEvidence | None = None


def completeness(outcomes: Iterable[query_pb2.Outcome.ValueType]) -> query_pb2.Completeness.ValueType:
    """Return COMPLETE when every required node answered, VOID when none did, else PARTIAL."""
    answered = [outcome in ANSWERED for outcome in outcomes]
    if all(answered):
        return query_pb2.COMPLETENESS_COMPLETE
    return query_pb2.COMPLETENESS_PARTIAL if any(answered) else query_pb2.COMPLETENESS_VOID


def insist_mandate(replies: Iterable[Reply], keeping: Node) -> None:
    """Raise unless the node that keeps the application answered, having compared the question with it (R34, R36).

    Raises `PermissionDenied` (reason NO_MANDATE or NOT_RELEASED) where it refused, `Unavailable` where it did not
    answer. A node that verifies what it holds has compared the question too.
    """
    reply = next((each for each in replies if each.node.name == keeping.name), None)
    if reply is not None and (reply.outcome in ANSWERED or reply.reason == VERIFYING):
        return
    if reply is not None and reply.reason == NOT_RELEASED:
        raise PermissionDenied(
            f"{keeping.name} refuses: the day from which this application is asked has not come (A27); "
            "ask on the day that `hutong apply show` names",
            reason=NOT_RELEASED,
        )
    if reply is not None and reply.reason == NO_MANDATE:
        raise refusal(f"{keeping.name} refuses: not the question of an approved application of it. {REMEDY}")
    raise Unavailable(
        f"{keeping.name} keeps the application and does not answer now: ask again when it is back",
        reason="MANDATE_NOT_CHECKED",
    )


def insist_officer(replies: Iterable[Reply], asker: MemberId) -> None:
    """Raise `PermissionDenied` when a node of the asker's own member has refused the question for its officer (R12).

    The member's nodes know its officers; others cannot, and their answers are not passed on.
    """
    for reply in replies:
        if reply.node.agency == asker and reply.reason in (NOT_REGISTERED, NOT_SIGNED):
            raise PermissionDenied(
                f"{reply.node.name} refuses: the officer is not on its roll under the id and name given, or has not "
                "signed with the key registered there",
                reason=reply.reason,
            )


def insist_sound(answer: lookup_pb2.NodeAnswer, classes: Collection[str]) -> None:
    """Raise `Corrupt` when a node's answer contradicts itself or cannot be read: it counts as no answer at all.

    A match has facets, and no other outcome has any. Each facet is a record of one of the `classes` that the question
    searches (R64), with readable dates and number.
    """
    if (answer.outcome == query_pb2.OUTCOME_MATCH) != bool(answer.facets) or answer.outcome not in _POSSIBLE:
        raise Corrupt(
            "outcome and content of a node's answer contradict each other", reason="MALFORMED_ANSWER"
        )
    for facet in answer.facets:
        record = facet.record
        try:
            facts_of(record)
            if record.judgment_number.original:
                parse_case_number(record.judgment_number.original)
            for name in record.person.names:
                normalise_name(name.text)
        except (ValueError, InvalidRequest):
            raise Corrupt(
                "a node's answer holds a record that cannot be read", reason="MALFORMED_ANSWER"
            ) from None
        if record_class_name(record.record_class) not in classes:
            raise Corrupt("a node's answer mixes classes of record", reason="MALFORMED_ANSWER")
