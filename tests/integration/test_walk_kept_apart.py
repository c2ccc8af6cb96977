"""The walk through records kept apart, played as docs/walks.md prints it (R64)."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from tests.support.local import LocalFederation

WALKS = (Path(__file__).parents[2] / "docs" / "walks.md").read_text("utf-8")


def test_r64_the_walk_shows_a_sealed_public_order_record_to_an_investigator_and_to_nobody_else(
    running_federation: LocalFederation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = WALKS.split("## Records kept apart\n")[1].split("\n## ")[0]
    found = re.search(r"^M=(\d+)$", section, re.MULTILINE)
    assert found
    (tmp_path / "violations.jsonl").write_text(section.split("<<'JSON'\n")[1].split("JSON\n")[0], "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUTONG_HOME", str(running_federation.layout.home))
    monkeypatch.setenv("HUTONG_OFFICER", "王警官")
    expected = {
        "RECORD": (0, "sealed_case: RECORD, COMPLETE"),
        "NO_RECORD": (0, "NO_RECORD, COMPLETE"),
        "NO": (0, "NO, COMPLETE"),
        "refused": (1, ""),
    }
    asked = []
    for line in section.splitlines():
        command, _, comment = line.partition("   # ")
        if not command.startswith("hutong "):
            continue
        done = CliRunner().invoke(main, shlex.split(command.replace("$M", found[1]))[1:])
        word = comment.partition(":")[0]
        code, says = expected.get(word, (0, ""))
        assert done.exit_code == code, done.output
        assert says in done.output, done.output
        shown = "京公朝行罚决字〔2025〕10号" in done.output
        assert shown == (word == "RECORD"), done.output
        asked.append(word)
    assert sorted(filter(None, asked)) == sorted(
        ["RECORD", "NO_RECORD", "NO_RECORD", "NO", "NO", "refused", "refused"]
    )
