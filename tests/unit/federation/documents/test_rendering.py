"""The words of a result: they name the classes of record that were searched, and no other (R64)."""

from __future__ import annotations

import pytest

from federation.documents.rendering import text_of
from federation.v1 import document_pb2 as pb
from federation.v1 import query_pb2, record_pb2

CRIMINAL = record_pb2.RECORD_CLASS_CRIMINAL


def letter(
    result: pb.DocumentResult.ValueType, *classes: record_pb2.RecordClass.ValueType, roster: bool = False
) -> str:
    made = pb.Document(
        kind=pb.DOCUMENT_KIND_RESULT_LETTER,
        result=pb.DOCUMENT_RESULT_LISTED if roster else result,
        purpose=query_pb2.PURPOSE_SEALED_PROVISION,
        subject=query_pb2.Subject(name="张三"),
        classes_searched=classes,
    )
    if roster:
        made.roster.add(subject=query_pb2.Subject(name="张三"), result=result)
    return text_of(made)


@pytest.mark.parametrize("roster", [False, True])
@pytest.mark.parametrize(
    ("classes", "names"),
    [
        ([], "犯罪记录"),
        ([CRIMINAL], "犯罪记录"),
        ([CRIMINAL, record_pb2.RECORD_CLASS_PUBLIC_ORDER], "犯罪记录或者治安管理处罚记录"),
        ([CRIMINAL, record_pb2.RECORD_CLASS_NON_PROSECUTION], "犯罪记录或者不起诉记录"),
    ],
)
def test_r64_a_letter_names_every_class_that_was_searched_and_no_other(
    classes: list[record_pb2.RecordClass.ValueType], names: str, roster: bool
) -> None:
    assert f"未发现上述规定所指的{names}。" in letter(pb.DOCUMENT_RESULT_NONE, *classes, roster=roster)
    assert f"有上述规定所指的{names}。" in letter(pb.DOCUMENT_RESULT_FOUND, *classes, roster=roster)
    unsettled = letter(pb.DOCUMENT_RESULT_UNSETTLED, *classes, roster=roster)
    assert "须先核实身份或者情况" in unsettled


MINORS = ("第二百八十六条", "第一百条第二款", "未成年人")
PUBLIC_ORDER, NON_PROSECUTION = record_pb2.RECORD_CLASS_PUBLIC_ORDER, record_pb2.RECORD_CLASS_NON_PROSECUTION


@pytest.mark.parametrize(
    ("record_class", "grounds", "says", "never"),
    [
        (CRIMINAL, [], [*MINORS, "判决所涉张三的犯罪记录"], []),
        (CRIMINAL, [("S1", "")], [*MINORS, "判决所涉张三的犯罪记录"], ["第一百三十六条"]),
        (CRIMINAL, [("S1", ""), ("ORDER", "某法院封存通知书1号")], [*MINORS, "某法院封存通知书1号"], []),
        (CRIMINAL, [("ORDER", "某法院封存通知书1号")], ["依据：某法院封存通知书1号。"], MINORS),
        (CRIMINAL, [("S4", "某法第九条")], ["依据：某法第九条。"], MINORS),
        (
            PUBLIC_ORDER,
            [("S3", "")],
            ["第一百三十六条", "决定所涉张三的治安管理处罚记录", "有关国家机关"],
            MINORS,
        ),
        (PUBLIC_ORDER, [("S2", ""), ("S3", "")], ["第五十九条第二款", "第一百三十六条"], ["第一百条第二款"]),
        (NON_PROSECUTION, [("S2", "")], ["第五十九条第二款", "决定所涉张三的不起诉记录"], ["第一百条第二款"]),
    ],
)
def test_r40_a_notice_of_sealing_cites_the_rule_that_seals_and_no_other(
    record_class: record_pb2.RecordClass.ValueType,
    grounds: list[tuple[str, str]],
    says: list[str],
    never: list[str],
) -> None:
    made = pb.Document(
        kind=pb.DOCUMENT_KIND_SEALING_NOTICE,
        subject=query_pb2.Subject(name="张三"),
        classes_searched=[record_class],
        convictions=[pb.ConvictionExtract(court="某机关", judgment_number="1号")],
    )
    for rule, words in grounds:
        made.grounds.add(rule=rule, says=words)
    text = text_of(made)
    for part in says:
        assert part in text
    for part in never:
        assert part not in text


def test_r47_a_letter_says_of_a_conviction_that_a_change_of_it_is_late() -> None:
    made = pb.Document(kind=pb.DOCUMENT_KIND_RESULT_LETTER, purpose=query_pb2.PURPOSE_CASE)
    made.result = pb.DOCUMENT_RESULT_FOUND
    told = made.convictions.add(court="某法院", judgment_number="1号", offences=["盗窃罪"])
    assert "逾期" not in text_of(made)
    told.unsettled = True
    assert "（再审结果或者更正请求逾期未有答复，使用前应当向登记机关核实）。" in text_of(made)
