"""The office that takes applications in and steps through them, one officer and one entry at a time (R34)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from federation.applications.question import mandate_of
from federation.applications.workdays import Deadlines
from federation.charter.model import Charter
from federation.clock import legal_day, stamp
from federation.errors import FieldViolation, InvalidRequest
from federation.evidence.entry import EntryKind
from federation.record.validate import text_violations
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.words import word
from journal.journal import Journal
from journal.writer import Work
from node.applications import admission
from node.applications.admission import Window
from node.applications.answers import insist_of_application, read_evidence
from node.applications.documents import Press
from node.applications.files import File, Files, Issued
from node.applications.history import STATES, STEPS, due_after, last, situation_of
from node.applications.insisting import (
    insist_grounds,
    insist_none,
    insist_note,
    insist_some,
    insist_version,
    one_of,
)
from node.applications.machine import Step, advance
from node.registry.acts import Act, insist_first


@dataclass(frozen=True, slots=True)
class Done:
    """An application after a step, and what the step issued."""

    application: pb.Application
    documents: tuple[Envelope, ...] = ()


_Build = Callable[[Work, pb.Application, pb.ApplicationEvent], tuple[Issued, ...]]


class Office:
    """The applications of one node."""

    def __init__(
        self,
        *,
        journal: Journal,
        files: Files,
        press: Press,
        window: Callable[[], Window],
        deadlines: Deadlines,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._files = files
        self._press = press
        self._window = window
        self._deadlines = deadlines
        self._charter = charter
        self._now = now

    def submit(self, said: pb.Submission, act: Act) -> Done:
        """Take an application in, or papers for one that wants them."""
        if said.supplement_to:
            return self._supplement(said, act)
        admission.insist_well_formed(said, allow_synthetic=self._window().allow_synthetic)
        at = self._now()
        today = legal_day(at)

        def command(work: Work) -> Done:
            insist_first(work, act)
            event = self._event(act, at, 1, pb.APPLICATION_STEP_SUBMIT, pb.APPLICATION_STATE_SUBMITTED)
            event.submission.CopyFrom(said)
            event.submission.ClearField("expected_version")
            event.grounds.extend(self._obstacles(work, said, said.papers, today))
            file = self._files.open(work.connection, event, year=today.year, submitted_on=today.isoformat())
            self._log(work, act, at, file.application.number, event)
            return Done(file.application)

        return self._journal.run(command).value

    def _supplement(self, said: pb.Submission, act: Act) -> Done:
        violations = list(admission.paper_violations(said.papers))
        if not said.papers:
            violations.append(FieldViolation("papers", "R34", "name the papers that are handed in"))
        if violations:
            raise InvalidRequest(violations)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.papers.extend(said.papers)
            papers = [*before.submission.papers, *said.papers]
            event.grounds.extend(
                self._obstacles(work, before.submission, papers, legal_day(self._now()), number=before.number)
            )
            return ()

        return self._step(said.supplement_to, said.expected_version, Step.SUPPLEMENT, act, build)

    def accept(self, said: pb.Acceptance, act: Act) -> Done:
        """Accept, refuse to accept, or want papers (受理)."""
        step = one_of(said.decision, (Step.ACCEPT, Step.REFUSE, Step.WANT_PAPERS))
        insist_grounds(said.grounds)
        at = self._now()

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            papers = before.submission.papers
            found = self._obstacles(work, before.submission, papers, legal_day(at), number=before.number)
            if step is Step.ACCEPT:
                insist_none(found)
                due = date.fromisoformat(event.due_on)
                return (self._press.receipt(before, due=due, at=at),)
            if step is Step.WANT_PAPERS:
                found = [ground for ground in found if ground.papers]
            grounds = list(said.grounds) or found
            insist_some(grounds)
            event.grounds.extend(grounds)
            if step is Step.WANT_PAPERS:
                return ()
            return (self._press.refusal(before, grounds, accepted=False, at=at),)

        return self._step(said.number, said.expected_version, step, act, build, at=at)

    def review(self, said: pb.ReviewStep, act: Act) -> Done:
        """Review (审核), or re-examine (复查)."""
        step = one_of(
            said.decision,
            (Step.APPROVE, Step.REJECT, Step.VERIFY, Step.RESUME, Step.EXTEND, Step.UPHOLD, Step.CORRECT),
        )
        insist_grounds(said.grounds)
        insist_note(said.note, said.approved_by, needed=step in (Step.VERIFY, Step.EXTEND))
        at = self._now()

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.grounds.extend(said.grounds)
            if step in (Step.REJECT, Step.UPHOLD, Step.CORRECT):
                insist_some(said.grounds)
            if step is Step.CORRECT and last(before, Step.ACCEPT) is None:
                insist_none(
                    self._obstacles(
                        work, before.submission, before.submission.papers, legal_day(at), number=before.number
                    )
                )
            if step in (Step.APPROVE, Step.CORRECT):
                event.mandate = mandate_of(before.number, event)
            if step is Step.REJECT:
                return (self._press.refusal(before, said.grounds, accepted=True, at=at),)
            return ()

        return self._step(
            said.number,
            said.expected_version,
            step,
            act,
            build,
            at=at,
            note=said.note,
            approved_by=said.approved_by,
        )

    def handle(self, said: pb.Handling, act: Act) -> Done:
        """Handle (处理): issue the result or the opinion, never by the officer who reviewed it."""
        step = one_of(said.decision, (Step.ANSWER, Step.DECLINE, Step.VERIFY, Step.RESUME, Step.CONCLUDE))
        insist_grounds(said.grounds)
        insist_note(said.note, said.approved_by, needed=step is Step.VERIFY)
        at = self._now()
        evidence = None
        if said.HasField("question") or said.HasField("answer"):
            evidence = read_evidence(said.question, said.answer, self._charter(), now=at)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.grounds.extend(said.grounds)
            if step is Step.DECLINE:
                insist_some(said.grounds)
                return (self._press.refusal(before, said.grounds, accepted=True, at=at),)
            judged = last(before, Step.UPHOLD, Step.CORRECT)
            corrected = judged is not None and judged.step == STEPS[Step.CORRECT]
            issued: tuple[Issued, ...] = ()
            if step is Step.ANSWER or (step is Step.CONCLUDE and corrected):
                if evidence is None:
                    raise InvalidRequest.of(
                        "answer", "R34", "give the signed question and the gateway's answer"
                    )
                insist_of_application(
                    evidence,
                    before,
                    officer=act.officer,
                    installation=act.installation,
                    now=at,
                    usable=self._deadlines.answer_usable,
                )
                event.question_digest = evidence.question_digest
                event.answer_digest = evidence.answer_digest
                old = _superseded(before) if step is Step.CONCLUDE else ""
                issued = (self._press.result(before, evidence, supersedes=old, at=at),)
            if step is Step.CONCLUDE:
                grounds = judged.grounds if judged else ()
                opinion = self._press.opinion(before, grounds, corrected=corrected, after=len(issued), at=at)
                issued = (*issued, opinion)
            return issued

        return self._step(
            said.number,
            said.expected_version,
            step,
            act,
            build,
            at=at,
            note=said.note,
            approved_by=said.approved_by,
        )

    def object(self, said: pb.Objection, act: Act) -> Done:
        """Take in an objection (异议), in writing."""
        violations = list(text_violations("grounds", said.grounds, limit=1000))
        violations += admission.paper_violations(said.papers)
        if not said.grounds:
            violations.append(FieldViolation("grounds", "2021 Provisions [V]", "write what is objected to"))
        if violations:
            raise InvalidRequest(violations)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.papers.extend(said.papers)
            return ()

        return self._step(said.number, said.expected_version, Step.OBJECT, act, build, note=said.grounds)

    def _step(
        self,
        number: str,
        expected_version: int,
        step: Step,
        act: Act,
        build: _Build,
        *,
        at: datetime | None = None,
        note: str = "",
        approved_by: str = "",
    ) -> Done:
        """Take one step in the writer's transaction: version, order, officer, time, then what it issues."""
        moment = at or self._now()
        today = legal_day(moment)

        def command(work: Work) -> Done:
            insist_first(work, act)
            file = self._files.load(work.connection, number)
            before = file.application
            insist_version(before, expected_version)
            situation = situation_of(before, step, self._deadlines)
            to = advance(situation, step, officer=act.officer, today=today, approved_by=approved_by)
            event = self._event(act, moment, before.version + 1, STEPS[step], STATES[to])
            due, event.days_left = due_after(before, step, today, self._deadlines)
            event.due_on = due.isoformat() if due else ""
            event.late = bool(before.due_on) and today.isoformat() > before.due_on
            event.verifying = step is Step.VERIFY
            event.note, event.approved_by = note, approved_by
            issued = build(work, before, event)
            event.documents.extend(each.header for each in issued)
            after = self._files.append(work.connection, file, event)
            self._files.issue(work.connection, after, issued)
            self._files.forget(work.connection, today.isoformat())
            self._log(work, act, moment, number, event)
            for each in issued:
                self._log_issued(work, act, moment, number, each)
            return Done(self._again(work, after), tuple(each.envelope for each in issued))

        return self._journal.run(command).value

    def _again(self, work: Work, file: File) -> pb.Application:
        return self._files.load(work.connection, file.application.number).application

    def _obstacles(
        self,
        work: Work,
        said: pb.Submission,
        papers: Sequence[pb.Paper],
        today: date,
        *,
        number: str = "",
    ) -> list[document_pb2.Ground]:
        persons = self._files.persons(said)
        return admission.obstacles(
            said,
            papers,
            self._window(),
            earlier_this_year=self._files.count(work.connection, persons, today.year, besides=number),
            profile=self._charter().profile_on(today),
            today=today,
        )

    def _event(
        self,
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
        )

    def _log(self, work: Work, act: Act, at: datetime, number: str, event: pb.ApplicationEvent) -> None:
        work.log.append(
            EntryKind.APPLICATION,
            at=stamp(at),
            once=act.once,
            officer=act.officer,
            by=str(act.installation),
            application=number,
            version=event.version,
            step=word(pb.ApplicationStep.DESCRIPTOR, event.step),
            state=word(pb.ApplicationState.DESCRIPTOR, event.state),
            late=int(event.late),
            approved_by=event.approved_by,
            mandate=event.mandate,
            request=event.question_digest.hex(),
            answer=event.answer_digest.hex(),
            digest=hashlib.sha256(event.SerializeToString(deterministic=True)).hexdigest(),
        )

    def _log_issued(self, work: Work, act: Act, at: datetime, number: str, issued: Issued) -> None:
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


def _superseded(before: pb.Application) -> str:
    """Return the document that a corrected result takes the place of: the result, or the refusal."""
    kinds = (document_pb2.DOCUMENT_KIND_REFUSAL,)
    return next((d.number for d in reversed(before.documents) if d.result or d.kind in kinds), "")
