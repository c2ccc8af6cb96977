"""Who may apply about the own record: the person, a grown agent, a foreigner after 180 days (2021 Provisions)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from federation.applications.stays import is_foreign, last_day, stayed_days
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2, record_pb2
from federation.values.calendar import parse_date
from federation.values.enum_names import enum_name
from federation.values.identifiers import is_foreign_card, normalise_identifier
from federation.values.names import normalise_name

_FULL_CAPACITY: Final = 18
_STAY: Final = "公安机关办理犯罪记录查询工作规定 第5条 [V]"
_Ground = document_pb2.Ground


def own_grounds(submission: pb.Submission, today: date) -> Iterator[_Ground]:
    """Yield why it is not the person, or an agent of full capacity, who applies about the own record (art. 4)."""
    if submission.kind != pb.APPLICATION_KIND_OWN:
        if submission.HasField("agent"):
            yield _Ground(
                rule="公安机关办理犯罪记录查询工作规定 第4条 [V]",
                says="只有本人查询可以委托代理人",
                remedy="由单位经办人办理",
            )
        return
    if not _is_subject(submission.applicant, submission.subject):
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第4条 [V]",
            says="本人查询的被查询人不是申请人本人",
            remedy="由被查询人本人申请，或者以其名义委托代理人申请",
        )
    grown = bool(submission.agent.birth_date) and _age(submission.agent.birth_date, today) >= _FULL_CAPACITY
    if submission.HasField("agent") and not grown:
        yield _Ground(
            rule="公安机关办理犯罪记录查询工作规定 第4条 [V]",
            says="代理人未证明具有完全民事行为能力",
            remedy="委托年满十八周岁的代理人，或者由本人申请",
        )


def foreign_grounds(submission: pb.Submission, residence: int, today: date) -> Iterator[_Ground]:
    """Yield why one who is no Chinese citizen may not apply: no stay of `residence` days is stated (art. 5).

    A passport alone does not say whose citizen one is, so the country must be named; a Chinese citizen names 中国.
    The card of permanent residents is held by foreigners alone.
    """
    who = submission.applicant
    if submission.kind != pb.APPLICATION_KIND_OWN:
        return
    passport = who.identifier.type == record_pb2.IDENTIFIER_TYPE_PASSPORT
    if not who.nationality and (passport or is_foreign_card(_number(who.identifier))):
        yield _Ground(
            rule=_STAY,
            says=f"以{'护照' if passport else '外国人永久居留身份证'}申请而未写明国籍",
            remedy="写明国籍；外国人并写明在中国境内居留的起止日期",
        )
    if not is_foreign(who.nationality):
        return
    if not who.stays:
        yield _Ground(
            rule=_STAY,
            says="外国人申请而未写明在中国境内居留的起止日期",
            remedy="写明各次居留的起止日期后重新申请",
        )
    elif last_day(who.stays) > today:
        yield _Ground(
            rule=_STAY,
            says="所写明的居留期间尚未届至",
            remedy="居留的截止日期写至申请之日或者以前",
        )
    elif stayed_days(who.stays) < residence:
        yield _Ground(
            rule=_STAY,
            says=f"在中国境内居留累计不满{residence}天",
            remedy=f"居留累计满{residence}天后申请；有其他居留期间的，一并写明后重新申请",
        )


def _is_subject(who: pb.Applicant, subject: query_pb2.Subject) -> bool:
    if not who.HasField("identifier") or normalise_name(who.name) != normalise_name(subject.name):
        return False
    return any(
        i.type == who.identifier.type and _number(i) == _number(who.identifier) for i in subject.identifiers
    )


def _number(identifier: record_pb2.Identifier) -> str:
    kind = enum_name(record_pb2.IdentifierType.DESCRIPTOR, identifier.type)
    try:
        return normalise_identifier(kind, identifier.number)
    except ValueError:
        return ""


def _age(birth_date: str, today: date) -> int:
    born = parse_date(birth_date)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
