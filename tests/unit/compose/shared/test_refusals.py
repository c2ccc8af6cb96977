"""Refusals and checks are in the language of the person: every reason, policy and check, and no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from compose.cli import tell
from compose.shared.refusals import check_in_words, check_name, refusals
from federation.errors import NotPermitted, OutOfOrder, Stale
from federation.evidence.checks import convictions, outcomes_proven
from federation.evidence.report import Check, Result
from federation.law.disclosure import DEFAULT_DENY, EVALUATION_ERROR
from federation.law.policies import load_policies
from federation.v1 import query_pb2 as pb
from tests.unit.test_reasons_of_refusals import CLASSES, raised

ROOT = Path(__file__).parents[4]
#: Policies that stand in code and not in Cedar.
IN_CODE = {DEFAULT_DENY.id, EVALUATION_ERROR.id, "basis-not-askable", "basis-not-in-force"}


def test_every_reason_of_a_refusal_has_its_sentence_and_no_other() -> None:
    assert refusals().reasons.keys() == raised() | CLASSES


def test_every_policy_that_refuses_has_its_sentences_and_no_other() -> None:
    loaded = load_policies(ROOT / "federation" / "law" / "policy")
    refusing = {reason.id for reason in loaded.reasons.values() if reason.remedy}
    assert refusals().policies.keys() == refusing | IN_CODE


def test_every_check_has_its_sentences_and_no_other() -> None:
    folders = [ROOT / "federation" / name for name in ("evidence", "documents")]
    code = "".join(path.read_text("utf-8") for folder in folders for path in folder.glob("*.py"))
    names = set(re.findall(r'(?:report\.(?:step|says)|\bstep)\(\s*f?"([a-z ]+)[" ]', code))
    assert refusals().checks.keys() == {name.strip() for name in names}


def test_every_sentence_is_chinese() -> None:
    table = refusals()
    sentences = [*table.reasons.values(), *(each for both in table.policies.values() for each in both)]
    sentences += [text for texts in table.checks.values() for text in texts if text]
    assert all(re.search("[\u4e00-\u9fff]", text) for text in sentences)


#: Checks that pass with one meaning alone; the others say how far they went, and so does their sentence in Chinese.
ONE_MEANING = {
    "shown",
    "document",
    "payload",
    "file",
    "view",
    "layout",
    "charter",
    "fields",
    "required nodes",
    "rules",
    "assembly",
}


def test_a_check_that_passes_in_several_ways_keeps_what_it_says() -> None:
    """A yes or no has no node's answer attached: no sentence says that each was compared."""
    whole = {name for name, (_, passed, *_) in refusals().checks.items() if not passed.endswith("：")}
    assert whole == ONE_MEANING


def test_no_sentence_says_that_a_seal_is_lifted_by_a_question() -> None:
    """解除封存 ends a seal for good (2022 Measures art. 18); who may look at a sealed record 查询 it."""
    says = [text for both in refusals().policies.values() for text in both]
    assert not [text for text in [*says, *refusals().reasons.values()] if "解除" in text]


def test_a_verification_that_is_under_way_is_to_be_ended_not_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HUTONG_LANG", "zh")
    tell(OutOfOrder("a verification is under way: end it first (resume)", reason="VERIFYING"), as_json=False)
    shown = capsys.readouterr().err
    assert "请先结束核查" in shown
    assert "开始核查" not in shown


@pytest.mark.parametrize(("lang", "expected"), [("zh", "他人已先行更改"), ("en", "Stale [STALE]\n  changed")])
def test_a_refusal_is_in_the_language_of_the_person(
    lang: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HUTONG_LANG", lang)
    tell(Stale("changed"), as_json=False)
    shown = capsys.readouterr().err
    assert expected in shown
    assert "changed" in shown


def test_a_policy_is_in_the_language_of_the_person_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = NotPermitted("refused", [DEFAULT_DENY])
    for lang, expected in (("zh", "处理办法：写明允许提供的目的"), ("en", "what to do: name the purpose")):
        monkeypatch.setenv("HUTONG_LANG", lang)
        tell(refused, as_json=False)
        assert expected in capsys.readouterr().err


BELOW_FULL = "nothing to prove below full granularity"


def checked(name: str, check: Callable[..., str]) -> Check:
    """Return what a check says of a yes or no, to which no answer of a node is attached."""
    answer = pb.Answer(granularity=pb.GRANULARITY_YES_NO)
    return Check(name, Result.OK, check(answer) if check is outcomes_proven else check(answer, {}))


@pytest.mark.parametrize(
    ("check", "name", "says"),
    [
        (Check("required nodes", Result.OK, "all four"), "应答节点", "列明了全部应当答复的节点"),
        (Check("node police-1", Result.OK, "signed"), "节点 police-1", "该节点签名的答复有效：signed"),
        (Check("view", Result.FAILED, "a.b"), "显示内容", "显示的内容与签名的内容不一致：a.b"),
        (Check("question", Result.UNPROVEN, "why"), "查询", "查询未附，没有比对查询内容和查询人：why"),
        (Check("new", Result.OK, "what"), "new", "what"),
        (checked("node answers", outcomes_proven), "节点答复", f"应当附上的节点答复没有缺少：{BELOW_FULL}"),
        (
            checked("convictions", convictions),
            "有罪判决",
            "所列判决出自各节点签名的答复：no conviction is shown",
        ),
    ],
)
def test_a_check_is_in_the_language_of_the_person(
    check: Check, name: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUTONG_LANG", "zh")
    assert (check_name(check), check_in_words(check)) == (name, says)
    monkeypatch.setenv("HUTONG_LANG", "en")
    assert (check_name(check), check_in_words(check)) == (check.name, check.says)
