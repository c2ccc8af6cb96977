"""docs/walks.md and README.md, typed command by command from an empty folder, against real servers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.walk import ROOT, WITHIN_S, Step, blocks, play

#: Some hundred programs start one after another: more than the limit of a single test where a machine is very slow.
pytestmark = pytest.mark.timeout(WITHIN_S + 100)
WALKS, README = ROOT / "docs" / "walks.md", ROOT / "README.md"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    """Play the walks once, for all promises."""
    return play(WALKS, tmp_path_factory.mktemp("walk"))


def printed(steps: list[Step], *words: str) -> str:
    """Return what the commands printed that have all of these words."""
    found = [step.printed for step in steps if all(word in step.command for word in words)]
    assert found, words
    return "\n".join(found)


def test_every_command_of_the_walks_does_what_is_written_behind_it(walked: list[Step]) -> None:
    assert len(walked) > 80
    assert "Proven" in printed(walked, "hutong verify answer.json")
    assert "The answer does NOT hold" in printed(walked, "hutong verify changed.json")
    assert "PARTIAL" in printed(walked, "hutong ask", "exit code 4")
    assert "查询目的" in printed(walked, "hutong ask", "--lang zh")


def test_r34_the_walk_takes_an_application_to_its_document_and_through_an_objection(
    walked: list[Step],
) -> None:
    assert "The document holds." in printed(walked, "hutong verify documents/")
    assert "办结" in printed(walked, "$APPLICATION", "handle")


def test_a27_a_withheld_adult_is_decided_on_and_disclosed(walked: list[Step]) -> None:
    assert "VERIFYING" in printed(walked, "$WAITING", "refused")
    assert "不予出具无犯罪记录证明通知书" in printed(walked, "$WAITING", "--out")


def test_a_stolen_identity_is_split_and_both_are_certified_rightly(walked: list[Step]) -> None:
    assert "不予出具无犯罪记录证明通知书" not in printed(walked, "$VICTIM", "--out")
    assert "无犯罪记录证明" in printed(walked, "$VICTIM", "--out")
    assert "不予出具无犯罪记录证明通知书" in printed(walked, "$OFFENDER", "--out")


def test_r64_the_walk_shows_a_sealed_public_order_record_to_an_investigator_and_to_nobody_else(
    walked: list[Step],
) -> None:
    asked = [step for step in walked if step.command.startswith("hutong ask") and "$M" in step.command]
    words = [step.command.partition("   # ")[2].partition(":")[0] for step in asked]
    assert sorted(words) == ["NO", "NO", "NO_RECORD", "NO_RECORD", "RECORD", "refused", "refused"]
    for word, step in zip(words, asked, strict=True):
        assert ("京公朝行罚决字〔2025〕10号" in step.printed) == (word == "RECORD"), step.printed


def test_the_readme_plays_from_an_empty_folder(tmp_path: Path) -> None:
    steps = play(README, tmp_path)
    assert "running" in printed(steps, "hutong status")


@pytest.mark.parametrize("document", [WALKS, README], ids=lambda path: path.name)
def test_nothing_stands_for_a_value_that_the_reader_has_to_find(document: Path) -> None:
    """An id comes from a command before it; a block that no test runs says why."""
    text = "\n".join(commands for _, commands, _ in blocks(document))
    typed = re.sub(r"<<'JSON'\n.*?\nJSON\n", "\n", text, flags=re.DOTALL)
    typed = re.sub(r"'[^']*'", "", re.sub(r"   # .*", "", typed))
    words = set(re.findall(r"(?<![$\w{])[A-Z][A-Z_]+(?![\w=-])", typed))
    assert not words, "write what a command before it has shown, as $NAME"
    given = set(re.findall(r"\b([A-Z][A-Z_]*)=", typed)) | {"PWD", "PATH"}
    assert set(re.findall(r"\$([A-Z][A-Z_]*)", typed)) <= given
    for _, _, reason in blocks(document):
        assert not reason or len(reason) > 20
