"""The text of a document, rendered from its data alone: the same data, the same text, anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from federation.documents import chinese, sealing_notice
from federation.documents.document import TITLES
from federation.record.classes import CRIMINAL, related_classes
from federation.v1 import document_pb2 as pb
from federation.v1 import query_pb2, record_pb2
from federation.values.enum_names import record_class_name

_SAYS = {
    pb.DOCUMENT_RESULT_NONE: "未发现上述规定所指的{records}",
    pb.DOCUMENT_RESULT_FOUND: "有上述规定所指的{records}",
    pb.DOCUMENT_RESULT_UNSETTLED: "须先核实身份或者情况，另行答复",
}
_IDENTIFIERS = {record_pb2.IDENTIFIER_TYPE_CITIZEN_ID: "公民身份号码"}


def text_of(document: pb.Document) -> str:
    """Return the readable Chinese text, lines ended by newlines."""
    lines = [
        TITLES.get(document.kind, "文书"),
        f"编号：{document.number}",
        "",
        f"{document.issued_to.name}：",
        *(f"　　{line}" for line in _body(document)),
    ]
    if document.terms:
        lines += ["", "使用要求：", *_numbered(document.terms)]
    if document.remedies:
        lines += ["", "救济途径：", *_numbered(document.remedies)]
    lines += ["", f"出具机关：{document.issuer}", f"出具日期：{chinese.day(document.issued_on)}"]
    if document.valid_until:
        lines.append(f"有效期至：{chinese.day(document.valid_until)}")
    if document.supersedes:
        lines.append(f"本文书取代：{document.supersedes}")
    if document.watermark:
        lines.append(f"查询标记：{document.watermark}")
    return "\n".join([*lines, f"验证码：{document.code}"]) + "\n"


def _body(document: pb.Document) -> Iterator[str]:
    match document.kind:
        case pb.DOCUMENT_KIND_RECEIPT:
            yield f"你（单位）关于{about(document)}的犯罪记录查询申请（{document.application}）已受理。"
            yield from _footing(document)
            yield from _persons(document)
            yield (
                f"本机关将于{chinese.day(document.due_on)}前出具结果；需要核查的，核查时间不计算在内，"
                "请予配合。"
            )
        case pb.DOCUMENT_KIND_REFUSAL:
            accepted = document.result != pb.DOCUMENT_RESULT_NOT_ACCEPTED
            what = "经审核，决定不许可查询" if accepted else "决定不予受理"
            yield (f"你（单位）关于{about(document)}的犯罪记录查询申请（{document.application}），{what}。")
            yield from _footing(document)
            yield from _persons(document)
            yield from _grounds(document)
        case pb.DOCUMENT_KIND_SEALING_NOTICE:
            yield from sealing_notice.sentences(document, who(document.subject))
        case pb.DOCUMENT_KIND_NO_RECORD_CERTIFICATE:
            whom = f"{who(document.subject)}{_stays(document)}"
            yield f"经查询，截至{chinese.day(document.issued_on)}，未发现{whom}有犯罪记录。"
            yield "特此证明。"
        case pb.DOCUMENT_KIND_NO_VIOLATION_CERTIFICATE:
            whom = f"{who(document.subject)}{_stays(document)}"
            yield f"截至{chinese.day(document.issued_on)}，{whom}没有可以提供的违反治安管理的记录。"
            yield "违反治安管理的记录依照《中华人民共和国治安管理处罚法》第一百三十六条封存，本证明对任何人内容相同。"
        case pb.DOCUMENT_KIND_CERTIFICATE_REFUSED:
            yield (
                f"经查询，截至{chinese.day(document.issued_on)}，{who(document.subject)}{_stays(document)}的情况不符合出具"
                "无犯罪记录证明的条件，不予出具。"
            )
        case pb.DOCUMENT_KIND_RESULT_LETTER:
            purpose = chinese.PURPOSES[document.purpose]
            yield f"你（单位）{purpose}，申请查询{about(document)}，结果如下。"
            yield from _footing(document)
            yield from _result(document)
        case pb.DOCUMENT_KIND_REEXAMINATION_OPINION:
            yield f"你（单位）就申请{document.application}提出的异议，经复查："
            if document.result == pb.DOCUMENT_RESULT_CORRECTED:
                yield "异议成立，原决定或者结果由重新出具的文书取代。"
            else:
                yield "异议不成立，维持原决定或者结果。"
            yield from _grounds(document)


def _stays(document: pb.Document) -> str:
    """Return the periods of residence in China that the certificate of one who is no Chinese citizen speaks of."""
    periods = "、".join(f"{chinese.day(stay.first)}至{chinese.day(stay.last)}" for stay in document.stays)
    return f"在中国境内居留期间（{periods}）" if periods else ""


def _footing(document: pb.Document) -> Iterator[str]:
    if document.law:
        yield f"依据：《{document.law}》第{document.article.replace(', ', '、')}条（{document.basis}）。"
    elif document.basis:
        yield f"所称依据：{document.basis}。"
    if document.case_number:
        yield f"案号：{document.case_number}。"


def _grounds(document: pb.Document) -> Iterator[str]:
    for number, ground in enumerate(document.grounds, start=1):
        yield f"{number}．{ground.says}（{chinese.rule(ground.rule)}）。"
        if ground.remedy:
            yield f"   可采取的办法：{ground.remedy}"


def _result(document: pb.Document) -> Iterator[str]:
    full = document.purpose in (query_pb2.PURPOSE_CASE, query_pb2.PURPOSE_DEFENCE)
    if document.result == pb.DOCUMENT_RESULT_LISTED:
        yield from _lines(document)
        return
    if document.result == pb.DOCUMENT_RESULT_UNSETTLED:
        yield f"{_says(document, document.result)}。"
        return
    if document.result == pb.DOCUMENT_RESULT_NONE:
        yield "无可提供的犯罪记录。" if full else f"{_says(document, document.result)}。"
        return
    if not full:
        yield f"{_says(document, document.result)}。"
        if document.listed_offences:
            yield f"罪名：{'、'.join(document.listed_offences)}。"
    for number, each in enumerate(document.convictions, start=1):
        yield f"{number}．{chinese.conviction(each)}"


def _says(document: pb.Document, result: pb.DocumentResult.ValueType) -> str:
    """Return what a result says: it names every class of record that was searched, and no other (R64)."""
    others = [name for name in map(record_class_name, document.classes_searched) if name != CRIMINAL]
    named = ["犯罪记录", *(f"{related_classes()[name].title}记录" for name in others)]
    return _SAYS[result].format(records="或者".join(named))


def _lines(document: pb.Document) -> Iterator[str]:
    """Return one line for each person: whether the provision applies, and nothing else (R37)."""
    for number, line in enumerate(document.roster, start=1):
        named = f"（罪名：{'、'.join(line.listed_offences)}）" if line.listed_offences else ""
        yield f"{number}．{who(line.subject)}：{_says(document, line.result)}{named}。"


def _persons(document: pb.Document) -> Iterator[str]:
    for number, line in enumerate(document.roster, start=1):
        yield f"{number}．{who(line.subject)}"


def about(document: pb.Document) -> str:
    """Return whom the document is about: the person, or how many a roster lists."""
    return f"名册所列{len(document.roster)}人" if document.roster else who(document.subject)


def who(subject: query_pb2.Subject) -> str:
    """Return the person asked about, with the numbers given."""
    numbers = "，".join(f"{_IDENTIFIERS.get(i.type, '证件号码')}{i.number}" for i in subject.identifiers)
    born = f"{chinese.day(subject.birth_date)}生" if subject.birth_date and not numbers else ""
    known = numbers or born
    return f"{subject.name}（{known}）" if known and subject.name else subject.name or known


def _numbered(sentences: Iterable[str]) -> list[str]:
    return [f"{number}．{sentence}" for number, sentence in enumerate(sentences, start=1)]
