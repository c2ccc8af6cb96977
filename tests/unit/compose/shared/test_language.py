"""Every message stands in both languages, every one is used, and a person gets the one of their locale."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.shared.language import LANGUAGES, messages, say
from federation.evidence.report import Result
from federation.merging.precedence import FIELDS
from federation.v1 import application_pb2, query_pb2, record_pb2
from federation.values.enum_names import enum_names

COMPOSE = Path(__file__).parents[4] / "compose"
SOURCE = "".join(path.read_text("utf-8") for path in COMPOSE.rglob("*.py"))
#: Tables whose keys are names of the contract -> where those names stand.
NAMED: dict[str, Any] = {
    "purpose": query_pb2.Purpose,
    "finding": query_pb2.Finding,
    "completeness": query_pb2.Completeness,
    "outcome": query_pb2.Outcome,
    "status": record_pb2.SealingStatus,
    "reason": record_pb2.UnknownReason,
    "document": record_pb2.IdentifierType,
    "state": application_pb2.ApplicationState,
    "step": application_pb2.ApplicationStep,
}


def test_every_message_stands_in_every_language_with_the_same_places() -> None:
    for key, texts in messages().items():
        assert set(texts) == set(LANGUAGES), key
        places = {
            frozenset(name for _, name, _, _ in Formatter().parse(text) if name) for text in texts.values()
        }
        assert len(places) == 1, key
        assert all(text.strip() for text in texts.values()), key
        assert re.search("[\u4e00-\u9fff]", texts["zh"]) or "{" in texts["zh"] or texts["zh"] == "，", key


@pytest.mark.parametrize("table", NAMED)
def test_every_name_of_the_contract_has_its_word_and_no_other(table: str) -> None:
    names = {name for number, name in enum_names(NAMED[table].DESCRIPTOR).items() if number}
    assert {key.partition(".")[2] for key in messages() if key.startswith(f"{table}.")} == names


def test_every_field_that_is_merged_and_every_result_has_its_word() -> None:
    assert {f"result.{result.value}" for result in Result} <= messages().keys()
    assert {f"field.{field}" for field in FIELDS} <= messages().keys()


def test_every_message_that_commands_name_is_there_and_every_one_there_is_named() -> None:
    spoken = set(re.findall(r'say\(\s*"([a-z_]+\.[A-Za-z_.]+)"', SOURCE))
    assert spoken <= messages().keys()
    literal = {key for key in messages() if f'"{key}"' in SOURCE}
    tables = set(re.findall(r'(?:say|known)\(f[\'"]([a-z]+)\.', SOURCE))
    for key in messages().keys() - literal:
        table, _, name = key.partition(".")
        assert table in tables, key
        assert (
            table in NAMED.keys() | {"field", "means", "word", "class", "result"} or f'"{name}"' in SOURCE
        ), key


@pytest.mark.parametrize(
    ("env", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "zh_CN.GB18030"}, "zh"),
        ({"LANG": ""}, "en"),
    ],
)
def test_the_locale_chooses(monkeypatch: pytest.MonkeyPatch, env: dict[str, str], language: str) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert say("ask.person") == messages()["ask.person"][language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_option_and_its_variable_prevail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("LC_ALL", "C" if language == "zh" else "zh_CN.UTF-8")
    file = tmp_path / "answer.json"
    file.write_text('{"answer": {"federation": "x"}}', "utf-8")
    expected = messages()["verify.answer"][language]
    assert expected in CliRunner().invoke(main, ["verify", "--lang", language, str(file)]).output
    ran = CliRunner().invoke(main, ["verify", str(file)], env={"HUTONG_LANG": language})
    assert expected in ran.output
