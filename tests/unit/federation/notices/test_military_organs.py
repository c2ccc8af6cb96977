"""Military courts and procuratorates, and organs of the Corps, are members like any other (R68)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.notices.check import admit_notice
from federation.v1 import notice_pb2 as pb
from federation.values.clock import legal_day, now
from federation.values.identity import MemberId, OrganClass, OrganFunction
from tests.support import federation
from tests.support.federation import SmallFederation
from tests.support.notices import judgment
from tests.support.records import Someone

ORGANS = {
    "pla_court": (OrganClass.COURT, "procuratorate"),
    "pla_procuratorate": (OrganClass.PROCURATORATE, "procuratorate"),
    "corps_court": (OrganClass.COURT, "procuratorate"),
    "corps_prison": (OrganClass.STATE_ORGAN, "justice"),
}


@pytest.fixture(scope="module")
def charter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Charter]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(federation, "OTHERS", {**federation.OTHERS, **ORGANS})
        home: Path = tmp_path_factory.mktemp("organs")
        yield SmallFederation(home).charter()


def test_r68_military_and_corps_organs_are_members_of_the_federation(charter: Charter) -> None:
    for name, (organ_class, _) in ORGANS.items():
        assert charter.members[MemberId(name)].organ_class is organ_class
        assert any(who.member == name for who in charter.installations)
    assert charter.members[MemberId("pla_court")].does(OrganFunction.COURT)
    assert not charter.members[MemberId("pla_procuratorate")].does(OrganFunction.COURT)


@pytest.mark.date_dependent
def test_r68_a_military_courts_judgment_is_admitted_and_a_military_procuratorates_is_not(
    charter: Charter,
) -> None:
    notice = judgment(Someone(), number="（2019）军01刑初12号")
    notice.matter = pb.MATTER_MILITARY
    notice.ClearField("trial_division")
    notice.record.court.name = "中国人民解放军某军事法院"
    today = legal_day(now())
    admitted = admit_notice(notice, charter.members[MemberId("pla_court")], today=today, allow_synthetic=True)
    assert admitted.record.judgment_number.canonical == "（2019）军01刑初12号"
    with pytest.raises(InvalidRequest, match="comes from a court"):
        admit_notice(
            notice, charter.members[MemberId("pla_procuratorate")], today=today, allow_synthetic=True
        )
    corps = judgment(Someone(), number="（2019）兵0901刑初12号")
    corps.record.person.household_division = corps.trial_division = "659001"
    assert admit_notice(corps, charter.members[MemberId("corps_court")], today=today, allow_synthetic=True)
