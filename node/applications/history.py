"""The state of an application, computed from the events of its steps and never stored itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from federation.law.workdays import Deadlines, Workdays
from federation.v1 import application_pb2 as pb
from federation.values import clock
from federation.values.calendar import parse_date
from federation.values.enum_names import enum_name
from node.applications.machine import ApplicationState, Situation, Step, parts_after

STATES: Final = {
    ApplicationState(enum_name(pb.ApplicationState.DESCRIPTOR, number)): number
    for number in pb.ApplicationState.values()
    if number
}
STEPS: Final = {
    Step(enum_name(pb.ApplicationStep.DESCRIPTOR, number)): number
    for number in pb.ApplicationStep.values()
    if number > pb.APPLICATION_STEP_SUBMIT
}
_STATE = {number: state for state, number in STATES.items()}
_STEP = {number: step for step, number in STEPS.items()}


def state_of(application: pb.Application) -> ApplicationState:
    """Return the state of the application."""
    return _STATE[application.state]


def fold(number: str, events: Iterable[pb.ApplicationEvent]) -> pb.Application:
    """Return the application that results from these events, oldest first."""
    made = pb.Application(number=number)
    for event in events:
        made.version = event.version
        made.state = event.state
        made.due_on = event.due_on
        made.days_left = event.days_left
        made.verifying = event.verifying
        if event.step == pb.APPLICATION_STEP_SUBMIT:
            made.submission.CopyFrom(event.submission)
        if event.step in (pb.APPLICATION_STEP_SUBMIT, pb.APPLICATION_STEP_SUPPLEMENT):
            del made.obstacles[:]
            made.obstacles.extend(event.grounds)
        made.submission.papers.extend(event.papers)
        if event.release_on:
            made.release_on = event.release_on
        if event.mandate:
            made.mandate = event.mandate
        made.documents.extend(event.documents)
        made.events.add().CopyFrom(event)
    return made


def last(application: pb.Application, *steps: Step) -> pb.ApplicationEvent | None:
    """Return the latest event of one of `steps`, or None."""
    wanted = {STEPS[step] for step in steps}
    return next((e for e in reversed(application.events) if e.step in wanted), None)


def situation_of(application: pb.Application, step: Step, deadlines: Deadlines) -> Situation:
    """Return the facts that decide whether `step` may be taken."""
    return Situation(
        state=state_of(application),
        parts=parts_after((_STEP[e.step], e.officer) for e in application.events if e.step in _STEP),
        verifying=application.verifying,
        extended=last(application, Step.EXTEND) is not None,
        last_day=_last_day(application, step, deadlines),
    )


def _last_day(application: pb.Application, step: Step, deadlines: Deadlines) -> date | None:
    if step is Step.SUPPLEMENT:
        return _on(last(application, Step.WANT_PAPERS), deadlines.papers_calendar, deadlines.calendar)
    if step is Step.OBJECT:
        decided = last(application, Step.REFUSE, Step.REJECT, Step.DECLINE, Step.ANSWER)
        return _on(decided, deadlines.objection_within_calendar, deadlines.calendar)
    if step is Step.EXTEND and application.due_on:
        return parse_date(application.due_on)
    return None


def _on(event: pb.ApplicationEvent | None, days: int, calendar: Workdays) -> date | None:
    if event is None:
        return None
    return calendar.end_of_period(clock.legal_day(clock.parse_stamp(event.at)) + timedelta(days=days))


def due_after(
    application: pb.Application, step: Step, today: date, deadlines: Deadlines
) -> tuple[date | None, int]:
    """Return when the next step is due after `step`, and the working days left while the due time is suspended.

    A batch that names the day by which it is needed is due on that day: no verification moves it.
    """
    calendar = deadlines.calendar
    due = parse_date(application.due_on) if application.due_on else None
    needed = application.submission.roster.needed_by
    if needed and step is Step.ACCEPT:
        return max(parse_date(needed), today), 0
    if needed and step in (Step.VERIFY, Step.RESUME):
        return due, 0
    match step:
        case Step.ACCEPT:
            return calendar.after(today, deadlines.result), 0
        case Step.VERIFY:
            return None, calendar.between(today, due) if due else 0
        case Step.RESUME:
            return calendar.after(today, application.days_left), 0
        case Step.OBJECT:
            return calendar.after(today, deadlines.opinion), 0
        case Step.EXTEND:
            objected = last(application, Step.OBJECT)
            first = clock.legal_day(clock.parse_stamp(objected.at)) if objected else today
            return calendar.after(first, deadlines.opinion_at_most), 0
        case Step.APPROVE | Step.UPHOLD | Step.CORRECT:
            return due, 0
    return None, 0
