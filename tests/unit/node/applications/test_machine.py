"""The steps of an application: every state, every step, every actor, against the table a lawyer can read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.errors import HutongError, OutOfOrder, PermissionDenied
from federation.law.workdays import Deadlines, Workdays, load_deadlines, load_workdays
from node.applications.machine import (
    APPROVED_BY_HEAD,
    ApplicationState,
    Duty,
    Situation,
    Step,
    advance,
    parts_after,
)

LAW = yaml.safe_load((Path(__file__).parents[3] / "law" / "applications.yaml").read_text("utf-8"))
ROWS: dict[tuple[ApplicationState, Step], dict[str, Any]] = {
    (ApplicationState(row["state"]), Step(row["step"])): row for row in LAW["steps"]
}
TODAY, HEAD = date(2026, 3, 2), "局长"
ACTORS = ["stranger", *Duty]


def officer_of(actor: str) -> str:
    return f"{actor}员"


def situation(state: ApplicationState, **facts: Any) -> Situation:
    parts = {officer_of(part): frozenset({part}) for part in Duty}
    return Situation(state=state, parts=parts, **facts)


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("state", list(ApplicationState))
def test_r34_every_step_by_every_actor_is_as_the_table_says(
    state: ApplicationState, step: Step, actor: str
) -> None:
    row = ROWS.get((state, step))
    now = situation(state, verifying=bool(row and row.get("while_verifying")))

    def taken() -> ApplicationState:
        return advance(now, step, officer=officer_of(actor), today=TODAY, approved_by=HEAD)

    if row is None:
        with pytest.raises(OutOfOrder) as refused:
            taken()
        assert refused.value.reason in ("OUT_OF_ORDER", "VERIFYING")
    elif actor in row.get("not_by", []):
        with pytest.raises(PermissionDenied) as denied:
            taken()
        assert denied.value.reason == "SAME_OFFICER"
    else:
        assert taken() == ApplicationState(row["to"])


@pytest.mark.parametrize(("state", "step"), ROWS, ids=lambda v: str(v))
def test_while_a_verification_is_under_way_only_its_end_is_next(state: ApplicationState, step: Step) -> None:
    now = situation(state, verifying=step is not Step.RESUME)
    if step is Step.RESUME:
        with pytest.raises(OutOfOrder) as refused:
            advance(situation(state), step, officer="甲", today=TODAY)
        assert refused.value.reason == "NOT_VERIFYING"
        return
    with pytest.raises(OutOfOrder) as refused:
        advance(now, step, officer="甲", today=TODAY, approved_by=HEAD)
    assert refused.value.reason == "VERIFYING"


@pytest.mark.parametrize(("state", "step"), [k for k, r in ROWS.items() if r.get("last_day")])
def test_what_is_too_late_is_refused_on_the_day_after_the_last(state: ApplicationState, step: Step) -> None:
    now = situation(state, last_day=TODAY)
    advance(now, step, officer="甲", today=TODAY, approved_by=HEAD)
    with pytest.raises(OutOfOrder) as refused:
        advance(now, step, officer="甲", today=date(2026, 3, 3), approved_by=HEAD)
    assert refused.value.reason == "TOO_LATE"


@pytest.mark.parametrize(("state", "step"), ROWS, ids=lambda v: str(v))
@pytest.mark.parametrize("head", ["", "甲", " 甲 "])
def test_a_head_who_is_another_person_approves_what_the_table_says(
    state: ApplicationState, step: Step, head: str
) -> None:
    row = ROWS[state, step]
    assert bool(row.get("head")) == (step in APPROVED_BY_HEAD)
    now = situation(state, verifying=step is Step.RESUME)
    if not row.get("head"):
        assert advance(now, step, officer="甲", today=TODAY, approved_by=head) == ApplicationState(row["to"])
        return
    with pytest.raises(PermissionDenied) as refused:
        advance(now, step, officer="甲", today=TODAY, approved_by=head)
    assert refused.value.reason == "HEAD_NEEDED"


def test_time_is_extended_once() -> None:
    now = situation(ApplicationState.OBJECTED, extended=True)
    with pytest.raises(OutOfOrder) as refused:
        advance(now, Step.EXTEND, officer="甲", today=TODAY, approved_by=HEAD)
    assert refused.value.reason == "EXTENDED_BEFORE"


@pytest.mark.parametrize("alias", ["李四", " 李四", "李 四", "李\u200b四", "李四\u3000"])
def test_r34_an_officer_is_the_same_person_however_the_name_is_typed(alias: str) -> None:
    parts = parts_after([(Step.ACCEPT, "张三"), (Step.APPROVE, "李四")])
    with pytest.raises(HutongError) as refused:
        advance(Situation(ApplicationState.APPROVED, parts), Step.ANSWER, officer=alias, today=TODAY)
    assert refused.value.reason == "SAME_OFFICER"
    assert advance(Situation(ApplicationState.APPROVED, parts), Step.ANSWER, officer="张三", today=TODAY)


@pytest.mark.parametrize("row", LAW["due"], ids=lambda row: row["why"])
def test_due_days_are_working_days(row: dict[str, Any]) -> None:
    calendar, first = load_workdays(), date.fromisoformat(row["from"])
    due = calendar.after(first, row["days"])
    assert due.isoformat() == row["due"]
    assert calendar.between(first, due) == row["days"]


def test_the_due_times_of_the_law_are_the_defaults() -> None:
    shipped = load_deadlines()
    assert (shipped.result, shipped.opinion, shipped.opinion_at_most) == (3, 15, 30)
    assert (shipped.yearly_without_proof, shipped.residence) == (3, 180)
    assert Deadlines(calendar=Workdays()).result == shipped.result


def test_a_calendar_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "holidays.toml"
    path.write_text('[2026]\noff = ["2026-02-14"]\nworked = ["2026-02-14"]\n')
    with pytest.raises(ValueError, match="2026-02-14"):
        load_workdays(path)
    path.write_text('[2026]\noff = ["2026-02-31"]\n')
    with pytest.raises(ValueError, match="day"):
        load_workdays(path)


def test_who_approves_an_objection_is_told_what_ends_it() -> None:
    with pytest.raises(OutOfOrder, match="it is upheld or corrected at review"):
        advance(situation(ApplicationState.OBJECTED), Step.APPROVE, officer="丁", today=TODAY)
