"""The sentences that every answer carries: the same for all persons, so that they reveal nothing about any of them."""

from __future__ import annotations

from collections.abc import Sequence

from federation.law.relevance.bars import Bar, BarStatus
from federation.record.classes import CRIMINAL, related_classes
from federation.statements.asking import CheckedQuestion
from federation.v1 import bars_pb2, query_pb2
from federation.values.tokens import finds_without_number

PURPOSE_BOUND = (
    "本结果仅限用于所述查询目的，并应予保密。Use only for the stated purpose and keep it confidential "
    "(Opinions II(5).3; R53, R54)."
)
SEALED_NOT_SEARCHED = (
    "依此目的不查询被封存的犯罪记录。Sealed records are not searched under this purpose "
    "(Opinions II(4).1; R41)."
)
SEALED_SEARCHED = (
    "本次查询含被封存的{chinese}，查询单位应当对其情况予以保密。Sealed records were searched: {english}; their "
    "circumstances must be kept confidential (Opinions II(4).1; R44)."
)
CONVICTIONS_ONLY = (
    "仅含有罪判决的犯罪记录。Criminal records of effective guilty judgments only; other classes were "
    "not searched (Opinions III.2; R64)."
)
ACROSS_CLASSES = (
    "所依据的规定涉及的下列类别一并查询：{chinese}。The classes that the provision covers were searched: {english}; "
    "no other class was (Opinions III.2; R64)."
)
ONE_CLASS = (
    "仅查询{chinese}，未查询犯罪记录。Only {english} records were searched; criminal records were not "
    "(Opinions III.2; R64)."
)
NONE_SEARCHED = (
    "违反治安管理的记录依法封存，任何人依此目的查询，均无可提供的记录；本结果不是无犯罪记录的结果。"
    "Records of violations are sealed by law: nothing is searched, and everybody is answered alike; this says nothing "
    "about criminal records (治安管理处罚法 136; R64)."
)
NONE_OF_CLASS = (
    "无可提供的{chinese}；本结果不是无犯罪记录的结果。No {english} record that can be provided under this "
    "purpose; this says nothing about criminal records."
)
CLOSED_CLASSES = (
    "所依据的规定还涉及{chinese}；该类记录依法一律封存，依此目的未查询，本结果不表明有无此类记录。"
    "The provision covers {english} records too: all of them are sealed by law and were not searched, so this answer "
    "says nothing about them (治安管理处罚法 136; R64)."
)
WITHOUT_NUMBER_NOT_SEARCHED = (
    "未同时写明姓名和出生日期，没有证件号码的记录未全部查询。Records without an identity number were not all "
    "searched: the question gives no name, or no birth date (R34)."
)
AS_ENTERED = (
    "以查询时录入的信息为准。The answer reflects what was entered when it was given (2021 Provisions art. 3)."
)

_BAR_STATUSES = {
    BarStatus.NONE: bars_pb2.BAR_STANDING_NONE,
    BarStatus.UNTIL: bars_pb2.BAR_STANDING_UNTIL,
    BarStatus.FOR_LIFE: bars_pb2.BAR_STANDING_FOR_LIFE,
    BarStatus.UNDECIDED: bars_pb2.BAR_STANDING_UNDECIDED,
}
_ADVICE = {
    query_pb2.COMPLETENESS_PARTIAL: (
        "Not every store that must answer has answered: this is no clean result. Ask again when the named "
        "nodes are back, or ask their agencies directly."
    ),
    query_pb2.COMPLETENESS_VOID: "No store answered. Ask again later; nothing can be concluded from this.",
}
_FINDING_ADVICE = {
    query_pb2.FINDING_CONFIRM_IDENTITY: (
        "Somebody who may be this person is on record: by the name, which may be written otherwise, or under a number "
        "that may belong to another. Add or check number and birth date and ask again, or let an officer of the store "
        "that holds the record decide whether it is this person."
    ),
    query_pb2.FINDING_NO_RECORD: "无可提供的犯罪记录。No record that can be provided under this purpose.",
    query_pb2.FINDING_UNDECIDED: "What is recorded does not settle the question: an officer must decide.",
}


def terms(asked: CheckedQuestion) -> list[str]:
    """Return the terms of the answer, decided by purpose and question alone."""
    reach = asked.reach
    return [
        PURPOSE_BOUND,
        SEALED_SEARCHED.format(**_named(reach.sealed)) if reach.sealed else SEALED_NOT_SEARCHED,
        _classes(reach.classes),
        *([CLOSED_CLASSES.format(**_named(reach.closed))] if reach.closed and reach.classes else []),
        *([] if finds_without_number(asked.query.subject) else [WITHOUT_NUMBER_NOT_SEARCHED]),
        AS_ENTERED,
    ]


def _classes(searched: Sequence[str]) -> str:
    """Return which classes of record were searched: decided by the provision, whoever the person is."""
    if tuple(searched) == (CRIMINAL,):
        return CONVICTIONS_ONLY
    if not searched:
        return NONE_SEARCHED
    if CRIMINAL not in searched:
        return ONE_CLASS.format(**_named(searched))
    return ACROSS_CLASSES.format(**_named(searched))


def _named(classes: Sequence[str]) -> dict[str, str]:
    """Return the names of classes of record, in Chinese and in English."""
    titles = {CRIMINAL: "犯罪记录"} | {name: f"{each.title}记录" for name, each in related_classes().items()}
    return {"chinese": "、".join(titles[name] for name in classes), "english": ", ".join(classes)}


def bar(bar: Bar) -> bars_pb2.Bar:
    """Return one bar as the person concerned sees it in the answer."""
    return bars_pb2.Bar(
        basis=bar.basis.id,
        law=bar.basis.law,
        article=bar.basis.article,
        wording=bar.basis.wording,
        purpose=bar.basis.purpose,
        standing=_BAR_STATUSES[bar.status],
        until=bar.until.isoformat() if bar.until else "",
        over_by=bar.over_by.isoformat() if bar.over_by else "",
        reasons=bar.reasons,
    )


def advice(
    completeness: query_pb2.Completeness.ValueType,
    finding: query_pb2.Finding.ValueType,
    searched: Sequence[str] = (CRIMINAL,),
) -> list[str]:
    """Return advice on what the asker can do next, after a search in the classes `searched`."""
    on_finding = _FINDING_ADVICE.get(finding, "")
    if finding == query_pb2.FINDING_NO_RECORD and CRIMINAL not in searched:
        on_finding = NONE_OF_CLASS.format(**_named(searched))
    found = [_ADVICE.get(completeness, ""), on_finding]
    if completeness != query_pb2.COMPLETENESS_COMPLETE and finding == query_pb2.FINDING_UNDECIDED:
        found = found[:1]
    return [sentence for sentence in found if sentence]
