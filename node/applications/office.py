"""The office that takes applications in and steps through them, one officer and one entry at a time (R34)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from federation.applications.question import PURPOSE, mandate_of, persons_of, release_of
from federation.charter.model import Charter
from federation.errors import FieldViolation, InvalidRequest
from federation.statements.announcements import ANNOUNCED
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.values.calendar import parse_date
from federation.values.clock import legal_day
from federation.values.written import written_violations
from node.announcing.announcing import Announcements
from node.applications import admission, forms
from node.applications.admission import Window
from node.applications.answers import insist_of_application, read_evidence
from node.applications.documents import Press
from node.applications.files import Issued
from node.applications.history import STEPS, last
from node.applications.insisting import insist_grounds, insist_none, insist_note, insist_some, one_of
from node.applications.machine import Step
from node.applications.stepping import ApplicationSteps, StepResult
from server.journal.work import Work
from server.opening import Act


class Office:
    """The applications of one node."""

    def __init__(
        self,
        *,
        stepping: ApplicationSteps,
        press: Press,
        window: Callable[[Charter], Window],
        charter: Callable[[], Charter],
        announcements: Announcements,
    ) -> None:
        self._announcements = announcements
        self._stepping = stepping
        self._press = press
        self._window = window
        self._charter = charter

    def submit(self, submission: pb.Submission, act: Act) -> StepResult:
        """Take an application in, or papers that one lacks."""
        if submission.supplement_to:
            return self._supplement(submission, act)
        forms.insist_well_formed(submission, allow_synthetic=self._window(self._charter()).allow_synthetic)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.grounds.extend(self._obstacles(work, before, submission.papers))
            return ()

        return self._stepping.open(submission, act, build)

    def _supplement(self, submission: pb.Submission, act: Act) -> StepResult:
        violations = list(forms.paper_violations(submission.papers))
        if not submission.papers:
            violations.append(FieldViolation("papers", "R34", "name the papers that are handed in"))
        if violations:
            raise InvalidRequest(violations)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.papers.extend(submission.papers)
            event.grounds.extend(
                self._obstacles(work, before, [*before.submission.papers, *submission.papers])
            )
            return ()

        return self._stepping.take(
            submission.supplement_to, submission.expected_version, Step.SUPPLEMENT, act, build
        )

    def accept(self, acceptance: pb.Acceptance, act: Act) -> StepResult:
        """Accept, refuse to accept, or ask for missing papers (受理)."""
        step = one_of(acceptance.decision, (Step.ACCEPT, Step.REFUSE, Step.WANT_PAPERS))
        insist_grounds(acceptance.grounds)
        at = self._stepping.now()

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            found = self._obstacles(work, before, before.submission.papers)
            if step is Step.ACCEPT:
                insist_none(found)
                self._announce(work, before, event, legal_day(at))
                due = parse_date(event.due_on)
                return (self._press.receipt(before, due=due, at=at),)
            if step is Step.WANT_PAPERS:
                found = [ground for ground in found if ground.papers]
            grounds = list(acceptance.grounds) or found
            insist_some(grounds)
            event.grounds.extend(grounds)
            if step is Step.WANT_PAPERS:
                return ()
            return (self._press.refusal(before, grounds, accepted=False, at=at),)

        return self._stepping.take(acceptance.number, acceptance.expected_version, step, act, build, at=at)

    def review(self, review: pb.ReviewStep, act: Act) -> StepResult:
        """Review (审核), or re-examine (复查)."""
        step = one_of(
            review.decision,
            (Step.APPROVE, Step.REJECT, Step.VERIFY, Step.RESUME, Step.EXTEND, Step.UPHOLD, Step.CORRECT),
        )
        insist_grounds(review.grounds)
        insist_note(review.note, review.approved_by, needed=step in (Step.VERIFY, Step.EXTEND))
        at = self._stepping.now()

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.grounds.extend(review.grounds)
            if step in (Step.REJECT, Step.UPHOLD, Step.CORRECT):
                insist_some(review.grounds)
            if step is Step.CORRECT and last(before, Step.ACCEPT) is None:
                insist_none(self._obstacles(work, before, before.submission.papers))
                self._announce(work, before, event, legal_day(at))
            if step in (Step.APPROVE, Step.CORRECT):
                event.mandate = mandate_of(before.number, event)
            if step is Step.REJECT:
                return (self._press.refusal(before, review.grounds, accepted=True, at=at),)
            return ()

        return self._stepping.take(
            review.number,
            review.expected_version,
            step,
            act,
            build,
            at=at,
            note=review.note,
            approved_by=review.approved_by,
        )

    def handle(self, handling: pb.Handling, act: Act) -> StepResult:
        """Handle (处理): issue the result or the opinion, never by the officer who reviewed it."""
        step = one_of(handling.decision, (Step.ANSWER, Step.DECLINE, Step.VERIFY, Step.RESUME, Step.CONCLUDE))
        insist_grounds(handling.grounds)
        insist_note(handling.note, handling.approved_by, needed=step is Step.VERIFY)
        at = self._stepping.now()
        evidence = read_evidence(handling, self._charter(), now=at)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.grounds.extend(handling.grounds)
            if step is Step.DECLINE:
                insist_some(handling.grounds)
                return (self._press.refusal(before, handling.grounds, accepted=True, at=at),)
            judged = last(before, Step.UPHOLD, Step.CORRECT)
            corrected = judged is not None and judged.step == STEPS[Step.CORRECT]
            issued: tuple[Issued, ...] = ()
            if step is Step.ANSWER or (step is Step.CONCLUDE and corrected):
                insist_of_application(
                    evidence,
                    before,
                    officer=act.officer,
                    installation=act.installation,
                    now=at,
                    usable=self._stepping.deadlines.answer_usable,
                )
                event.question_digest, event.answer_digest = evidence.digests
                old = _superseded(before) if step is Step.CONCLUDE else ()
                issued = self._press.results(before, evidence.asked, supersedes=old, at=at)
                if step is Step.CONCLUDE:
                    self._supersede_others(work, before, issued[0], legal_day(at))
            if step is Step.CONCLUDE:
                grounds = judged.grounds if judged else ()
                opinion = self._press.opinion(before, grounds, corrected=corrected, after=len(issued), at=at)
                issued = (*issued, opinion)
            return issued

        return self._stepping.take(
            handling.number,
            handling.expected_version,
            step,
            act,
            build,
            at=at,
            note=handling.note,
            approved_by=handling.approved_by,
        )

    def object(self, objection: pb.Objection, act: Act) -> StepResult:
        """Take in an objection (异议), in writing."""
        missing = ("2021 Provisions [V]", "write what is objected to")
        violations = list(written_violations("grounds", objection.grounds, limit=1000, missing=missing))
        violations += forms.paper_violations(objection.papers)
        if violations:
            raise InvalidRequest(violations)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.papers.extend(objection.papers)
            return ()

        return self._stepping.take(
            objection.number, objection.expected_version, Step.OBJECT, act, build, note=objection.grounds
        )

    def _supersede_others(self, work: Work, before: pb.Application, corrected: Issued, today: date) -> None:
        """Note that a person's corrected certificate replaces all earlier ones in force (冒名)."""
        files = self._stepping.files
        files.documents.supersede_results(
            work,
            files.persons(before.submission),
            corrected.header.number,
            besides=before.number,
            today=today.isoformat(),
        )

    def _announce(self, work: Work, before: pb.Application, event: pb.ApplicationEvent, today: date) -> None:
        """Fix when the question of an accepted application is asked, and announce it to every required node (A27)."""
        purpose = PURPOSE[before.submission.kind]
        if purpose not in ANNOUNCED:
            return
        release = release_of(work.charter.period_on(today).release, today, self._stepping.deadlines.calendar)
        event.release_on = release.isoformat()
        basis = before.submission.basis if before.submission.kind == pb.APPLICATION_KIND_PUBLIC else ""
        persons = persons_of(before.submission)
        self._announcements.announce(work, before.number, purpose, persons, release, basis=basis)

    def _obstacles(
        self, work: Work, before: pb.Application, papers: Sequence[pb.Paper]
    ) -> list[document_pb2.Ground]:
        submission, today = before.submission, legal_day(self._stepping.now())
        files = self._stepping.files
        persons = files.persons(submission)
        return admission.obstacles(
            submission,
            papers,
            self._window(work.charter),
            earlier_this_year=files.count(work.view, persons, today.year, besides=before.number),
            profile=work.charter.profile_on(today),
            today=today,
        )


def _superseded(before: pb.Application) -> Sequence[str]:
    """Return the documents that corrected results replace: the earlier results, or the refusal."""
    kinds = (document_pb2.DOCUMENT_KIND_REFUSAL,)
    for event in reversed(before.events):
        found = [d.number for d in event.documents if d.result or d.kind in kinds]
        if found:
            return found
    return ()
