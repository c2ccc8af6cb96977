"""What people are given in Chinese holds no English, in any row of any table: laws, reasons, refusals, remedies."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import federation
from federation.documents.bars import WORDS, in_chinese
from federation.documents.rendering import text_of
from federation.law.bases.catalogue import load_bases
from federation.law.policies import DEFAULT
from federation.v1 import document_pb2 as pb
from node.applications.admission import POLICY_WORDS

DATA = Path(federation.__file__).parent / "data"
ENGLISH = re.compile(r"[A-Za-z]{2,}")
#: Policies that no application at a window can meet: these purposes are asked by organs with clients of their own.
NO_APPLICATION = re.compile(
    r"q4-|working-record-never|sealed-not-provided|q3-sealed-excepted|q6-sealed-certificate"
)


def table(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((DATA / name).read_text("utf-8"))


def texts_in_chinese() -> Iterator[tuple[str, str]]:
    """Yield where it stands, and the text, of everything in the tables that goes into a Chinese page or document."""
    for basis in load_bases().values():
        yield f"{basis.id}.law", basis.law
        yield f"{basis.id}.wording", basis.wording
    for phrase, words in tomllib.loads(WORDS.read_text("utf-8")).items():
        yield f"bar_words: {phrase}", words
    for policy, told in tomllib.loads(POLICY_WORDS.read_text("utf-8")).items():
        yield f"policy_words: {policy}", told["rule"] + told["says"]
    for name, row in table("record_classes.toml").items():
        yield f"record_classes: {name}", row["title"]
    for paper in tomllib.loads((DATA / "papers.toml").read_text("utf-8"))["paper"]:
        yield f"papers: {paper['says']}", paper["says"] + paper["remedy"]


def test_no_table_mixes_english_into_what_is_read_in_chinese() -> None:
    mixed = {where: text for where, text in texts_in_chinese() if ENGLISH.search(text)}
    assert not mixed


def reasons_left_to_a_person() -> Iterator[str]:
    for basis in load_bases().values():
        for criteria in basis.predicate:
            yield from (c.arguments[0] for c in criteria if c.name == "undecided")


def test_a22_what_the_catalogue_leaves_to_a_person_is_told_to_them_in_chinese() -> None:
    reasons = sorted(set(reasons_left_to_a_person()))
    assert len(reasons) > 10
    untold = [each for each, told in zip(reasons, in_chinese(reasons), strict=True) if each == told]
    assert not untold


def test_a22_an_overdue_retrial_is_told_in_chinese() -> None:
    [told] = in_chinese(
        ["a retrial was ordered on 2025-01-02, and its outcome has been overdue since 2025-07-02"]
    )
    assert "再审" in told


def test_a26_every_policy_that_can_refuse_an_application_is_told_in_chinese() -> None:
    source = "".join(path.read_text("utf-8") for path in sorted(DEFAULT.glob("*.cedar")))
    forbids = re.findall(r'@id\("([^"]+)"\)(?:\s*@\w+\("[^"]*"\))*\s*forbid', source)
    assert len(forbids) > 20
    words = tomllib.loads(POLICY_WORDS.read_text("utf-8"))
    assert not [each for each in forbids if each not in words and not NO_APPLICATION.match(each)]


@pytest.mark.parametrize(
    ("rule", "cited"),
    [
        ("q2-no-basis: 意见二（三）2", "意见二（三）2"),
        ("公安机关办理犯罪记录查询工作规定 第6条 [V]", "公安机关办理犯罪记录查询工作规定 第6条"),
        ("意见二（二）4、二（三）3 (R32, R38)", "意见二（二）4、二（三）3"),
        ("最高人民法院关于适用刑事诉讼法的解释 第43条 [M]", "最高人民法院关于适用刑事诉讼法的解释 第43条"),
    ],
)
def test_a26_a_refusal_cites_the_provision_without_what_is_for_programs(rule: str, cited: str) -> None:
    refusal = pb.Document(kind=pb.DOCUMENT_KIND_REFUSAL)
    refusal.grounds.add(rule=rule, says="未写明案号", remedy="写明案号后重新申请")
    assert f"1．未写明案号（{cited}）。" in text_of(refusal)
