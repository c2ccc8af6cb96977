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
