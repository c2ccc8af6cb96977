"""Nobody is convicted of what was done through the twelfth birthday (刑法 17), the last day of the age before (A11)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.errors import InvalidRequest
from federation.record.validate import admit
from tests.support.records import Someone, record

#: Birth, last day of conduct, whether the record is refused for it.
CONDUCT = [
    ("2000-05-20", "2012-05-19", True),
    ("2000-05-20", "2012-05-20", True),
    ("2000-05-20", "2012-05-21", False),
    ("2000-01-31", "2012-01-28", True),
    ("2000-01-31", "2012-01-31", True),
    ("2000-01-31", "2012-02-01", False),
    ("2000-08-29", "2012-08-29", True),
    ("2000-08-30", "2012-08-31", False),
    ("2000-02-29", "2012-02-29", True),
    ("2000-02-29", "2012-03-01", False),
]


def fields(born: str, *, conduct: str = "", pronounced: str = "2019-06-03") -> set[str]:
    """Return the fields that are refused because of the age."""
    made = record(Someone(born=date.fromisoformat(born)), "police")
    made.offences[0].conduct_from = made.offences[0].conduct_to = conduct
    if not conduct:
        made.offences[0].ClearField("conduct_from")
        made.offences[0].ClearField("conduct_to")
        made.pronounced_on = pronounced
    try:
        admit(made, today=date(2026, 1, 15), allow_synthetic=True)
    except InvalidRequest as error:
        return {each.field for each in error.violations if each.rule == "刑法 17"}
    return set()


@pytest.mark.parametrize(("born", "conduct", "refused"), CONDUCT)
def test_a11_conduct_is_refused_through_the_twelfth_birthday(born: str, conduct: str, refused: bool) -> None:
    assert fields(born, conduct=conduct) == ({"offences[0].conduct_to"} if refused else set())


@pytest.mark.parametrize(("born", "pronounced", "refused"), CONDUCT)
def test_a11_where_no_conduct_is_known_the_judgment_is_held_to_the_same_day(
    born: str, pronounced: str, refused: bool
) -> None:
    assert fields(born, pronounced=pronounced) == ({"person.birth_date"} if refused else set())
