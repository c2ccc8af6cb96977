"""What an officer sees of an answer leads on: each record is named as other commands want it."""

from __future__ import annotations

import io

from compose.shared.printing import Console
from compose.shared.showing import answer_tables
from federation.v1 import query_pb2

ID = "0af46e58f56b933ddf86b7994ab46e27"


def test_an_answer_names_the_record_and_version_of_each_holder() -> None:
    facet = query_pb2.FacetReference(node="state-security-1", record_id=ID, version=2)
    shown = io.StringIO()
    answer_tables(
        query_pb2.Answer(convictions=[query_pb2.MergedConviction(facets=[facet])]),
        Console(file=shown, width=80),
    )
    assert f"record {ID}, version 2, at state-security-1" in shown.getvalue().splitlines()
