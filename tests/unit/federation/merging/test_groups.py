"""Which facets speak of one conviction (design step 7): by the judgment's number, else by date and offence."""

from __future__ import annotations

from itertools import permutations

import pytest

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


OLD = "（2012）朝刑初字第123号"
BEIJING, CHANGCHUN = "北京市朝阳区人民法院", "长春市朝阳区人民法院"


def held(agency: str, court: str, *, day: str = "2012-03-01", offence: str = "盗窃罪") -> FacetSource:
    """Return what an agency holds of a judgment with an old number, whose court another city may have too."""
    made = record(Someone(), agency, number=OLD, offence=offence)
    made.court.name, made.pronounced_on, made.final_on = court, day, ""
    return source(agency, made)


@pytest.mark.parametrize(
    "spelling", ["朝阳区人民法院", "北京市朝阳区法院", "朝阳区法院", "北京市 朝阳区人民法院", ""]
)
def test_a_court_named_in_another_way_gave_the_same_judgment(spelling: str) -> None:
    """Else one conviction is shown as two, and what may seal it is not judged with it (R40)."""
    facets = [
        held("police", BEIJING),
        held("justice", spelling, day="2012-03-02"),
        held("procuratorate", BEIJING),
    ]
    for order in permutations(facets):
        assert [len(members) for members in group(order)] == [3]


@pytest.mark.parametrize("spelling", ["朝阳区人民法院", "朝阳区法院", ""])
def test_a_court_that_may_be_one_of_two_is_told_by_date_and_offence_or_by_nothing(spelling: str) -> None:
    """Whichever agency answers first: nothing undetermined joins a conviction."""
    two = [held("police", BEIJING), held("procuratorate", CHANGCHUN, day="2012-05-07")]
    same = held("justice", spelling, day="2012-05-07")
    for order in permutations([*two, same]):
        found = {frozenset(m.agency for m in members) for members in group(order)}
        assert found == {frozenset({"police"}), frozenset({"procuratorate", "justice"})}
    other = held("justice", spelling, day="2012-09-03")
    for order in permutations([*two, other]):
        assert [len(members) for members in group(order)] == [1, 1, 1]


def test_two_courts_with_one_short_name_gave_two_judgments() -> None:
    for order in permutations([held("police", BEIJING), held("justice", CHANGCHUN)]):
        assert [len(members) for members in group(order)] == [1, 1]


@pytest.mark.parametrize("spelling", ["朝阳区人民法院", "朝阳区法院", ""])
def test_what_two_agencies_say_alike_of_a_court_that_may_be_one_of_two_is_one_conviction(
    spelling: str,
) -> None:
    """It joins neither of the others, but is not shown as two: facts that may seal it are judged together (R40)."""
    facets = [
        held("police", BEIJING),
        held("procuratorate", CHANGCHUN, day="2012-05-07"),
        held("justice", "朝阳区人民法院", day="2012-09-03"),
        held("state_security", spelling, day="2012-09-03"),
    ]
    for order in permutations(facets):
        found = {frozenset(m.agency for m in members) for members in group(order)}
        assert found == {
            frozenset({"police"}),
            frozenset({"procuratorate"}),
            frozenset({"justice", "state_security"}),
        }
