"""Decide whether an application may be accepted: every rule that forbids it, with its remedy (R34-R39, A26).

The decision rests on the applicant, the purpose and the papers, never on the contents of any store (R41).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import federation
from federation.applications.question import PURPOSE
from federation.applications.stays import is_foreign
from federation.errors import NotPermitted
from federation.law.disclosure import Asker, Context, Disclosure
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, record_pb2
from federation.values.enum_names import purpose_name, record_class_name
from federation.values.identity import OrganClass
from federation.values.names import normalise_name
from federation.values.terms import RecordClass, SealRule
from node.applications.own_person import foreign_grounds, own_grounds
from node.applications.papers import Need, missing

POLICY_WORDS: Final = Path(federation.__file__).parent / "data" / "policy_words.toml"
_ENGAGING: Final = frozenset({pb.PAPER_KIND_ENGAGEMENT, pb.PAPER_KIND_LEGAL_AID_LETTER})
_Ground = document_pb2.Ground


@dataclass(frozen=True, slots=True)
class Window:
    """The node at which one applies."""

    divisions: tuple[str, ...]
    #: Titles of the members that ask by themselves.
    members: frozenset[str]
    disclosure: Disclosure
    needs: Sequence[Need]
    yearly_without_proof: int
    #: Days of residence in China from which one who is no Chinese citizen may apply.
    residence: int
    allow_synthetic: bool
    #: Whether the charter's reading admits certificates of no violations (治安管理处罚法 136).
    violation_certificates: bool = False
    #: Which seals the charter opens to a provision on a day (A10).
    opened_to: Callable[[str, date], frozenset[SealRule]] = lambda basis, day: frozenset()

    def serves(self, division: str) -> bool:
        """Return whether the node serves `division`; a node that names no divisions serves all."""
        if not division:
            return False
        return not self.divisions or any(division.startswith(prefix) for prefix in self.divisions)


def obstacles(
    submission: pb.Submission,
    papers: Sequence[pb.Paper],
    window: Window,
    *,
    earlier_this_year: int,
    profile: str,
    today: date,
) -> list[document_pb2.Ground]:
    """Return every rule that forbids accepting a well-formed submission."""
    circumstances = {"roster" if submission.HasField("roster") else "single"}
    if submission.relation == pb.RELATION_NOTARISATION:
        circumstances = {"notarisation"}
    if submission.HasField("agent"):
        circumstances.add("agent")
    who = submission.applicant
    if (
        submission.kind == pb.APPLICATION_KIND_OWN
        and not is_foreign(who.nationality)
        and not window.serves(who.household_division)
    ):
        circumstances.add("residence")
    if earlier_this_year >= window.yearly_without_proof:
        circumstances.add("frequent")
    return [
        *_lawful(submission, window, profile, today),
        *own_grounds(submission, today),
        *foreign_grounds(submission, window.residence, today),
        *_case(submission, window),
        *_client(submission, papers),
        *_place(submission, window),
        *_relation(submission, window),
        *_in_time(submission, today),
        *missing(submission, papers, circumstances=frozenset(circumstances), needs=window.needs),
    ]


def _lawful(submission: pb.Submission, window: Window, profile: str, today: date) -> Iterator[_Ground]:
    """Apply the disclosure policies to this asker, purpose and basis, before any look-up."""
    purpose = purpose_name(PURPOSE[submission.kind])
    context = Context(
        case_number=submission.case_number,
        subject_of_case=submission.kind == pb.APPLICATION_KIND_DEFENCE,
        basis=submission.basis,
        undertaking=submission.kind == pb.APPLICATION_KIND_SEALED_PROVISION,
        profile=profile,
        on=today,
        opened=window.opened_to(submission.basis, today),
        record_class=RecordClass(
            record_class_name(submission.record_class or record_pb2.RECORD_CLASS_CRIMINAL)
        ),
        violation_certificates=window.violation_certificates,
    )
    try:
        window.disclosure.admit_question(
            Asker(OrganClass(submission.applicant.organ_class)), purpose, context
        )
    except NotPermitted as refused:
        for policy in refused.policies:
            words = _chinese().get(policy.id, {"rule": policy.clause, "says": policy.says})
            yield _Ground(
                rule=f"{policy.id}: {words['rule']}",
                says=words["says"],
                remedy=_REMEDIES[submission.kind],
            )


@cache
def _chinese() -> Mapping[str, Mapping[str, str]]:
    """Return the provision and the reason that applicants receive for each policy."""
    return tomllib.loads(POLICY_WORDS.read_text("utf-8"))


_REMEDIES: Final = {
    pb.APPLICATION_KIND_OWN: "待本人查询的规定施行后申请",
    pb.APPLICATION_KIND_PUBLIC: "写明允许本单位查询的法律、行政法规条款后重新申请",
    pb.APPLICATION_KIND_DEFENCE: "由本案辩护律师写明案号后申请",
    pb.APPLICATION_KIND_CASE: "由办案的国家机关写明案号后申请",
    pb.APPLICATION_KIND_SEALED_PROVISION: "写明可以查询被封存犯罪记录的国家规定；没有的，依照一般查询申请",
}


def _case(submission: pb.Submission, window: Window) -> Iterator[_Ground]:
    if (
        submission.kind in (pb.APPLICATION_KIND_CASE, pb.APPLICATION_KIND_DEFENCE)
        and not submission.case_number
    ):
        yield _Ground(
            rule="意见二（二）4、二（三）3 (R32, R38)", says="未写明案号", remedy="写明案号后重新申请"
        )
    if (
        submission.applicant.organ_class == OrganClass.STATE_ORGAN
        and submission.applicant.name in window.members
    ):
        yield _Ground(
            rule="意见二（二）4 (R32)",
            says="该机关是互通体系的成员，应当以自己的终端查询",
            remedy="由该机关自行查询",
        )


def _client(submission: pb.Submission, papers: Sequence[pb.Paper]) -> Iterator[_Ground]:
    """Check that a lawyer asks about the own client, not about others who are tried in the same case (R38)."""
    if submission.kind != pb.APPLICATION_KIND_DEFENCE:
        return
    engaged = {
        _comparable(paper.names)
        for paper in papers
        if paper.kind in _ENGAGING and paper.names and paper.case_number == submission.case_number
    }
    if engaged and _comparable(submission.subject.name) not in engaged:
        yield _Ground(
            rule="意见二（三）3 (R38)",
            says="被查询人不是委托书或者法律援助公函所载的当事人，同案其他犯罪嫌疑人、被告人不属可以查询的范围",
            remedy="查询本人的当事人；同案其他人由其辩护律师申请，案件需要的，申请办案机关调取",
        )
    if len(engaged) > 1:
        yield _Ground(
            rule="最高人民法院关于适用刑事诉讼法的解释 第43条 [M]",
            says="一名辩护人不得为两名以上的同案被告人辩护",
            remedy="只提交为被查询人辩护的委托书或者法律援助公函后重新申请",
        )


def _comparable(name: str) -> str:
    try:
        return normalise_name(name)
    except ValueError:
        return name


def _place(submission: pb.Submission, window: Window) -> Iterator[_Ground]:
    """Check the place: a person applies where registered or living, a unit at its seat (2021 Provisions art. 5)."""
    who = submission.applicant
    if who.organ_class == OrganClass.PERSON:
        places = [who.household_division, who.residence_division]
    elif who.organ_class == OrganClass.UNIT:
        places = [who.seat_division]
    else:
        return
    if not any(places):
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第5条 [V]",
            says="未写明户籍所在地、居住地或者单位所在地",
            remedy="写明所在地后重新申请",
        )
    elif not any(window.serves(place) for place in places):
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第5条 [V]",
            says="户籍所在地、居住地或者单位所在地不属本机关管辖",
            remedy="向户籍所在地、居住地或者单位所在地的机关申请",
        )


def _relation(submission: pb.Submission, window: Window) -> Iterator[_Ground]:
    """Check what the subject is to the asker: a notary office asks by commission, and nobody else does (art. 4)."""
    basis = window.disclosure.catalogue.get(submission.basis)
    commissioned = submission.relation == pb.RELATION_NOTARISATION
    if basis is not None and (basis.relation == "notarisation") != commissioned:
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第4条 [V]；公证法 第11条 [V-L]",
            says="只有公证机构受当事人委托办理犯罪记录公证时，可以依该项规定查询"
            if basis.relation
            else "受委托办理公证的，应当写明公证法的规定",
            remedy="公证机构写明公证法条款和当事人的公证申请；其他单位写明允许本单位查询的条款",
        )
    elif commissioned and submission.HasField("roster"):
        yield _Ground(
            rule="公证法 第11条 [V-L]",
            says="公证由当事人分别申请，不得以名册查询",
            remedy="就每一当事人单独申请",
        )
    if submission.kind == pb.APPLICATION_KIND_PUBLIC and not submission.relation:
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第4条 [V]",
            says="被查询人不是申请单位的在职人员、拟招录人员或者许可申请人",
            remedy="单位只能查询本单位在职人员或者拟招录人员",
        )


def _in_time(submission: pb.Submission, today: date) -> Iterator[_Ground]:
    if submission.roster.needed_by and submission.roster.needed_by < today.isoformat():
        yield _Ground(
            rule="意见二（五）1 (R47)",
            says="名册所写明的需要结果的日期已过",
            remedy="写明尚未届至的日期后重新申请",
        )
