"""What an office promises in time: due days, lateness, papers and objections too late, one number each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from federation.documents.document import read
from federation.errors import NotFound, NotPermitted, OutOfOrder, Replayed, Stale
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2
from tests.support import applying
from tests.support.office import World
from tests.support.records import Someone


def test_r34_the_result_is_due_in_three_working_days_and_lateness_stays_on_record(world: World) -> None:
    accepted = world.accept(world.submit(applying.own(Someone()))).application
    assert accepted.due_on == "2026-03-05"
    world.on("2026-03-05")
    assert not world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))
    world.on("2026-03-06")
    [line] = world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))
    assert (line.number, line.late) == (accepted.number, True)
    late = world.review(accepted, applying.APPROVE)
    assert late.events[-1].late, "it is done all the same, and stays on record (R48)"


def test_r34_the_clock_stands_while_a_verification_is_under_way(world: World) -> None:
    accepted = world.accept(world.submit(applying.own(Someone()))).application
    world.on("2026-03-03")
    stopped = world.review(accepted, applying.VERIFY)
    assert (stopped.due_on, stopped.days_left) == ("", 2)
    world.on("2026-03-20")
    running = world.review(stopped, applying.RESUME)
    assert running.due_on == "2026-03-24"
    assert not running.events[-1].late


def test_r34_an_enlistment_batch_is_due_on_its_own_day_which_no_verification_moves(world: World) -> None:
    submission = applying.roster(Someone(), Someone(), basis="MIL-24", needed_by="2026-03-20")
    accepted = world.accept(world.submit(submission)).application
    assert accepted.due_on == "2026-03-20", "not the three working days of a single application"
    stopped = world.review(accepted, applying.VERIFY)
    assert (stopped.due_on, stopped.verifying) == ("2026-03-20", True)
    running = world.review(stopped, applying.RESUME)
    assert (running.due_on, running.verifying) == ("2026-03-20", False)
    world.on("2026-03-20")
    assert not world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))
    world.on("2026-03-21")
    [line] = world.looking.list(pb.ApplicationFilter(late_only=True), world.act("甲"))
    assert (line.number, line.due_on, line.late) == (accepted.number, "2026-03-20", True)
    assert world.review(running, applying.APPROVE).events[-1].late


def test_r34_a_batch_whose_day_passed_before_it_was_accepted_is_not_accepted(world: World) -> None:
    taken = world.submit(applying.roster(Someone(), basis="MIL-24", needed_by="2026-03-02"))
    assert not taken.obstacles, "needed today is not too late"
    world.on("2026-03-03")
    with pytest.raises(NotPermitted, match="已过"):
        world.accept(taken)


def test_r34_papers_that_come_too_late_are_refused(world: World) -> None:
    submission = applying.own(Someone())
    form = submission.papers.pop()
    wanted = world.accept(world.submit(submission), applying.WANT).application
    more = pb.Submission(supplement_to=wanted.number, expected_version=wanted.version, papers=[form])
    world.on("2026-04-02")
    with pytest.raises(OutOfOrder) as late:
        world.office.submit(more, world.act("甲"))
    assert late.value.reason == "TOO_LATE"
    world.on("2026-04-01")
    assert not world.office.submit(more, world.act("甲")).application.obstacles


def test_r34_an_objection_comes_in_time_or_is_refused(world: World) -> None:
    refused = world.accept(world.submit(applying.own(Someone())), applying.REFUSE).application
    world.on("2026-05-07")
    with pytest.raises(OutOfOrder) as late:
        world.object(refused)
    assert late.value.reason == "TOO_LATE"
    world.on("2026-05-06")  # the sixtieth day is 1 May, the first of five days off
    assert world.object(refused).state == pb.APPLICATION_STATE_OBJECTED


def test_r34_an_opinion_is_due_in_fifteen_working_days_and_at_most_thirty(world: World) -> None:
    refused = world.accept(world.submit(applying.own(Someone())), applying.REFUSE).application
    objected = world.object(refused)
    assert objected.due_on == "2026-03-23"
    world.on("2026-03-24")
    with pytest.raises(OutOfOrder) as late:
        world.review(objected, applying.EXTEND, "丁")
    assert late.value.reason == "TOO_LATE"
    world.on("2026-03-23")
    assert world.review(objected, applying.EXTEND, "丁").due_on == "2026-04-14"


def test_r34_a_refusal_that_was_wrong_is_put_right(world: World) -> None:
    refused = world.accept(world.submit(applying.own(Someone())), applying.REFUSE)
    judged = world.review(world.object(refused.application), applying.CORRECT, "丁")
    question, answer = world.asked(judged, query_pb2.FINDING_NO)
    body = pb.Handling(
        number=judged.number,
        expected_version=judged.version,
        decision=applying.CONCLUDE,
        question=question,
        answer=answer,
    )
    closed = world.office.handle(body, world.act("丙"))
    certificate, opinion = map(read, closed.documents)
    assert certificate.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
    assert certificate.supersedes == read(refused.documents[0]).number
    assert opinion.result == document_pb2.DOCUMENT_RESULT_CORRECTED


def test_r34_what_may_not_be_accepted_is_not_by_way_of_an_objection_either(world: World) -> None:
    refused = world.accept(world.submit(applying.public(Someone(), "NO-ROW")), applying.REFUSE)
    with pytest.raises(NotPermitted, match="条款"):
        world.review(world.object(refused.application), applying.CORRECT, "丁")


def test_r34_many_windows_at_once_get_one_number_each(world: World) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: world.submit(applying.own(Someone())).number, range(64)))
    assert sorted(made) == [f"police-1-2026-{n:06d}" for n in range(1, 65)]
    world.on("2027-01-04")
    assert world.submit(applying.own(Someone())).number == "police-1-2027-000001"


def test_the_same_request_counts_once(world: World) -> None:
    act = world.act("甲")
    world.office.submit(applying.own(Someone()), act)
    with pytest.raises(Replayed):
        world.office.submit(applying.own(Someone()), act)


def test_a_stale_version_and_an_unknown_number_are_told_apart(world: World) -> None:
    submitted = world.submit(applying.own(Someone()))
    world.accept(submitted)
    with pytest.raises(Stale) as stale:
        world.accept(submitted)
    assert stale.value.metadata["current"] == "2"
    with pytest.raises(NotFound):
        world.show("police-1-2026-999999")


def test_r56_the_steps_of_an_application_are_insert_only(world: World) -> None:
    world.submit(applying.own(Someone()))
    for attempt in ("UPDATE application_event SET body = x'00'", "DELETE FROM application_event"):
        with world.journal.engine.begin() as connection, pytest.raises(DatabaseError, match="insert-only"):
            connection.execute(text(attempt))
