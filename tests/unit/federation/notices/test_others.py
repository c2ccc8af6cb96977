"""Whom a notice that waits may name, and by which judgment that is known (R41)."""

from __future__ import annotations

import pytest

from federation.notices.others import judged, notice_without_others
from federation.record.apart import tried_apart
from federation.record.extensions import Declarations
from federation.record.fields import CO_OFFENDERS
from federation.record.others import REASON
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2
from tests.support.notices import judgment, release
from tests.support.records import Someone

OTHER, NUMBER = "杨不悔", "(2019)京0105刑初70001号"


def test_r41_a_judgment_is_known_by_its_canonical_number_as_the_sender_wrote_it() -> None:
    brought = judgment(Someone(), number=NUMBER)
    canonical = {judged(each).judgment_number.canonical for each in (brought, release(brought))}
    assert canonical == {"（2019）京0105刑初70001号"}
    bare = release(brought)
    bare.ClearField("judgment")
    assert not judged(bare).judgment_number.canonical


@pytest.mark.parametrize("where", ["addition", "paper", "order", "document", "reason"])
def test_r41_a_waiting_notice_names_the_trials_that_its_texts_name(where: str) -> None:
    notice, says = judgment(Someone(), number=NUMBER), f"{OTHER}另案处理，见(2019)京0105刑初70002号"
    if where == "addition":
        notice.record.extensions[CO_OFFENDERS] = says
    elif where == "paper":
        notice.record.instrument.reference = says
    elif where == "order":
        notice.record.prohibitions.add(kind=record_pb2.PROHIBITION_KIND_ORDER, scope=says)
    elif where == "document":
        notice.documents.add(title=says)
    else:
        notice = release(notice)
        notice.reason = says
    assert tried_apart(judged(notice)).numbers == ("（2019）京0105刑初70002号",)


def test_r41_a_waiting_notice_keeps_what_names_nobody_else() -> None:
    notice = judgment(Someone(), number=NUMBER)
    notice.record.extensions[CO_OFFENDERS] = OTHER
    notice.record.instrument.reference = f"张三丰、{OTHER}盗窃案"
    notice.documents.add(title=f"{OTHER}案判决书")
    notice.reason = f"与{OTHER}同案"
    notice_without_others(notice, Declarations())
    assert OTHER.encode() not in notice.SerializeToString()
    assert notice.reason == REASON
    assert notice.record.judgment_number.original == NUMBER


def test_r58_the_reason_of_a_correction_request_is_what_the_officer_decides_on() -> None:
    request = pb.Notice(kind=pb.NOTICE_KIND_CORRECTION_REQUEST, reason=f"{OTHER}已成年")
    notice_without_others(request, Declarations())
    assert request.reason == f"{OTHER}已成年"
