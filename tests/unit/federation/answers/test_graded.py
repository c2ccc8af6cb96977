"""What a unit is told under an opened provision goes as far as its row says: yes or no, offences, or term (R43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from federation.answers.assembling import Assembled, assemble
from federation.answers.replies import Reply
from federation.charter.model import Node
from federation.documents.chinese import conviction
from federation.law.bases import Basis, load_bases
from federation.law.disclosure import Asker, Context, Disclosure
from federation.statements.asking import CheckedQuestion
from federation.v1 import document_pb2, lookup_pb2, query_pb2, record_pb2
from federation.values.identity import Installation, MemberId, NodeName, OrganClass
from federation.values.terms import SealRule
from tests.support.records import sealed_record

DAY = date(2026, 11, 25)


def row(shown_sealed: str) -> Basis:
    """Return a row that opens the seal on convictions. For tests only: no law does."""
    return replace(
        load_bases()["TCH-14"],
        shown_sealed=shown_sealed,
        opens_seal=frozenset({SealRule.S1}),
        opened_by=("甲局长", "乙局长"),
        opened_because="试验",
    )


def told(
    shown_sealed: str,
    granularity: query_pb2.Granularity.ValueType = query_pb2.GRANULARITY_UNSPECIFIED,
    *,
    further_months: int = 0,
) -> Assembled:
    rows = {"TCH-14": row(shown_sealed)}
    rules = Disclosure(catalogue=rows)
    _, made = sealed_record("police")
    if further_months:
        made.further_penalty.kind, made.further_penalty.months = (
            record_pb2.PENALTY_KIND_CONTROL,
            further_months,
        )
    facet = record_pb2.Facet(record_id="ab" * 16, version=1, record=made)
    node = Node(NodeName("police-1"), MemberId("police"), Installation.parse("police/node/police-1"), "x:1")
    answer = lookup_pb2.NodeAnswer(outcome=query_pb2.OUTCOME_MATCH, facets=[facet])
    query = query_pb2.Query(
        purpose=query_pb2.PURPOSE_SEALED_PROVISION, basis="TCH-14", granularity=granularity
    )
    context = Context(basis="TCH-14", undertaking=True, on=DAY)
    ruling, reach = rules.admit_question(Asker(OrganClass.UNIT), "sealed_provision", context)
    asked = CheckedQuestion(query, OrganClass.UNIT, ruling, reach)
    return assemble(
        asked,
        [Reply(node, query_pb2.OUTCOME_MATCH, "", answer)],
        profile="practice-2022",
        rows=rows,
        on=DAY,
    )


def test_r43_a_unit_is_told_offences_and_term_where_its_provision_needs_them() -> None:
    result = told("extract")
    assert result.finding == query_pb2.FINDING_YES
    [graded] = result.graded
    assert list(graded.offences) == result.listed
    assert graded.penalty.kind == record_pb2.PENALTY_KIND_FIXED_TERM
    assert graded.penalty.months
    assert not result.convictions, "neither court nor number nor anything else of the record"


def test_r43_the_control_after_a_term_belongs_to_the_term() -> None:
    [graded] = told("extract", further_months=8).graded
    assert (graded.further_penalty.kind, graded.further_penalty.months) == (
        record_pb2.PENALTY_KIND_CONTROL,
        8,
    )
    [graded] = told("extract").graded
    assert not graded.HasField("further_penalty")


@pytest.mark.parametrize(
    ("row_says", "asked_for", "listed"),
    [
        ("", query_pb2.GRANULARITY_EXTRACT, False),
        ("yes_no", query_pb2.GRANULARITY_EXTRACT, False),
        ("listed", query_pb2.GRANULARITY_EXTRACT, True),
        ("extract", query_pb2.GRANULARITY_LISTED, True),
        ("extract", query_pb2.GRANULARITY_YES_NO, False),
    ],
)
def test_r43_no_more_is_told_than_the_row_says_and_no_more_than_was_asked(
    row_says: str, asked_for: query_pb2.Granularity.ValueType, listed: bool
) -> None:
    result = told(row_says, asked_for)
    assert result.finding == query_pb2.FINDING_YES
    assert bool(result.listed) == listed
    assert not result.graded


def test_r43_a_letter_tells_offences_and_penalty_and_no_court() -> None:
    [graded] = told("extract").graded
    line = conviction(document_pb2.ConvictionExtract(offences=graded.offences, penalty=graded.penalty))
    assert line.startswith(graded.offences[0])
    assert "有期徒刑" in line
    assert "生效" not in line


def test_r43_no_row_that_is_delivered_tells_more_to_a_unit() -> None:
    assert not any(row.shown_sealed for row in load_bases().values())
