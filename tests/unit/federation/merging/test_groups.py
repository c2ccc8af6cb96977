"""Which facets speak of one conviction (design step 7): by the judgment's number, else by date and offence."""

from __future__ import annotations

from itertools import permutations

from federation.merging.merge import FacetSource, group
from federation.v1 import record_pb2 as pb
from tests.support.records import Someone, case_number, record


def source(agency: str, made: pb.Record) -> FacetSource:
    if made.judgment_number.original:
        made.judgment_number.canonical = made.judgment_number.original
    return FacetSource(f"{agency}-1", agency, pb.Facet(record=made))


def test_a_facet_without_a_number_joins_what_any_agency_says_of_the_conviction() -> None:
    """Whichever agency answers first: facts that may seal are judged with the conviction they are about (R40)."""
    someone, number = Someone(), case_number()
    other_day = record(someone, "police", number=number)
    other_day.final_on, other_day.pronounced_on = "2019-06-17", "2019-06-04"
    same_day = record(someone, "procuratorate", number=number)
    unnumbered = record(someone, "justice", number=number)
    unnumbered.ClearField("judgment_number")
    facets = [
        source("police", other_day),
        source("procuratorate", same_day),
        source("justice", unnumbered),
    ]
    for order in permutations(facets):
        assert [len(members) for members in group(order)] == [3]


def test_a_facet_without_a_number_that_fits_two_convictions_stands_alone() -> None:
    someone = Someone()
    facets = [source("police", record(someone, "police")), source("procuratorate", record(someone))]
    unnumbered = record(someone, "justice")
    unnumbered.ClearField("judgment_number")
    assert [len(members) for members in group([*facets, source("justice", unnumbered)])] == [1, 1, 1]
