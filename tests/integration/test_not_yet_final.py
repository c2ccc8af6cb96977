"""A judgment that cannot be final yet comes in by no door: entry, pages, amendment, import, notice (R23, A5)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from compose.node.importing import import_file
from federation.errors import InvalidRequest
from federation.v1 import notice_pb2, record_pb2
from federation.values import clock
from tests.support.local import LocalFederation
from tests.support.notices import judgment, recent, refused, sent, stages
from tests.support.records import Someone, record
from tests.support.tables import MAP, as_csv, row

Fed = LocalFederation


#: Days after which an appeal period is over whatever holidays came at its end.
LONG_AGO = 25


def today() -> date:
    return clock.legal_day(clock.now())


def served(made: record_pb2.Record, days_ago: int) -> record_pb2.Record:
    """Return the record of a judgment pronounced and served so many days ago, called final today."""
    day = (today() - timedelta(days=days_ago)).isoformat()
    made.pronounced_on = made.served_on = made.instrument.issued_on = day
    made.final_on = today().isoformat()
    made.ClearField("execution")
    if not any(unknown.field == "execution" for unknown in made.unknowns):
        made.unknowns.add(field="execution", reason=record_pb2.UNKNOWN_REASON_NOT_YET_OCCURRED)
    return made


def faults(error: InvalidRequest) -> set[tuple[str, str]]:
    return {(v.field, v.rule) for v in error.violations}


def test_r23_it_is_refused_by_entry_and_set_aside_from_a_page(running_federation: Fed) -> None:
    client = running_federation.client("police")
    early = served(record(Someone(), "police"), 10)
    with pytest.raises(InvalidRequest, match="not yet effective") as caught:
        client.register.enter("police-1", early)
    assert faults(caught.value) == {("final_on", "R23")}
    page = [served(record(Someone(), "police"), 3), served(record(Someone(), "police"), LONG_AGO)]
    first, second = client.register.enter_many("police-1", page)
    assert [v.rule for v in first.quarantined.violations] == ["R23"]
    assert second.HasField("receipt"), "on the day after the appeal period it is final"


def test_r23_a_retrial_of_a_basic_court_waits_for_its_appeal_period(running_federation: Fed) -> None:
    client = running_federation.client("police")
    number = f"（{today().year - 1}）京0105刑再{int(clock.now().timestamp()) % 900000 + 1}号"
    early = served(record(Someone(), "police", number=number), 2)
    with pytest.raises(InvalidRequest, match="an appeal is possible"):
        client.register.enter("police-1", early)
    again = served(judgment(Someone(), number=number).record, 2)
    notice = judgment(Someone(), number=number)
    notice.record.CopyFrom(again)
    assert ("R23", "record.final_on") in refused(running_federation.client("court"), notice)
    intermediate = served(record(Someone(), "police", number=number.replace("0105", "03")), 2)
    assert client.register.enter("police-1", intermediate).version == 1, "it may be a second instance"


def test_r23_no_amendment_makes_a_record_of_it(running_federation: Fed) -> None:
    made = record(Someone(), "police")
    receipt = running_federation.enter("police", made)
    with pytest.raises(InvalidRequest) as caught:
        running_federation.amend("police", receipt.record_id, receipt.version, served(made, 5))
    assert faults(caught.value) == {("final_on", "R23")}


def test_r23_an_import_sets_its_row_aside(running_federation: Fed, tmp_path: Path) -> None:
    days = {"宣判日期": (today() - timedelta(days=4)).isoformat(), "生效日期": today().isoformat()}
    early = row(Someone(), 刑满日期="", **days)
    file = tmp_path / "early.csv"
    file.write_bytes(as_csv([early, row(Someone())]))
    done = import_file(
        running_federation.layout.home, "police-1", officer="甲", file=file, quiet=True, map_file=MAP
    )
    assert (done["entered"], done["quarantined"]) == (1, 1)
    [kept] = [json.loads(line) for line in Path(done["quarantine_file"]).read_text("utf-8").splitlines()]
    assert "R23" in {reason["rule"] for reason in kept["reasons"]}


def test_a5_no_notice_changes_the_days_so_that_a_judgment_is_final_too_early(running_federation: Fed) -> None:
    court, first = running_federation.client("court"), judgment(Someone())
    sent(court, first)
    later = notice_pb2.Notice(
        kind=notice_pb2.NOTICE_KIND_JUDGMENT_INFORMATION,
        matter=notice_pb2.MATTER_ORDINARY,
        occurred_on="2019-07-01",
        person=first.record.person,
        judgment=notice_pb2.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        changed=record_pb2.Record(served_on="2019-06-12"),
        changed_fields=["served_on"],
        reason="送达日期有误",
    )
    (tracked,) = sent(court, later)
    assert stages(tracked)["police-1"] == "refused"
    later.changed.final_on = "2019-06-25"
    later.changed_fields.append("final_on")
    (tracked,) = sent(court, later)
    assert stages(tracked)["police-1"] == "registered", "ten days end on Saturday 22, so on Monday 24"


def test_a5_the_judgment_of_a_retrial_is_held_to_the_same_rule(running_federation: Fed) -> None:
    court, first = running_federation.client("court"), judgment(Someone())
    sent(court, first)
    number = first.record.judgment_number.original.replace("刑初", "刑再")
    again = notice_pb2.Notice(
        kind=notice_pb2.NOTICE_KIND_RETRIAL_CHANGE,
        matter=notice_pb2.MATTER_ORDINARY,
        occurred_on="2020-06-18",
        person=first.record.person,
        judgment=notice_pb2.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        retrial=notice_pb2.RETRIAL_OUTCOME_AMENDED,
        record=first.record,
        reason="再审改判",
    )
    again.record.judgment_number.original, again.record.judgment_number.canonical = number, ""
    again.record.pronounced_on = again.record.served_on = again.record.final_on = "2020-06-02"
    assert refused(court, again) == {("A5", "record.final_on")}
    again.record.final_on = "2020-06-13"
    (tracked,) = sent(court, again)
    assert stages(tracked)["police-1"] == "registered"


def test_r23_a_notice_is_refused_and_a_last_instance_is_not(running_federation: Fed) -> None:
    court = running_federation.client("court")
    early = recent(judgment(Someone()), 0)
    early.record.served_on = early.record.pronounced_on = today().isoformat()
    assert ("R23", "record.final_on") in refused(court, early)
    last = judgment(Someone(), number=f"（2012）高刑一终字第{int(clock.now().timestamp()) % 900000 + 1}号")
    served(last.record, 0)
    [tracked] = sent(court, last)
    assert tracked.deliveries
