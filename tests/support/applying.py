"""Applications of each kind, with all their papers, and the walk from the window to the document."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from federation.client.applications import Applications, VerifiedStep
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2, record_pb2, roster_pb2
from tests.support.local import LocalFederation
from tests.support.records import Someone, case_number, record

#: Four persons of one window: who accepts, who reviews, who handles, who re-examines.
ACCEPTOR, REVIEWER, HANDLER, REEXAMINER, HEAD = "受理员甲", "审核员乙", "处理员丙", "复查员丁", "县局长戊"
CASE = "（2026）京0105刑初88号"
ACCEPT, REFUSE, WANT = (
    pb.APPLICATION_STEP_ACCEPT,
    pb.APPLICATION_STEP_REFUSE,
    pb.APPLICATION_STEP_WANT_PAPERS,
)
APPROVE, REJECT = pb.APPLICATION_STEP_APPROVE, pb.APPLICATION_STEP_REJECT
VERIFY, RESUME = pb.APPLICATION_STEP_VERIFY, pb.APPLICATION_STEP_RESUME
ANSWER, DECLINE = pb.APPLICATION_STEP_ANSWER, pb.APPLICATION_STEP_DECLINE
EXTEND, UPHOLD, CORRECT = (
    pb.APPLICATION_STEP_EXTEND,
    pb.APPLICATION_STEP_UPHOLD,
    pb.APPLICATION_STEP_CORRECT,
)
CONCLUDE = pb.APPLICATION_STEP_CONCLUDE
GROUND = document_pb2.Ground(rule="R36", says="用途不符合规定", remedy="说明用途后重新申请")


def paper(kind: pb.PaperKind.ValueType, *, names: str = "", case: str = "", seed: str = "") -> pb.Paper:
    """Return a paper of that kind."""
    digest = hashlib.sha256(f"{kind}{names}{case}{seed}".encode()).digest()
    return pb.Paper(kind=kind, sha256=digest, names=names, case_number=case)


def own(someone: Someone) -> pb.Submission:
    """The person about the own record."""
    subject = someone.subject()
    return pb.Submission(
        kind=pb.APPLICATION_KIND_OWN,
        applicant=pb.Applicant(
            organ_class="person",
            name=someone.name,
            identifier=record_pb2.Identifier(
                type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=someone.number
            ),
            household_division="110105",
        ),
        subject=subject,
        reason="求职",
        papers=[paper(pb.PAPER_KIND_IDENTITY_DOCUMENT), paper(pb.PAPER_KIND_APPLICATION_FORM)],
    )


def foreigner(
    *stays: document_pb2.Stay, name: str = "JOHN SYNTHETIC", number: str = "X9900001"
) -> pb.Submission:
    """One who is no Chinese citizen about the own record; without `stays`, one of 425 days."""
    passport = record_pb2.Identifier(type=record_pb2.IDENTIFIER_TYPE_PASSPORT, number=number)
    return pb.Submission(
        kind=pb.APPLICATION_KIND_OWN,
        applicant=pb.Applicant(
            organ_class="person",
            name=name,
            identifier=passport,
            residence_division="110105",
            nationality="加拿大",
            stays=stays or [document_pb2.Stay(first="2024-01-01", last="2025-02-28")],
        ),
        subject=query_pb2.Subject(name=name, identifiers=[passport], birth_date="1990-05-06"),
        reason="移居",
        papers=[paper(pb.PAPER_KIND_IDENTITY_DOCUMENT), paper(pb.PAPER_KIND_APPLICATION_FORM)],
    )


def public(someone: Someone, basis: str = "TCH-14") -> pb.Submission:
    """A school about somebody it wants to employ."""
    return pb.Submission(
        kind=pb.APPLICATION_KIND_PUBLIC,
        applicant=pb.Applicant(
            organ_class="unit", name="第一小学", seat_division="110105", handled_by="办事员"
        ),
        subject=someone.subject(),
        reason="招聘教师",
        basis=basis,
        relation=pb.RELATION_RECRUIT,
        papers=[
            paper(pb.PAPER_KIND_UNIT_LETTER),
            paper(pb.PAPER_KIND_HANDLER_IDENTITY),
            paper(pb.PAPER_KIND_APPLICATION_FORM),
            paper(pb.PAPER_KIND_EMPLOYMENT_PROOF, names=someone.name),
        ],
    )


def notarisation(someone: Someone) -> pb.Submission:
    """A notary office that the person has commissioned to notarise whether there is a record."""
    made = public(someone, "NTY-11")
    made.applicant.name, made.reason, made.relation = "第一公证处", "办理公证", pb.RELATION_NOTARISATION
    made.papers[-1].CopyFrom(paper(pb.PAPER_KIND_NOTARISATION_REQUEST, names=someone.name))
    return made


def roster(
    *persons: Someone, basis: str = "COMP-24", needed_by: str = "", letter_each: bool = False
) -> pb.Submission:
    """A school about all its staff at once; an enlistment office about a batch of recruits."""
    enlisting = basis.startswith("MIL")
    made = pb.Submission(
        kind=pb.APPLICATION_KIND_PUBLIC,
        applicant=pb.Applicant(
            organ_class="state_organ" if enlisting else "unit",
            name="某区征兵办公室" if enlisting else "第一小学",
            seat_division="110105",
            handled_by="办事员",
        ),
        reason="征集兵员" if enlisting else "每年查询在职教职工",
        basis=basis,
        relation=pb.RELATION_RECRUIT if enlisting else pb.RELATION_STAFF,
        roster=roster_pb2.Roster(
            persons=[someone.subject() for someone in persons], needed_by=needed_by, letter_each=letter_each
        ),
        papers=[
            paper(pb.PAPER_KIND_UNIT_LETTER),
            paper(pb.PAPER_KIND_HANDLER_IDENTITY),
            paper(pb.PAPER_KIND_APPLICATION_FORM),
            paper(pb.PAPER_KIND_ROSTER),
        ],
    )
    return made


def defence(someone: Someone, *, engaged_in: str = CASE) -> pb.Submission:
    """The defence lawyer of this case."""
    return pb.Submission(
        kind=pb.APPLICATION_KIND_DEFENCE,
        applicant=pb.Applicant(organ_class="lawyer", name="赵律师"),
        subject=someone.subject(),
        reason="履行辩护职责",
        case_number=CASE,
        papers=[
            paper(pb.PAPER_KIND_LAWYER_LICENCE),
            paper(pb.PAPER_KIND_ENGAGEMENT, names=someone.name, case=engaged_in),
        ],
    )


def case(someone: Someone) -> pb.Submission:
    """A state organ without a client of its own."""
    return pb.Submission(
        kind=pb.APPLICATION_KIND_CASE,
        applicant=pb.Applicant(organ_class="state_organ", name="某海关缉私局", handled_by="办案人"),
        subject=someone.subject(),
        reason="办案需要",
        case_number=CASE,
        papers=[
            paper(pb.PAPER_KIND_HANDLER_IDENTITY),
            paper(pb.PAPER_KIND_OFFICIAL_LETTER, case=CASE),
        ],
    )


def sealed_provision(someone: Someone, basis: str = "TCH-14") -> pb.Submission:
    """A unit under a provision that is said to open a seal."""
    made = public(someone, basis)
    made.kind = pb.APPLICATION_KIND_SEALED_PROVISION
    made.papers.append(paper(pb.PAPER_KIND_UNDERTAKING))
    return made


def applications(federation: LocalFederation, agency: str, officer: str) -> Applications:
    """Return the desk of an officer at the agency's node."""
    from compose.local.layout import NODES

    return federation.client(agency, officer).applications(NODES[agency])


def accepted(federation: LocalFederation, agency: str, submission: pb.Submission) -> VerifiedStep:
    """Submit and accept."""
    window = applications(federation, agency, ACCEPTOR)
    return window.accept(window.submit(submission).application, ACCEPT)


def approved(federation: LocalFederation, agency: str, submission: pb.Submission) -> VerifiedStep:
    """Submit, accept, review."""
    taken = accepted(federation, agency, submission)
    return applications(federation, agency, REVIEWER).review(taken.application, APPROVE)


def answered(federation: LocalFederation, agency: str, submission: pb.Submission) -> VerifiedStep:
    """Submit, accept, review, ask, handle."""
    reviewed = approved(federation, agency, submission)
    return applications(federation, agency, HANDLER).answer(reviewed.application)


def rules(grounds: Sequence[document_pb2.Ground]) -> str:
    """Return the grounds as one text, to look for words in."""
    return "\n".join(f"{g.rule} {g.says} {g.remedy}" for g in grounds)


def convicted(federation: LocalFederation) -> Someone:
    """Return an adult with an open conviction for theft, three years, that two agencies have entered."""
    someone, number = Someone(name="杨康"), case_number()
    for agency in ("police", "procuratorate"):
        federation.enter(agency, record(someone, agency, number=number))
    return someone
