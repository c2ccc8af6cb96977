"""What is wrong with a field is said in the language of the person, with the details of the rule (R38)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.cli import tell
from compose.shared.refusals import refusals
from federation.errors import FieldViolation, InvalidRequest

ROOT = Path(__file__).parents[4]
#: Where the faults are raised that officials and their tables meet.
FOLDERS = [
    ROOT / "federation" / name for name in ("statements", "applications", "record", "values", "notices")
]


def rules_raised() -> Iterator[str]:
    """Yield each rule that stands in the code as a text: the second argument of a fault."""
    for folder in FOLDERS:
        for path in folder.rglob("*.py"):
            for call in (
                node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
            ):
                name = ast.unparse(call.func)
                fault = name == "FieldViolation" or name == "InvalidRequest.of"
                if fault and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
                    yield str(call.args[1].value)
                if name == "_fail" and isinstance(call.args[0], ast.Constant):
                    yield f"CASE-NUMBER-{call.args[0].value!s}"


def test_every_rule_that_a_field_may_break_has_its_sentence() -> None:
    raised = set(rules_raised())
    assert len(raised) > 50
    assert raised - refusals().rules.keys() == set()


def test_every_sentence_is_chinese_and_of_a_rule_of_the_code() -> None:
    code = "".join(
        path.read_text("utf-8")
        for folder in ("federation", "node", "compose")
        for path in (ROOT / folder).rglob("*.py")
    )
    for rule, says in refusals().rules.items():
        assert re.search("[\u4e00-\u9fff]", says), rule
        assert f'"{rule.removeprefix("CASE-NUMBER-")}"' in code, rule


@pytest.mark.parametrize(
    ("field", "rule", "shown"),
    [
        (
            "subject.identifiers[0].number",
            "GB 11643",
            "证件号码（subject.identifiers[0].number）：不是有效",
        ),
        ("case_number", "CASE-NUMBER-YEAR", "案号（case_number）：案号的年份有误。why [CASE-NUMBER-YEAR]"),
        ("person.names[0].text", "R14", "姓名（person.names[0].text）：身份信息"),
        ("record.other", "FORMAT", "  record.other：格式不符。why [FORMAT]"),
        ("threshold", "MAJORITY", "  threshold: why [MAJORITY]"),
    ],
)
def test_a_fault_of_a_field_is_said_in_chinese_with_its_details(
    field: str, rule: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = InvalidRequest([FieldViolation(field, rule, "why")])
    monkeypatch.setenv("HUTONG_LANG", "zh")
    tell(error, as_json=False)
    assert shown in capsys.readouterr().err
    monkeypatch.setenv("HUTONG_LANG", "en")
    tell(error, as_json=False)
    assert f"  {field}: why [{rule}]" in capsys.readouterr().err
