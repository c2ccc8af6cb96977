"""One step of an application, in the writer's transaction: checked, stored and logged, with the documents it issues."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from federation.evidence.entry import EntryKind
from federation.law.workdays import Deadlines
from federation.v1 import application_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import legal_day, stamp
from federation.values.enum_names import enum_name
from node.applications.files import Files, Issued
from node.applications.history import STATES, STEPS, due_after, situation_of
from node.applications.insisting import insist_version
from node.applications.machine import Step, advance
from node.applications.two_signers import insist_two_signers
from server.journal.journal import Journal
from server.journal.work import View, Work
from server.opening import Act


@dataclass(frozen=True, slots=True)
class StepResult:
    """An application after a step, and the documents that the step issued."""

    application: pb.Application
    documents: tuple[Envelope, ...] = ()


Build = Callable[[Work, pb.Application, pb.ApplicationEvent], tuple[Issued, ...]]
"""Fills in the event of a step and returns what it issues; raises to take nothing of it."""


@dataclass(frozen=True, slots=True)
class ApplicationSteps:
    """The tools of every step: the journal, the files, the due times, a clock."""

    journal: Journal
    files: Files
    deadlines: Deadlines
    now: Callable[[], datetime]
    #: Raises for a head who is named as approving a step and is no officer on the roll.
    insist_head: Callable[[View, str], None]

    def open(self, submission: pb.Submission, act: Act, build: Build) -> StepResult:
        """Begin a file with a submission."""
        at = self.now()
        today = legal_day(at)

        def command(work: Work) -> StepResult:
            act.insist_first(work)
            event = _event(act, at, 1, pb.APPLICATION_STEP_SUBMIT, pb.APPLICATION_STATE_SUBMITTED)
            event.submission.CopyFrom(submission)
            event.submission.ClearField("expected_version")
            build(work, pb.Application(submission=submission), event)
            file = self.files.open(work, event, year=today.year, submitted_on=today.isoformat())
            _log(work, act, at, file.application.number, event)
            return StepResult(file.application)

        return self.journal.run(command).value

    def take(
        self,
        number: str,
        expected_version: int,
        step: Step,
        act: Act,
        build: Build,
        *,
        at: datetime | None = None,
        note: str = "",
        approved_by: str = "",
    ) -> StepResult:
        """Take one step on a file; raises `Stale` and the errors of `advance` and `build`."""
        moment = at or self.now()
        today = legal_day(moment)

        def command(work: Work) -> StepResult:
            act.insist_first(work)
            file = self.files.load(work.view, number)
            before = file.application
            insist_version(before, expected_version)
            situation = situation_of(before, step, self.deadlines)
            to = advance(situation, step, officer=act.officer, today=today, approved_by=approved_by)
            insist_two_signers(before, step, act)
            if approved_by:
                self.insist_head(work.view, approved_by)
            event = _event(act, moment, before.version + 1, STEPS[step], STATES[to])
            due, event.days_left = due_after(before, step, today, self.deadlines)
            event.due_on = due.isoformat() if due else ""
            event.late = bool(before.due_on) and today.isoformat() > before.due_on
            event.verifying = step is Step.VERIFY
            event.note, event.approved_by = note, approved_by
            issued = build(work, before, event)
            event.documents.extend(each.header for each in issued)
            after = self.files.append(work, file, event)
            self.files.documents.issue(work, after, issued)
            self.files.documents.forget(work, today.isoformat())
            _log(work, act, moment, number, event)
            for each in issued:
                _log_issued(work, act, moment, number, each)
            shown = self.files.load(work.view, number).application
            return StepResult(shown, tuple(each.envelope for each in issued))

        return self.journal.run(command).value


def _event(
    act: Act,
    at: datetime,
    version: int,
    step: pb.ApplicationStep.ValueType,
    state: pb.ApplicationState.ValueType,
) -> pb.ApplicationEvent:
    return pb.ApplicationEvent(
        version=version,
        step=step,
        state=state,
        officer=act.officer,
        installation=str(act.installation),
        at=stamp(at),
        own_key=act.known.own_key,
    )


def _log(work: Work, act: Act, at: datetime, number: str, event: pb.ApplicationEvent) -> None:
    act.log(
        work,
        EntryKind.APPLICATION,
        at=stamp(at),
        application=number,
        version=event.version,
        step=enum_name(pb.ApplicationStep.DESCRIPTOR, event.step),
        state=enum_name(pb.ApplicationState.DESCRIPTOR, event.state),
        late=int(event.late),
        approved_by=event.approved_by,
        mandate=event.mandate,
        request=event.question_digest.hex(),
        answer=event.answer_digest.hex(),
        digest=hashlib.sha256(event.SerializeToString(deterministic=True)).hexdigest(),
    )


def _log_issued(work: Work, act: Act, at: datetime, number: str, issued: Issued) -> None:
    work.log.append(
        EntryKind.DOCUMENT_ISSUED,
        at=stamp(at),
        officer=act.officer,
        by=str(act.installation),
        application=number,
        document=issued.header.number,
        digest=issued.header.digest.hex(),
        supersedes=issued.document.supersedes,
    )
