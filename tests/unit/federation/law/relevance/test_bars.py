"""When each bar ends, day by day: the person is told what an asker would be answered then (R37, A22)."""

from __future__ import annotations

import json
import tomllib
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.cli import main
from federation.answers.wording import bar as as_message
from federation.documents.bars import WORDS, page
from federation.law.bases import load_bases
from federation.law.relevance import Answer, relevant
from federation.law.relevance.bars import HORIZON, Bar, BarStatus, bars
from federation.law.relevance.ends import later
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb

ROWS = load_bases()
ON = date(2026, 3, 2)
DAY = timedelta(days=1)
COMPLETED, SERVING = pb.EXECUTION_KIND_COMPLETED, pb.EXECUTION_KIND_SERVING


def convicted(
    *events: tuple[pb.ExecutionKind.ValueType, str],
    offence: str = "职务侵占罪",
    months: int = 36,
    probation: int = 0,
    final_on: str = "2016-01-01",
) -> pb.Record:
    return pb.Record(
        record_class=pb.RECORD_CLASS_CRIMINAL,
        verdict=pb.VERDICT_GUILTY,
        final_on=final_on,
        offences=[pb.Offence(name=offence, intent=pb.INTENT_INTENTIONAL)],
        combined_penalty=pb.Penalty(
            kind=pb.PENALTY_KIND_FIXED_TERM, months=months, probation_months=probation
        ),
        execution=[pb.ExecutionEvent(kind=kind, on=on) for kind, on in events],
    )


def bars_of(*records: pb.Record, on: date = ON) -> dict[str, Bar]:
    return {bar.basis.id: bar for bar in bars(ROWS, merged(*records), on=on)}


def merged(*records: pb.Record) -> list[tuple[query_pb2.MergedConviction, list[pb.Record]]]:
    return [(query_pb2.MergedConviction(record=record), [record]) for record in records]


def test_r37_a_period_ends_with_the_day_of_the_same_number_and_that_day_still_counts() -> None:
    found = bars_of(convicted((COMPLETED, "2022-06-01")))
    assert (found["COM-178"].status, found["COM-178"].until) == (BarStatus.UNTIL, date(2027, 6, 1))
    for row, years in (("CPA-10", 5), ("APP-11", 5), ("COM-178", 5)):
        until = later(date(2022, 6, 1), years=years)
        assert found[row].until == until
        on_last, after = (
            relevant(ROWS[row], merged(convicted((COMPLETED, "2022-06-01"))), on=d)
            for d in (until, until + DAY)
        )
        assert (on_last, after) == (Answer.YES, Answer.NO)


def test_r37_the_29th_of_february_is_followed_by_the_28th() -> None:
    found = bars_of(convicted((COMPLETED, "2024-02-29")))
    assert found["COM-178"].until == date(2029, 2, 28)


@pytest.mark.parametrize(("on", "status"), [("2027-06-01", "until"), ("2027-06-02", "none")])
def test_r37_on_the_last_day_it_applies_and_on_the_next_it_does_not(on: str, status: str) -> None:
    found = bars_of(convicted((COMPLETED, "2022-06-01")), on=date.fromisoformat(on))
    assert found["COM-178"].status == status


def test_r37_what_has_no_limit_in_the_text_is_for_life() -> None:
    found = bars_of(convicted((COMPLETED, "2022-06-01")))
    assert found["CSL-26"].status is BarStatus.FOR_LIFE
    assert found["TCH-14"].status is BarStatus.FOR_LIFE
    assert found["COMP-24"].status is BarStatus.NONE, "no deprivation of political rights"


def test_r37_what_a_program_cannot_know_is_undecided_and_says_why() -> None:
    unknown = bars_of(convicted())
    assert unknown["COM-178"].status is BarStatus.UNDECIDED
    assert any("execution" in reason for reason in unknown["COM-178"].reasons)
    serving = bars_of(convicted((SERVING, "2024-01-01")))
    assert serving["MIL-24"].status is BarStatus.UNTIL
    assert serving["MIL-24"].until == date(2026, 12, 31), "certainly while the term runs"
    assert serving["MIL-24"].over_by is None
    assert any("completion date is missing" in reason for reason in serving["MIL-24"].reasons)


def test_r37_the_later_of_two_convictions_ends_the_bar() -> None:
    found = bars_of(convicted((COMPLETED, "2022-06-01")), convicted((COMPLETED, "2024-06-01")))
    assert found["COM-178"].until == date(2029, 6, 1)


def test_r37_a_row_that_is_no_basis_that_day_is_not_told() -> None:
    assert set(bars_of()) == {row.id for row in ROWS.values() if row.usable(ON)}
    assert "MIL-24" not in bars_of(on=date(2021, 9, 30))
    assert all(bar.status is BarStatus.NONE for bar in bars_of().values())


def test_r37_agencies_that_differ_leave_it_undecided() -> None:
    one, other = convicted((COMPLETED, "2018-06-01")), convicted((COMPLETED, "2024-06-01"))
    both = query_pb2.MergedConviction(record=one, conflicts=[query_pb2.Conflict(field="execution")])
    found = {bar.basis.id: bar for bar in bars(ROWS, [(both, [one, other])], on=ON)}
    assert found["COM-178"].status is BarStatus.UNDECIDED
    assert found["COM-178"].reasons


@settings(max_examples=40, deadline=None)
@given(
    done=st.none() | st.dates(date(2016, 1, 1), date(2026, 3, 1)),
    probation=st.sampled_from([0, 12, 36]),
    months=st.sampled_from([6, 36, 180]),
    row=st.sampled_from(["COM-178", "DOC-16", "SECO-10", "UAV-16", "MIL-24", "CSL-26", "TRAV-64", "CPA-10"]),
    days=st.integers(0, 365 * 15),
)
def test_r37_the_page_says_what_every_later_question_would_be_answered(
    done: date | None, probation: int, months: int, row: str, days: int
) -> None:
    record = convicted(*([(COMPLETED, done.isoformat())] if done else []), months=months, probation=probation)
    [bar] = bars({row: ROWS[row]}, merged(record), on=ON)
    day = ON + timedelta(days=days)
    answer = relevant(ROWS[row], merged(record), on=day)
    match bar.status:
        case BarStatus.NONE:
            assert answer is Answer.NO
        case BarStatus.FOR_LIFE:
            assert answer is Answer.YES
        case BarStatus.UNTIL:
            assert bar.until is not None
            assert (answer is Answer.YES) == (day <= bar.until)
            assert answer is not Answer.NO or bar.reasons == () or (bar.over_by and day > bar.over_by)
        case BarStatus.UNDECIDED:
            assert (answer is Answer.NO) == (bar.over_by is not None and day > bar.over_by)
    assert HORIZON > 100


def test_the_page_is_plain_chinese_whatever_is_on_it() -> None:
    records = [
        convicted((COMPLETED, "2022-06-01")),
        convicted(),
        convicted((SERVING, "2024-01-01")),
        convicted(probation=36),
        convicted(offence="没有这样的罪"),
        pb.Record(record_class=pb.RECORD_CLASS_CRIMINAL, offences=[pb.Offence(name="危险驾驶罪")]),
    ]
    for record in records:
        text = page("张三", ON.isoformat(), [as_message(bar) for bar in bars(ROWS, merged(record), on=ON)])
        assert "截至2026年3月2日" in text
        for line in text.splitlines():
            assert not any(phrase in line for phrase in (" the ", " is ", " was ", "not in")), line


def test_every_phrase_of_the_words_is_one_that_the_rules_say() -> None:
    folder = WORDS.parents[1]
    files = [*(folder / "law" / "relevance").glob("*.py"), *(folder / "data" / "bases").glob("*.toml")]
    source = "".join(path.read_text("utf-8") for path in files)
    for phrase in tomllib.loads(WORDS.read_text("utf-8")):
        assert phrase in source, phrase


def test_explain_bars_reads_convictions_and_names_what_is_wrong() -> None:
    conviction = {
        "offences": [{"name": "职务侵占罪", "intent": "intentional"}],
        "penalty": {"kind": "fixed_term", "months": 36},
        "final_on": "2016-01-01",
        "execution": [{"kind": "completed", "on": "2022-06-01"}],
    }
    lines = [
        {"on": "2026-03-02", "convictions": [conviction]},
        {"convictions": []},
        {"on": "soon", "convictions": []},
    ]
    ran = CliRunner().invoke(main, ["explain", "bars"], input="\n".join(map(json.dumps, lines)))
    first, missing, wrong = (json.loads(line) for line in ran.output.splitlines())
    [row] = [bar for bar in first["bars"] if bar["basis"] == "COM-178"]
    assert (row["standing"], row["until"]) == ("BAR_STANDING_UNTIL", "2027-06-01")
    assert missing["field"] == wrong["field"] == "on"
    text = CliRunner().invoke(main, ["explain", "bars", "--text"], input=json.dumps(lines[0])).output
    assert "《公司法》" in text
    assert "适用至2027年6月1日（含当日）" in text
