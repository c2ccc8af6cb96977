"""Spellings of names: the lawyers' table (R14, R34)."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.first_names import first_form
from federation.values.names import check_name, name_key, normalise_name
from federation.values.tokens import person_tokens, subject_tokens

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "law" / "names.yaml").read_text("utf-8")
)
BY_ID = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
KEY = bytes(range(32))


@BY_ID
def test_r14_names_written_alike_have_one_form(row: dict[str, Any]) -> None:
    assert len({normalise_name(text) for text in row["alike"]}) == 1
    for text in [*row.get("one", ()), *row.get("other", ())]:
        assert normalise_name(text) != normalise_name(row["alike"][0]), text


@BY_ID
def test_r34_every_spelling_has_one_key_and_other_names_have_others(row: dict[str, Any]) -> None:
    (key,) = {name_key(text) for text in [*row["alike"], *row.get("one", ())]}
    assert key not in {name_key(text) for text in row.get("other", ())}


@BY_ID
def test_r34_a_record_under_one_spelling_is_found_by_every_other(row: dict[str, Any]) -> None:
    for written, asked in combinations([*row["alike"], *row.get("one", ())], 2):
        for birth in ("1980-05-06", "1980", ""):
            person = pb.Person(names=[pb.Name(text=written)], birth_date=birth)
            _, weak = subject_tokens(KEY, query_pb2.Subject(name=asked, birth_date="1980-05-06"))
            assert set(weak) & set(person_tokens(KEY, person)), (written, asked, birth)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_r14_a_key_is_the_key_of_the_form_and_of_itself(text: str) -> None:
    try:
        normal = normalise_name(text)
    except ValueError:
        with pytest.raises(ValueError, match="empty"):
            name_key(text)
        return
    assert name_key(normal) == name_key(text)
    assert normalise_name(normal) == normal


def test_r34_the_form_of_the_first_tokens_never_changes() -> None:
    """What was stored first is found by it: these are the values of the first edition."""
    written = {
        "张 三": "张三",
        "买买提 • 吐尔逊": "买买提·吐尔逊",
        "⻢三": "⻢三",
        "O’Brien": "o’brien",
        "A\u2011B": "a‐b",
    }
    assert {text: first_form(text) for text in written} == written


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        *((text, "is not known") for text in ("不详", " 身份 不明 ", "Unknown", "N/A", "佚名")),
        *(
            (text, "masked")
            for text in (
                "张*",
                "张**",
                "张*三",
                "李×",
                "王某",
                "张某某",
                "李某甲",
                "欧阳某某",
                "王XX",
                "王ＸＸ",
                "张□",
                "张■■",
                "李△",
                "王_",
                "王＿＿",
                "张#",
                "刘○○",
                "刘〇〇",
                "A某",
                "张某（男）",
                "张某甲（另案处理）",
                "李某某，男",
            )
        ),
        *(
            (text, "remark")
            for text in ("张三（男）", "张三(另案处理)", "约翰【John】", "买买提·吐尔逊（在逃）")
        ),
        *((text, "lost") for text in ("张?", "张？", "？三", "张三?")),
        *(
            (text, "more than one")
            for text in ("张三（曾用名李四）", "张三，绰号老五", "张三 (又名张山)", "自报：王五")
        ),
    ],
)
def test_r34_what_no_question_could_find_is_no_name(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        check_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "王小名",
        "某甲乙",
        "无名氏",
        "刘○",
        "买买提*吐尔逊",
        "买买提×吐尔逊",
        "John (Jack) Smith",
        "X Æ",
        "吴某人",
        "买买提?吐尔逊",
        "买买提_吐尔逊",
        "刘〇",
        "某某光",
    ],
)
def test_r34_a_name_that_looks_like_it_is_one_all_the_same(text: str) -> None:
    check_name(text)
