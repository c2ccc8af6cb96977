"""The one question that an approved application leads to; window and node derive it in the same way.

So a node can check that an answer belongs to the question of this application and to no other.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Final

from federation.charter.model import Release
from federation.law.workdays import Workdays
from federation.v1 import application_pb2 as pb
from federation.v1 import query_pb2

PURPOSE: Final = {
    pb.APPLICATION_KIND_OWN: query_pb2.PURPOSE_OWN,
    pb.APPLICATION_KIND_PUBLIC: query_pb2.PURPOSE_PUBLIC,
    pb.APPLICATION_KIND_DEFENCE: query_pb2.PURPOSE_DEFENCE,
    pb.APPLICATION_KIND_CASE: query_pb2.PURPOSE_CASE,
    pb.APPLICATION_KIND_SEALED_PROVISION: query_pb2.PURPOSE_SEALED_PROVISION,
}
"""The purpose (Q1-Q6 of docs/law.md) of each kind of application."""

UNDERTAKING: Final = (
    "本机关承诺对查询所得的被封存的犯罪记录的情况予以保密，并仅按所述目的使用（申请 {number}）。"
)
REASON: Final = "有关单位根据国家规定查询"
SCOPE: Final = "仅限申请 {number} 所载查询目的"


def mandate_of(number: str, approval: pb.ApplicationEvent) -> str:
    """Return the mandate of an approval: the number and the SHA-256 of the step that approved it.

    The step names officer and time, so every approval has a mandate of its own.
    """
    bare = pb.ApplicationEvent()
    bare.CopyFrom(approval)
    bare.ClearField("mandate")
    digest = hashlib.sha256(number.encode() + b"\x00" + bare.SerializeToString(deterministic=True))
    return f"{number}@{digest.hexdigest()}"


def release_of(release: Release, accepted: date, calendar: Workdays) -> date:
    """Return the day from which the question of an application accepted on that day is asked.

    The calendar alone decides, so that no delay tells what is recorded (A27).
    """
    return calendar.after(accepted, _WAITS[release])


_WAITS: Final = {
    Release.UNSAFE_ON_THE_SPOT: 0,
    Release.NEXT_WORKING_DAY: 1,
    Release.THIRD_WORKING_DAY: 3,
}


def persons_of(submission: pb.Submission) -> list[query_pb2.Subject]:
    """Return everybody whom an application is about: the one subject, or the roster in its order."""
    return list(submission.roster.persons) if submission.HasField("roster") else [submission.subject]


def questions_of(application: pb.Application, *, officer: str) -> list[query_pb2.Query]:
    """Return the questions of an approved application, one for each person.

    Questions of a roster carry the mandate with the position of the row, "number@digest#0001", so that gateway and
    nodes log which row each question was for.
    """
    if not application.submission.HasField("roster"):
        return [question_of(application, officer=officer)]
    questions = []
    for place, person in enumerate(persons_of(application.submission), start=1):
        query = question_of(application, officer=officer)
        query.subject.CopyFrom(person)
        query.mandate = f"{application.mandate}#{place:04d}"
        questions.append(query)
    return questions


def question_of(application: pb.Application, *, officer: str) -> query_pb2.Query:
    """Return the question that `officer` puts to the gateway for an approved application about one person."""
    submission = application.submission
    query = query_pb2.Query(
        purpose=PURPOSE[submission.kind],
        subject=submission.subject,
        basis=submission.basis,
        case_number=submission.case_number,
        subject_of_case=submission.kind == pb.APPLICATION_KIND_DEFENCE,
        on_behalf_of=query_pb2.Beneficiary(
            organ_class=submission.applicant.organ_class, name=submission.applicant.name
        ),
        mandate=application.mandate,
        record_class=submission.record_class,
    )
    if submission.kind == pb.APPLICATION_KIND_SEALED_PROVISION:
        query.undertaking.signed_by = officer
        query.undertaking.text = UNDERTAKING.format(number=application.number)
        query.undertaking.reason = submission.reason or REASON
        query.undertaking.scope = SCOPE.format(number=application.number)
    return query
