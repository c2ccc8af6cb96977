"""What should have been told by now and was not: expected notices at nodes, courts' lists at the gateway (R25, R48)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from compose.cli import main
from compose.local.layout import MEMBERS
from federation.client import Client
from federation.errors import InvalidRequest, PermissionDenied
from federation.notices.due import lateness
from federation.v1 import notice_pb2, record_pb2
from federation.v1 import timeliness_pb2 as pb
from federation.values import clock
from tests.support.local import LocalFederation
from tests.support.notices import correction, judgment, recent, release, sent, settled, stages
from tests.support.records import MINOR, Someone, case_number, record

pytestmark = pytest.mark.date_dependent

Fed = LocalFederation
BUREAU = MEMBERS["county_justice"][1]
OVERDUE, ENDING, ELSEWHERE = (
    pb.EXPECTED_LIST_OVERDUE,
    pb.EXPECTED_LIST_ENDING,
    pb.EXPECTED_LIST_REGISTERED_ELSEWHERE,
)


def numbers(client: Client, node: str, **asked: object) -> dict[str, pb.ExpectedNotice]:
    """Return what a node expects, by judgment number."""
    page = pb.ExpectedPage(**asked)  # type: ignore[arg-type]
    return {each.judgment_number: each for each in client.timeliness.expected(node, page)}


def canonical(notice: notice_pb2.Notice) -> str:
    return notice.record.judgment_number.original


def on_probation(someone: Someone, *, ends_in: int, division: str = "110105") -> record_pb2.Record:
    """Return what justice holds of a person whose probation of a year, here, ends in so many days."""
    made = record(someone, "justice", months=12)
    final = clock.legal_day(clock.now()) + timedelta(days=ends_in + 1 - 366)
    made.combined_penalty.probation_months = 12
    final_on = final.replace(day=min(final.day, 28))
    for name in ("pronounced_on", "served_on", "final_on"):
        setattr(made, name, final_on.isoformat())
    made.instrument.issued_on = final_on.isoformat()
    made.person.household_division = division
    del made.execution[:]
    made.execution.add(
        kind=record_pb2.EXECUTION_KIND_COMMUNITY_CORRECTION, on=final_on.isoformat(), executor=BUREAU
    )
    return made


def test_r25_r26_a_sentence_that_should_have_ended_is_listed_until_its_release_comes(
    running_federation: Fed,
) -> None:
    someone = Someone(name="期满者")
    judged = judgment(someone, months=36)
    sent(running_federation.client("court"), judged)
    police = running_federation.client("police")
    owed = numbers(police, "police-1", list=OVERDUE)[canonical(judged)]
    assert (owed.kind, owed.ends_on) == (notice_pb2.NOTICE_KIND_RELEASE, "2022-06-15")
    assert owed.days_overdue > 365
    assert owed.name == "期满者"
    sent(running_federation.client("prison"), release(judged))
    assert canonical(judged) not in numbers(police, "police-1", list=OVERDUE)
    logged = [e for e in running_federation.node_entries("police") if e["kind"] == "expected_listed"]
    assert logged[-1]["purpose"] == "overdue"


def test_r25_sealed_persons_are_in_a_list_of_their_own_under_an_undertaking(running_federation: Fed) -> None:
    judged = judgment(Someone(born=MINOR), months=36)
    sent(running_federation.client("court"), judged)
    police = running_federation.client("police")
    assert canonical(judged) not in numbers(police, "police-1", list=OVERDUE)
    with pytest.raises(InvalidRequest, match="undertaking"):
        numbers(police, "police-1", list=OVERDUE, sealed=True)
    listed = numbers(police, "police-1", list=OVERDUE, sealed=True, undertaking=True)
    assert canonical(judged) in listed
    entry = [e for e in running_federation.node_entries("police") if e["kind"] == "sealed_access"][-1]
    assert (entry["purpose"], entry["officer"]) == ("overdue", police.connection.officer)
    with pytest.raises(PermissionDenied, match="own member"):
        numbers(
            running_federation.client("county_justice"),
            "justice-1",
            list=OVERDUE,
            sealed=True,
            undertaking=True,
        )


def test_r27_a_county_bureau_sees_its_own_corrections_and_no_others(running_federation: Fed) -> None:
    soon, later, sealed = (Someone(), Someone(), Someone(born=MINOR))
    mine = on_probation(soon, ends_in=10)
    not_mine = on_probation(later, ends_in=10)
    not_mine.execution[0].executor = "别处司法局"
    young = on_probation(sealed, ends_in=10)
    away = on_probation(Someone(), ends_in=200, division="310101")
    for made in (mine, not_mine, young, away):
        running_federation.enter("justice", made)
    bureau = running_federation.client("county_justice")
    ending = numbers(bureau, "justice-1", list=ENDING, within_days=20)
    assert canonical_of(mine) in ending
    assert not {canonical_of(not_mine), canonical_of(young), canonical_of(away)} & set(ending)
    assert ending[canonical_of(mine)].record_id == ""
    own = numbers(running_federation.client("justice"), "justice-1", list=ENDING, within_days=20)
    assert {canonical_of(mine), canonical_of(not_mine)} <= set(own)
    elsewhere = numbers(bureau, "justice-1", list=ELSEWHERE, division="110105")
    assert canonical_of(away) in elsewhere
    assert canonical_of(mine) not in elsewhere


def test_r27_a_bureaus_list_does_not_change_by_what_was_only_received(running_federation: Fed) -> None:
    """Whoever it concerns: a completed correction without a judgment number waits for an officer (R31, R45)."""
    bureau, persons = running_federation.client("county_justice"), [Someone(), Someone(born=MINOR)]
    for someone in persons:
        running_federation.enter("justice", on_probation(someone, ends_in=10))
    before = numbers(bureau, "justice-1", list=ENDING, within_days=20)
    today = clock.legal_day(clock.now()).isoformat()
    judged = [correction(judgment(someone), on=today) for someone in [*persons, Someone()]]
    for notice in judged:
        notice.ClearField("judgment")
    for tracked in sent(bureau, *judged):
        assert stages(tracked)["justice-1"] == "received"
    assert numbers(bureau, "justice-1", list=ENDING, within_days=20) == before


def canonical_of(made: record_pb2.Record) -> str:
    return made.judgment_number.original


@pytest.mark.parametrize("member", ["court", "prison"])
def test_what_is_expected_is_no_business_of_others(running_federation: Fed, member: str) -> None:
    with pytest.raises(PermissionDenied):
        numbers(running_federation.client(member), "justice-1", list=OVERDUE)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"list": ENDING}, "within_days"),
        ({"list": ENDING, "within_days": 367}, "within_days"),
        ({"list": ELSEWHERE}, "division"),
        ({"list": ELSEWHERE, "division": "beijing"}, "division"),
        ({"within_days": 3}, "list"),
        ({"list": OVERDUE, "after": "xyz"}, "record_id"),
    ],
)
def test_a_list_that_cannot_be_made_is_refused_by_field(
    running_federation: Fed, asked: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        numbers(running_federation.client("justice"), "justice-1", **asked)
    assert [v.field for v in caught.value.violations] == [field]


def listed(number: str, final_on: str, persons: int = 0) -> pb.ListedJudgment:
    return pb.ListedJudgment(number=number, final_on=final_on, persons=persons)


def test_r48_a_courts_list_says_what_was_received_late_missing_and_what_is_still_in_time(
    running_federation: Fed,
) -> None:
    court = running_federation.client("court")
    today = clock.legal_day(clock.now())
    # No holiday moves a last day by more than ten days.
    in_time, late = recent(judgment(Someone()), 3), recent(judgment(Someone()), 25)
    shared = case_number()
    first = recent(judgment(Someone(), number=shared), 30)
    ago = {days: today - timedelta(days=days) for days in (10, 25, 30, 40)}
    days_late = {days: lateness("judgment", day, today)[1] for days, day in ago.items()}
    receipts = court.notices.submit([in_time, late, first])
    settled(court, [r.notice for r in receipts])
    rows = [
        listed(in_time.record.judgment_number.original, in_time.record.final_on),
        listed(late.record.judgment_number.original, late.record.final_on),
        listed(shared, first.record.final_on, 2),
        listed(case_number(), ago[40].isoformat()),
        listed(case_number(), ago[10].isoformat()),
        listed(case_number(), ago[25].isoformat()),
    ]
    found = [stands for _, stands in court.timeliness.reconcile(rows)]
    assert [pb.ReconciledState.Name(s.state).removeprefix("RECONCILED_STATE_") for s in found] == [
        "RECEIVED",
        "LATE",
        "INCOMPLETE",
        "MISSING",
        "NOT_YET_DUE",
        "MISSING",
    ]
    assert [s.late_days for s in found] == [0, *(days_late[days] for days in (25, 30, 40)), 0, days_late[25]]
    assert min(days_late[25], days_late[30], days_late[40]) > 0
    assert (found[2].received, found[2].expected) == (1, 2)
    entry = [e for e in running_federation.gateway_entries() if e["kind"] == "reconciled"][-1]
    assert entry["judgments"] == 6


def test_r48_a_court_alone_reconciles_and_a_wrong_row_is_named(running_federation: Fed) -> None:
    with pytest.raises(PermissionDenied, match="from a court"):
        list(running_federation.client("prison").timeliness.reconcile([listed(case_number(), "2019-06-16")]))
    court = running_federation.client("court")
    wrong = [
        listed(case_number(), "2019-06-16"),
        listed("no number", "2019-06-16"),
        listed(case_number(), "x"),
    ]
    with pytest.raises(InvalidRequest) as caught:
        list(court.timeliness.reconcile(wrong))
    assert [v.field for v in caught.value.violations] == ["judgments[1].number", "judgments[2].final_on"]


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(arguments))
    return done.exit_code, done.output


def test_the_commands_list_and_reconcile(running_federation: Fed, tmp_path: Path) -> None:
    home = ("--home", str(running_federation.layout.home), "--officer", "甲")
    file = tmp_path / "list.csv"
    file.write_text(f"判决书号,生效日期,人数\n{case_number()},2019年6月16日,二\n", "gb18030")
    code, output = run("notify", "reconcile", *home, "--list", str(file), "--json")
    assert code == 0, output
    (row,) = json.loads(output)
    assert (row["state"], row["expected"]) == ("RECONCILED_STATE_MISSING", 2)
    code, output = run("notify", "reconcile", *home, "--list", str(file))
    assert (code, "missing" in output) == (0, True)
    file.write_text("判决书号\nx\n", "utf-8")
    code, output = run("notify", "reconcile", *home, "--list", str(file))
    assert (code, "no column for final_on" in output) == (1, True)
    code, output = run("node", "expected", *home, "--node", "justice-1", "--as", "county_justice", "--json")
    assert code == 0, output
    assert all(each.get("executor") == BUREAU for each in json.loads(output))
    code, output = run("node", "expected", *home, "--node", "police-1", "--list", "overdue")
    assert code == 0, output


def test_r25_the_report_covers_lateness_and_what_is_owed_and_counts_nobody_sealed(
    running_federation: Fed,
) -> None:
    judged, sealed = judgment(Someone(), months=7), judgment(Someone(born=MINOR), months=7)

    def owed() -> int:
        code, output = run("report", "intake", "--home", str(running_federation.layout.home), "--json")
        assert code == 0, output
        report = json.loads(output)
        assert {row["kind"] for row in report["due_times"]} >= {"judgment", "release", "correction_completed"}
        rows = [r for r in report["expected"] if (r["node"], r["kind"]) == ("police-1", "release")]
        return sum(int(row["overdue"]) for row in rows)

    before = owed()
    sent(running_federation.client("court"), sealed)
    assert owed() == before
    sent(running_federation.client("court"), judged)
    assert owed() == before + 1
    code, output = run("report", "intake", "--home", str(running_federation.layout.home))
    assert (code, "expected by now and not reported" in output) == (0, True)


def test_r66_the_figures_are_written_for_the_textfile_collector(
    running_federation: Fed, tmp_path: Path
) -> None:
    sent(running_federation.client("court"), judgment(Someone()))
    out = tmp_path / "hutong.prom"
    code, output = run("report", "metrics", "--home", str(running_federation.layout.home), "--out", str(out))
    assert code == 0, output
    families = text_string_to_metric_families(out.read_text("utf-8"))
    samples = [sample for family in families for sample in family.samples]
    values = {(s.name, *sorted(s.labels.values())): s.value for s in samples}
    assert values["hutong_notices_accepted_total", "court", "judgment"] >= 1
    assert values["hutong_node_reachable", "police-1"] == 1
    overdue = [s.labels for s in samples if s.name == "hutong_expected_overdue"]
    assert any((labels["node"], labels["kind"]) == ("police-1", "release") for labels in overdue)
    assert not any("registered" in s.name for s in samples)


def test_r25_the_figures_count_every_late_notice(running_federation: Fed) -> None:
    def late() -> list[int]:
        code, output = run("report", "intake", "--home", str(running_federation.layout.home), "--json")
        assert code == 0, output
        report = json.loads(output)
        every = (report["accepted"], report["nodes"]["police-1"])
        return [sum(r["late"] for r in rows if r["sender"] == "court") for rows in every]

    before = late()
    sent(running_federation.client("court"), *(recent(judgment(Someone()), 15) for _ in range(3)))
    assert [now - then for now, then in zip(late(), before, strict=True)] == [3, 3]
