"""What is no value is refused in a notice too, before anybody is to act on it (R14, R21)."""

from __future__ import annotations

import pytest

from federation.charter.model import Charter, Member
from federation.errors import InvalidRequest
from federation.notices.check import admit_notice
from federation.record.validate import admit
from federation.v1 import notice_pb2 as pb
from federation.values.clock import legal_day, now
from federation.values.identity import MemberId, OrganFunction
from tests.support.federation import SmallFederation
from tests.support.notices import judgment, release
from tests.support.records import Someone, record
from tests.support.related import public_order

NO_NAMES = ["#REF!", "=" + '"某监狱"', "NULL", "3月12日", "不详", "12"]


@pytest.fixture(scope="module")
def prison(tmp_path_factory: pytest.TempPathFactory) -> Member:
    home = tmp_path_factory.mktemp("notices")
    charter: Charter = SmallFederation(home, others={"prison": OrganFunction.PRISON}).charter()
    return charter.members[MemberId("prison")]


def refused(notice: pb.Notice, sender: Member) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        admit_notice(notice, sender, today=legal_day(now()), allow_synthetic=True)
    return [fault.field for fault in caught.value.violations]


@pytest.mark.parametrize("text", ["1990-13-01", "1990年1月1日", "01/02/1990", "19900101"])
def test_r14_a_birth_date_that_nobody_can_read_is_refused(prison: Member, text: str) -> None:
    """A node that looked for the person by it could not read it either, and delivery never ended."""
    notice = release(judgment(Someone()))
    notice.person.birth_date = text
    assert refused(notice, prison) == ["person.birth_date"]


@pytest.mark.parametrize("text", ["1990", "1990-05", ""])
def test_r14_a_birth_date_known_in_part_is_none_of_them(prison: Member, text: str) -> None:
    notice = release(judgment(Someone()))
    notice.person.birth_date = text
    assert admit_notice(notice, prison, today=legal_day(now()), allow_synthetic=True)


@pytest.mark.parametrize("text", NO_NAMES)
def test_r21_an_organ_whose_name_is_no_value_is_refused(prison: Member, text: str) -> None:
    notice = release(judgment(Someone()))
    notice.execution[0].executor = notice.judgment.court.name = text
    assert refused(notice, prison) == ["judgment.court.name", "execution[0].executor"]


@pytest.mark.parametrize("text", NO_NAMES)
def test_r21_so_it_is_in_an_entry(text: str) -> None:
    made = record(Someone(), "justice")
    assert made.execution, "the record has its execution"
    made.execution[0].executor = text
    decided = public_order(Someone())
    decided.decision.organ = text
    for entry, field in ((made, "execution[0].executor"), (decided, "decision.organ")):
        with pytest.raises(InvalidRequest) as caught:
            admit(entry, today=legal_day(now()), allow_synthetic=True)
        assert [fault.field for fault in caught.value.violations] == [field]
