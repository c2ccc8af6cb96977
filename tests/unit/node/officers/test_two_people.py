"""Where two officers are asked for, two people answer (R34): names, installations and keys of their own."""

from __future__ import annotations

import pytest

from federation.errors import PermissionDenied
from federation.values.identity import Installation
from node.officers.two_people import insist_another
from server.journal.log import Once
from server.opening import Act, KnownOfficer

DESK, OTHER = "police/client/desk", "police/client/window"


def act(officer: str = "李警官", *, registered: bool = True, own_key: bool = False, at: str = DESK) -> Act:
    return Act(Installation.parse(at), officer, Once("", b""), known=KnownOfficer(registered, own_key))


@pytest.mark.parametrize("spelling", ["王警官", "王 警官", "王·警官", "王警官\u200b", "王警官　"])
def test_r34_another_spelling_of_a_name_is_no_second_officer(spelling: str) -> None:
    for registered in (False, True):
        with pytest.raises(PermissionDenied, match="second officer"):
            insist_another(
                act(spelling, registered=registered, own_key=True, at=OTHER),
                officer="王警官",
                installation=DESK,
                own_key=True,
            )


@pytest.mark.parametrize(
    ("first_key", "second_key", "at", "passes"),
    [
        (False, False, DESK, False),
        (True, False, DESK, False),
        (False, True, DESK, False),
        (True, True, DESK, True),
        (False, False, OTHER, True),
    ],
)
def test_r34_registered_officers_sign_through_two_installations_or_with_two_keys(
    first_key: bool, second_key: bool, at: str, passes: bool
) -> None:
    second = act(own_key=second_key, at=at)
    if passes:
        insist_another(second, officer="王警官", installation=DESK, own_key=first_key)
        return
    with pytest.raises(PermissionDenied, match="own keys"):
        insist_another(second, officer="王警官", installation=DESK, own_key=first_key)


def test_r34_where_nobody_is_registered_the_installation_vouches_for_two_names() -> None:
    insist_another(act(registered=False), officer="王警官", installation=DESK, own_key=False)
