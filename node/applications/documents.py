"""The documents that an application's steps issue: receipt, refusal, result, opinion, with terms and remedies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from federation.applications.question import PURPOSE
from federation.charter.envelope import Signer
from federation.documents.document import RESULTS, sign
from federation.errors import OutOfOrder
from federation.law.bases import Basis
from federation.law.workdays import Deadlines
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2, record_pb2
from federation.values.clock import legal_day, stamp
from node.applications.answers import AnsweredQuestion, line_result_of, result_of
from node.applications.files import Issued

_PURPOSE_BOUND: Final = "仅限用于所载查询目的；不得擅自传播或者用于其他目的。"
_CONFIDENTIAL: Final = (
    "知悉内容的单位和个人应当保密；违反规定泄露或者使用的，依法追究责任（意见第二（五）条）。"
)
_AS_ENTERED: Final = "结果只反映查询时已经录入的信息，仅含生效有罪判决的犯罪记录。"
_VIOLATIONS: Final = "本证明不涉及犯罪记录；需要无犯罪记录证明的，另行申请。"
_SEALED: Final = "本次查询依国家规定含被封存的犯罪记录，查询单位应当对其情况予以保密（意见第二（四）条）。"
_OBJECT: Final = "有异议的，可以自收到之日起{days}日内向本机关书面提出，申请复查。"
_JUDGMENT: Final = "对人民法院的判决、裁定本身不服的，依法向人民法院申诉；登记机关不改变判决。"
_ALONE: Final = "结果为须核实的，由申请单位补充其身份材料后就该人单独申请。"
_ONCE: Final = "对复查意见不服的，依法可以申请行政复议或者提起诉讼的，依照其规定。"


@dataclass(frozen=True, slots=True)
class Press:
    """Makes and signs the documents of one node."""

    federation: str
    issuer: str
    signer: Signer
    deadlines: Deadlines
    catalogue: Callable[[], Mapping[str, Basis]]

    def receipt(self, application: pb.Application, *, due: date | None, at: datetime) -> Issued:
        """Return the receipt (受理回执): the application is accepted, and when the result is due."""
        made = self._blank(application, document_pb2.DOCUMENT_KIND_RECEIPT, at)
        made.result = document_pb2.DOCUMENT_RESULT_ACCEPTED
        made.due_on = due.isoformat() if due else ""
        made.remedies.append("逾期未出具结果的，可以向本机关或者其上级机关反映。")
        return self._issue(application, made, at)

    def refusal(
        self,
        application: pb.Application,
        grounds: Sequence[document_pb2.Ground],
        *,
        accepted: bool,
        at: datetime,
    ) -> Issued:
        """Return the refusal (不许可查询决定书), to accept or to permit, each ground with its rule and remedy."""
        made = self._blank(application, document_pb2.DOCUMENT_KIND_REFUSAL, at)
        made.result = (
            document_pb2.DOCUMENT_RESULT_NOT_PERMITTED
            if accepted
            else document_pb2.DOCUMENT_RESULT_NOT_ACCEPTED
        )
        made.grounds.extend(grounds)
        made.remedies.append(self._object())
        return self._issue(application, made, at)

    def results(
        self,
        application: pb.Application,
        asked: Sequence[AnsweredQuestion],
        *,
        supersedes: Sequence[str] = (),
        at: datetime,
    ) -> tuple[Issued, ...]:
        """Return the result of each question, or one letter that lists a roster; `supersedes` is in the same order.

        Raises `OutOfOrder` when an answer is not enough for a document.
        """
        roster = application.submission.HasField("roster")
        if roster and not application.submission.roster.letter_each:
            return (self._list(application, asked, supersedes="".join(supersedes[:1]), at=at),)
        read = line_result_of if roster else result_of
        old = [*supersedes, *[""] * len(asked)]
        return tuple(
            self._result(application, each, read(each.answer), supersedes=old[place], after=place, at=at)
            for place, each in enumerate(asked)
        )

    def _result(
        self,
        application: pb.Application,
        asked: AnsweredQuestion,
        found: document_pb2.DocumentResult.ValueType,
        *,
        supersedes: str,
        after: int,
        at: datetime,
    ) -> Issued:
        answer = asked.answer
        clean = found == document_pb2.DOCUMENT_RESULT_NONE
        kind = document_pb2.DOCUMENT_KIND_RESULT_LETTER
        if application.submission.kind == pb.APPLICATION_KIND_OWN:
            kind = _certificate(application.submission, clean=clean)
        made = self._letter(application, kind, found, supersedes=supersedes, after=after, at=at)
        made.ClearField("roster")
        made.subject.CopyFrom(asked.query.subject)
        made.listed_offences.extend(answer.listed_offences)
        made.convictions.extend(_extract(c) for c in answer.convictions)
        made.convictions.extend(
            document_pb2.ConvictionExtract(
                offences=each.offences,
                penalty=each.penalty,
                further_penalty=each.further_penalty if each.HasField("further_penalty") else None,
            )
            for each in answer.graded
        )
        made.watermark = answer.watermark
        made.classes_searched.extend(answer.classes_searched)
        made.request_digest = asked.question_digest
        made.answer_digest = asked.answer_digest
        return self._issue(application, made, at)

    def _list(
        self, application: pb.Application, asked: Sequence[AnsweredQuestion], *, supersedes: str, at: datetime
    ) -> Issued:
        made = self._letter(
            application,
            document_pb2.DOCUMENT_KIND_RESULT_LETTER,
            document_pb2.DOCUMENT_RESULT_LISTED,
            supersedes=supersedes,
            at=at,
        )
        for each in asked[:1]:  # the provision decides, so all persons are searched in the same classes
            made.classes_searched.extend(each.answer.classes_searched)
        for line, each in zip(made.roster, asked, strict=True):
            line.result = line_result_of(each.answer)
            line.listed_offences.extend(each.answer.listed_offences)
            line.request_digest, line.answer_digest = each.question_digest, each.answer_digest
        return self._issue(application, made, at)

    def _letter(
        self,
        application: pb.Application,
        kind: document_pb2.DocumentKind.ValueType,
        found: document_pb2.DocumentResult.ValueType,
        *,
        supersedes: str,
        after: int = 0,
        at: datetime,
    ) -> document_pb2.Document:
        """Return a result with its validity, terms and remedies; for a roster these do not depend on the result."""
        made = self._blank(application, kind, at, after=after)
        made.result = found
        made.supersedes = supersedes
        until = legal_day(at) + timedelta(days=self.deadlines.valid_calendar)
        made.valid_until = until.isoformat()
        violations = kind == document_pb2.DOCUMENT_KIND_NO_VIOLATION_CERTIFICATE
        made.terms.append(_VIOLATIONS if violations else _AS_ENTERED)
        if application.submission.kind == pb.APPLICATION_KIND_SEALED_PROVISION:
            made.terms.append(_SEALED)
        made.remedies.append(self._object())
        if found != document_pb2.DOCUMENT_RESULT_NONE:
            made.remedies.append(_JUDGMENT)
        if application.submission.HasField("roster"):
            made.remedies.append(_ALONE)
        return made

    def opinion(
        self,
        application: pb.Application,
        grounds: Sequence[document_pb2.Ground],
        *,
        corrected: bool,
        after: int,
        at: datetime,
    ) -> Issued:
        """Return the opinion (复查意见) on an objection; `after` documents of the same step come before it."""
        made = self._blank(application, document_pb2.DOCUMENT_KIND_REEXAMINATION_OPINION, at, after=after)
        made.result = (
            document_pb2.DOCUMENT_RESULT_CORRECTED if corrected else document_pb2.DOCUMENT_RESULT_UPHELD
        )
        made.grounds.extend(grounds)
        made.remedies.extend([_JUDGMENT, _ONCE])
        return self._issue(application, made, at)

    def _object(self) -> str:
        return _OBJECT.format(days=self.deadlines.objection_within_calendar)

    def _blank(
        self,
        application: pb.Application,
        kind: document_pb2.DocumentKind.ValueType,
        at: datetime,
        *,
        after: int = 0,
    ) -> document_pb2.Document:
        submission = application.submission
        basis = self.catalogue().get(submission.basis)
        return document_pb2.Document(
            federation=self.federation,
            number=f"{application.number}-{len(application.documents) + after + 1:02d}",
            kind=kind,
            application=application.number,
            issuer=self.issuer,
            installation=str(self.signer.installation),
            issued_at=stamp(at),
            issued_on=legal_day(at).isoformat(),
            issued_to=query_pb2.Beneficiary(
                organ_class=submission.applicant.organ_class, name=submission.applicant.name
            ),
            subject=submission.subject if submission.HasField("subject") else None,
            purpose=PURPOSE[submission.kind],
            basis=submission.basis,
            law=basis.law if basis else "",
            article=basis.article if basis else "",
            case_number=submission.case_number,
            stays=submission.applicant.stays,
            terms=[_PURPOSE_BOUND, _CONFIDENTIAL],
            roster=[document_pb2.RosterLine(subject=person) for person in submission.roster.persons],
        )

    def _issue(self, application: pb.Application, made: document_pb2.Document, at: datetime) -> Issued:
        envelope = sign(made, self.signer)
        result = made.kind in RESULTS
        until = self.deadlines.calendar.after(legal_day(at), self.deadlines.collect)
        header = document_pb2.DocumentHeader(
            number=made.number,
            kind=document_pb2.DOCUMENT_KIND_UNSPECIFIED if result else made.kind,
            result=result,
            digest=hashlib.sha256(envelope.payload).digest(),
            issued_on=made.issued_on,
            collect_until=until.isoformat(),
        )
        return Issued(envelope, made, header)


def _certificate(submission: pb.Submission, *, clean: bool) -> document_pb2.DocumentKind.ValueType:
    """Return the kind of a person's result; about violations there is one alone, for sealed ones are as if absent.

    Raises `OutOfOrder` for an answer that discloses a violation: by law none can.
    """
    if submission.record_class == record_pb2.RECORD_CLASS_PUBLIC_ORDER:
        if not clean:
            raise OutOfOrder(
                "the answer discloses a violation, which is sealed: report it to the operator of the gateway"
            )
        return document_pb2.DOCUMENT_KIND_NO_VIOLATION_CERTIFICATE
    if clean:
        return document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
    return document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED


def _extract(merged: query_pb2.MergedConviction) -> document_pb2.ConvictionExtract:
    record = merged.record
    return document_pb2.ConvictionExtract(
        court=record.court.name,
        judgment_number=record.judgment_number.original,
        final_on=record.final_on,
        offences=[offence.name for offence in record.offences],
        penalty=record.combined_penalty,
        further_penalty=record.further_penalty if record.HasField("further_penalty") else None,
        supplementary_penalties=record.supplementary_penalties,
        prohibitions=record.prohibitions,
        execution=record.execution,
        unsettled=merged.retrial.overdue or bool(merged.late_changes),
    )
