"""The office that takes applications in and steps through them, one officer and one entry at a time (R34)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from federation.applications.question import mandate_of
from federation.charter.model import Charter
from federation.errors import FieldViolation, InvalidRequest
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.values.clock import legal_day
from federation.values.written import written_violations
from node.applications import admission, forms
from node.applications.admission import Window
from node.applications.answers import insist_of_application, read_evidence
from node.applications.documents import Press
from node.applications.files import Issued
from node.applications.history import STEPS, last
from node.applications.insisting import insist_grounds, insist_none, insist_note, insist_some, one_of
from node.applications.machine import Step
from node.applications.stepping import Done, Stepping
from server.journal.work import Work
from server.opening import Act


class Office:
    """The applications of one node."""

    def __init__(
        self,
        *,
        stepping: Stepping,
        press: Press,
        window: Callable[[Charter], Window],
        charter: Callable[[], Charter],
    ) -> None:
        self._stepping = stepping
        self._press = press
        self._window = window
        self._charter = charter

    def submit(self, said: pb.Submission, act: Act) -> Done:
        """Take an application in, or papers that one lacks."""
        if said.supplement_to:
            return self._supplement(said, act)
        forms.insist_well_formed(said, allow_synthetic=self._window(self._charter()).allow_synthetic)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.grounds.extend(self._obstacles(work, before, said.papers))
            return ()

        return self._stepping.open(said, act, build)

    def _supplement(self, said: pb.Submission, act: Act) -> Done:
        violations = list(forms.paper_violations(said.papers))
        if not said.papers:
            violations.append(FieldViolation("papers", "R34", "name the papers that are handed in"))
        if violations:
            raise InvalidRequest(violations)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.papers.extend(said.papers)
            event.grounds.extend(self._obstacles(work, before, [*before.submission.papers, *said.papers]))
            return ()

        return self._stepping.take(said.supplement_to, said.expected_version, Step.SUPPLEMENT, act, build)

    def accept(self, said: pb.Acceptance, act: Act) -> Done:
        """Accept, refuse to accept, or ask for missing papers (受理)."""
        step = one_of(said.decision, (Step.ACCEPT, Step.REFUSE, Step.WANT_PAPERS))
        insist_grounds(said.grounds)
        at = self._stepping.now()

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            found = self._obstacles(work, before, before.submission.papers)
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

        return self._stepping.take(said.number, said.expected_version, step, act, build, at=at)

    def review(self, said: pb.ReviewStep, act: Act) -> Done:
        """Review (审核), or re-examine (复查)."""
        step = one_of(
            said.decision,
            (Step.APPROVE, Step.REJECT, Step.VERIFY, Step.RESUME, Step.EXTEND, Step.UPHOLD, Step.CORRECT),
        )
        insist_grounds(said.grounds)
        insist_note(said.note, said.approved_by, needed=step in (Step.VERIFY, Step.EXTEND))
        at = self._stepping.now()

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.grounds.extend(said.grounds)
            if step in (Step.REJECT, Step.UPHOLD, Step.CORRECT):
                insist_some(said.grounds)
            if step is Step.CORRECT and last(before, Step.ACCEPT) is None:
                insist_none(self._obstacles(work, before, before.submission.papers))
            if step in (Step.APPROVE, Step.CORRECT):
                event.mandate = mandate_of(before.number, event)
            if step is Step.REJECT:
                return (self._press.refusal(before, said.grounds, accepted=True, at=at),)
            return ()

        return self._stepping.take(
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
        at = self._stepping.now()
        evidence = read_evidence(said, self._charter(), now=at)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.grounds.extend(said.grounds)
            if step is Step.DECLINE:
                insist_some(said.grounds)
                return (self._press.refusal(before, said.grounds, accepted=True, at=at),)
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
        missing = ("2021 Provisions [V]", "write what is objected to")
        violations = list(written_violations("grounds", said.grounds, limit=1000, missing=missing))
        violations += forms.paper_violations(said.papers)
        if violations:
            raise InvalidRequest(violations)

        def build(work: Work, before: pb.Application, event: pb.ApplicationEvent) -> tuple[Issued, ...]:
            event.papers.extend(said.papers)
            return ()

        return self._stepping.take(
            said.number, said.expected_version, Step.OBJECT, act, build, note=said.grounds
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

    def _obstacles(
        self, work: Work, before: pb.Application, papers: Sequence[pb.Paper]
    ) -> list[document_pb2.Ground]:
        said, today = before.submission, legal_day(self._stepping.now())
        files = self._stepping.files
        persons = files.persons(said)
        return admission.obstacles(
            said,
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
