"""May an application be accepted? Every rule that stands in the way, with its remedy (R34-R39, A26).

Decided on who applies, for what and with which papers; never on what any store holds (R41).
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
from federation.applications.roster import roster_violations
from federation.asking import subject_violations
from federation.disclosure import Asker, Context, Disclosure
from federation.errors import FieldViolation, InvalidRequest, NotPermitted
from federation.identifiers import normalise_identifier
from federation.identity import OrganClass
from federation.names import normalise_name
from federation.record.validate import text_violations
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2, record_pb2
from federation.words import purpose_word, word
from node.applications.papers import Need, missing

MOST_PAPERS: Final = 40
POLICY_WORDS: Final = Path(federation.__file__).parent / "data" / "policy_words.toml"
APPLICANTS: Final = {
    pb.APPLICATION_KIND_OWN: frozenset({OrganClass.PERSON}),
    pb.APPLICATION_KIND_PUBLIC: frozenset({OrganClass.UNIT, OrganClass.STATE_ORGAN}),
    pb.APPLICATION_KIND_DEFENCE: frozenset({OrganClass.LAWYER}),
    pb.APPLICATION_KIND_CASE: frozenset({OrganClass.STATE_ORGAN}),
    pb.APPLICATION_KIND_SEALED_PROVISION: frozenset({OrganClass.UNIT, OrganClass.STATE_ORGAN}),
}
"""Who may apply on which footing; members with clients of their own ask by themselves."""

_FULL_CAPACITY = 18
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
    allow_synthetic: bool
    #: Which seals the charter opens to a provision on a day (A10).
    opened_to: Callable[[str, date], frozenset[str]] = lambda basis, day: frozenset()

    def serves(self, division: str) -> bool:
        """Say whether the node serves `division`; one that names no divisions serves all."""
        if not division:
            return False
        return not self.divisions or any(division.startswith(prefix) for prefix in self.divisions)


def insist_well_formed(said: pb.Submission, *, allow_synthetic: bool) -> None:
    """Raise `InvalidRequest` with everything that cannot be read in a new submission."""
    violations = list(_form(said, allow_synthetic))
    if violations:
        raise InvalidRequest(violations)


def paper_violations(papers: Sequence[pb.Paper]) -> Iterator[FieldViolation]:
    """Yield what is wrong with a list of papers."""
    if len(papers) > MOST_PAPERS:
        yield FieldViolation("papers", "SIZE", f"more than {MOST_PAPERS}")
    for number, paper in enumerate(papers[:MOST_PAPERS]):
        where = f"papers[{number}]"
        if not paper.kind or paper.kind not in pb.PaperKind.values():
            yield FieldViolation(f"{where}.kind", "R34", "say which paper it is")
        if len(paper.sha256) != 32:
            yield FieldViolation(f"{where}.sha256", "FORMAT", "give the SHA-256 of the paper: 32 bytes")
        for name in ("reference", "names", "case_number"):
            yield from text_violations(f"{where}.{name}", getattr(paper, name), limit=120)


def _form(said: pb.Submission, allow_synthetic: bool) -> Iterator[FieldViolation]:
    if said.kind not in APPLICANTS:
        yield FieldViolation("kind", "R34", "say on what footing one applies")
        return
    who = said.applicant
    if who.organ_class not in APPLICANTS[said.kind]:
        yield FieldViolation(
            "applicant.organ_class", "R34", f"one of {', '.join(sorted(APPLICANTS[said.kind]))} for this kind"
        )
    if not who.name:
        yield FieldViolation("applicant.name", "R34", "name who applies")
    for where, text, limit in (
        ("applicant.name", who.name, 120),
        ("applicant.handled_by", who.handled_by, 64),
        ("agent.name", said.agent.name, 64),
        ("reason", said.reason, 400),
        ("basis", said.basis, 120),
        ("case_number", said.case_number, 120),
    ):
        yield from text_violations(where, text, limit=limit)
    if not said.reason:
        yield FieldViolation(
            "reason", "公安机关办理犯罪记录查询工作规定 第7条 [V]", "say what the result is for"
        )
    yield from _persons(said, allow_synthetic)
    for place in ("household_division", "residence_division", "seat_division"):
        code = getattr(who, place)
        if code and not (len(code) == 6 and code.isascii() and code.isdigit()):
            yield FieldViolation(f"applicant.{place}", "GB/T 2260", "six digits")
    if said.HasField("agent") and not said.agent.name:
        yield FieldViolation("agent.name", "R34", "name the agent")
    if said.agent.birth_date:
        try:
            date.fromisoformat(said.agent.birth_date)
        except ValueError:
            yield FieldViolation("agent.birth_date", "DATE", "YYYY-MM-DD")
    yield from paper_violations(said.papers)


def _persons(said: pb.Submission, allow_synthetic: bool) -> Iterator[FieldViolation]:
    """One person, or a roster of a unit's or organ's own."""
    if not said.HasField("roster"):
        if not said.subject.name:
            yield FieldViolation("subject.name", "R34", "a window asks by name and number")
        yield from subject_violations(said.subject, allow_synthetic=allow_synthetic)
        return
    if said.kind != pb.APPLICATION_KIND_PUBLIC:
        yield FieldViolation("roster", "R36", "only under a provision that names a unit's or organ's persons")
    if said.HasField("subject"):
        yield FieldViolation("subject", "R34", "give one person or a roster, not both")
    yield from roster_violations(said.roster, allow_synthetic=allow_synthetic)


def obstacles(
    said: pb.Submission,
    papers: Sequence[pb.Paper],
    window: Window,
    *,
    earlier_this_year: int,
    profile: str,
    today: date,
) -> list[document_pb2.Ground]:
    """Return every rule that stands in the way of accepting a well-formed submission."""
    circumstances = {"roster" if said.HasField("roster") else "single"}
    if said.HasField("agent"):
        circumstances.add("agent")
    if said.kind == pb.APPLICATION_KIND_OWN and not window.serves(said.applicant.household_division):
        circumstances.add("residence")
    if earlier_this_year >= window.yearly_without_proof:
        circumstances.add("frequent")
    return [
        *_lawful(said, window, profile, today),
        *_own(said, today),
        *_case(said, window),
        *_place(said, window),
        *_relation(said),
        *_in_time(said, today),
        *missing(said, papers, circumstances=frozenset(circumstances), needs=window.needs),
    ]


def _lawful(said: pb.Submission, window: Window, profile: str, today: date) -> Iterator[_Ground]:
    """What the disclosure policies say of this asker, purpose and basis, before any look-up."""
    purpose = purpose_word(PURPOSE[said.kind])
    context = Context(
        case_number=said.case_number,
        subject_of_case=said.kind == pb.APPLICATION_KIND_DEFENCE,
        basis=said.basis,
        undertaking=said.kind == pb.APPLICATION_KIND_SEALED_PROVISION,
        profile=profile,
        on=today,
        opened=window.opened_to(said.basis, today),
    )
    try:
        window.disclosure.admit(Asker(OrganClass(said.applicant.organ_class)), purpose, context)
    except NotPermitted as refused:
        for policy in refused.policies:
            yield _Ground(
                rule=f"{policy.id}: {policy.clause}",
                says=_chinese().get(policy.id, policy.says),
                remedy=_REMEDIES[said.kind],
            )


@cache
def _chinese() -> Mapping[str, str]:
    """Return what applicants are told of each policy."""
    return tomllib.loads(POLICY_WORDS.read_text("utf-8"))


_REMEDIES: Final = {
    pb.APPLICATION_KIND_OWN: "待本人查询的规定施行后申请",
    pb.APPLICATION_KIND_PUBLIC: "写明允许本单位查询的法律、行政法规条款后重新申请",
    pb.APPLICATION_KIND_DEFENCE: "由本案辩护律师写明案号后申请",
    pb.APPLICATION_KIND_CASE: "由办案的国家机关写明案号后申请",
    pb.APPLICATION_KIND_SEALED_PROVISION: "写明可以查询被封存犯罪记录的国家规定；没有的，依照一般查询申请",
}


def _own(said: pb.Submission, today: date) -> Iterator[_Ground]:
    if said.kind != pb.APPLICATION_KIND_OWN:
        if said.HasField("agent"):
            yield _Ground(
                rule="公安机关办理犯罪记录查询工作规定 第4条 [V]",
                says="只有本人查询可以委托代理人",
                remedy="由单位经办人办理",
            )
        return
    if not _is_subject(said.applicant, said.subject):
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第4条 [V]",
            says="本人查询的被查询人不是申请人本人",
            remedy="由被查询人本人申请，或者以其名义委托代理人申请",
        )
    grown = bool(said.agent.birth_date) and _age(said.agent.birth_date, today) >= _FULL_CAPACITY
    if said.HasField("agent") and not grown:
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第4条 [V]",
            says="代理人未证明具有完全民事行为能力",
            remedy="委托年满十八周岁的代理人，或者由本人申请",
        )


def _case(said: pb.Submission, window: Window) -> Iterator[_Ground]:
    if said.kind in (pb.APPLICATION_KIND_CASE, pb.APPLICATION_KIND_DEFENCE) and not said.case_number:
        yield _Ground(
            rule="意见二（二）4、二（三）3 (R32, R38)", says="未写明案号", remedy="写明案号后重新申请"
        )
    if said.applicant.organ_class == OrganClass.STATE_ORGAN and said.applicant.name in window.members:
        yield _Ground(
            rule="意见二（二）4 (R32)",
            says="该机关是互通体系的成员，应当以自己的终端查询",
            remedy="由该机关自行查询",
        )


def _place(said: pb.Submission, window: Window) -> Iterator[_Ground]:
    """A person applies where he is registered or lives, a unit at its seat (2021 Provisions art. 5)."""
    who = said.applicant
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


def _relation(said: pb.Submission) -> Iterator[_Ground]:
    if said.kind == pb.APPLICATION_KIND_PUBLIC and not said.relation:
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第4条 [V]",
            says="被查询人不是申请单位的在职人员、拟招录人员或者许可申请人",
            remedy="单位只能查询本单位在职人员或者拟招录人员",
        )


def _in_time(said: pb.Submission, today: date) -> Iterator[_Ground]:
    if said.roster.needed_by and said.roster.needed_by < today.isoformat():
        yield _Ground(
            rule="意见二（五）1 (R47)",
            says="名册所写明的需要结果的日期已过",
            remedy="写明尚未届至的日期后重新申请",
        )


def _is_subject(who: pb.Applicant, subject: query_pb2.Subject) -> bool:
    if not who.HasField("identifier") or normalise_name(who.name) != normalise_name(subject.name):
        return False
    return any(
        i.type == who.identifier.type and _number(i) == _number(who.identifier) for i in subject.identifiers
    )


def _number(identifier: record_pb2.Identifier) -> str:
    kind = word(record_pb2.IdentifierType.DESCRIPTOR, identifier.type)
    try:
        return normalise_identifier(kind, identifier.number)
    except ValueError:
        return ""


def _age(birth_date: str, today: date) -> int:
    born = date.fromisoformat(birth_date)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
