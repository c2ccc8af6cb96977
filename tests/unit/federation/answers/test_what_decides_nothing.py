"""What a gateway withholds leaves no outcome behind (R41), and an overdue retrial decides no certificate (R47)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.answers.assembling import Assembled, assemble
from federation.answers.replies import Reply
from federation.charter.model import Node
from federation.law.bases import load_bases
from federation.law.disclosure import Asker, Context, Disclosure
from federation.statements.asking import CheckedQuestion
from federation.v1 import lookup_pb2, query_pb2, record_pb2
from federation.values.identity import Installation, MemberId, NodeName, OrganClass
from tests.support.records import Someone, disagreeing, record

DAY = date(2026, 11, 25)
RULES = Disclosure()
NONE, MATCH = query_pb2.OUTCOME_NONE, query_pb2.OUTCOME_MATCH


def reply(agency: str, *facets: record_pb2.Record) -> Reply:
    """Return the answer of a node with these records, or with none."""
    installation = Installation.parse(f"{agency}/node/{agency}-1")
    node = Node(NodeName(f"{agency}-1"), MemberId(agency), installation, "x:1")
    held = [record_pb2.Facet(record_id=f"{n:032x}", version=1, record=made) for n, made in enumerate(facets)]
    outcome = MATCH if held else NONE
    return Reply(node, outcome, "", lookup_pb2.NodeAnswer(outcome=outcome, facets=held))


def answered(purpose: str, asker: OrganClass, *replies: Reply) -> Assembled:
    context = Context(case_number="x", on=DAY)
    ruling, reach = RULES.admit_question(Asker(asker), purpose, context)
    query = query_pb2.Query(purpose=query_pb2.Purpose.Value(f"PURPOSE_{purpose.upper()}"), case_number="x")
    asked = CheckedQuestion(query, asker, ruling, reach)
    return assemble(asked, replies, profile="practice-2022", rows=load_bases(), on=DAY)


@pytest.mark.parametrize(("purpose", "asker"), [("case", OrganClass.POLICE), ("own", OrganClass.PERSON)])
def test_r41_where_two_holders_disagree_the_outcomes_are_those_of_nothing(
    purpose: str, asker: OrganClass
) -> None:
    """Each holder's copy is open by its own facts: over five years, and adult. Together nobody knows."""
    _, heavy, adult = disagreeing()
    together = answered(purpose, asker, reply("police", heavy), reply("procuratorate", adult))
    nothing = answered(purpose, asker, reply("police"), reply("procuratorate"))
    assert together.withheld
    assert not together.convictions
    assert (together.finding, together.outcomes) == (nothing.finding, nothing.outcomes)


def test_r47_a_retrial_whose_outcome_is_overdue_settles_no_certificate() -> None:
    someone = Someone()
    made = record(someone, "procuratorate")
    assert answered("own", OrganClass.PERSON, reply("procuratorate", made)).finding == query_pb2.FINDING_YES
    made.execution.add(kind=record_pb2.EXECUTION_KIND_RETRIAL_ORDERED, on="2026-05-24", executor="某法院")
    overdue = answered("own", OrganClass.PERSON, reply("procuratorate", made))
    assert overdue.finding == query_pb2.FINDING_UNDECIDED, "six months and a day ago"
    made.execution[-1].on = "2026-05-25"
    in_time = answered("own", OrganClass.PERSON, reply("procuratorate", made))
    assert in_time.finding == query_pb2.FINDING_YES
