"""`hutong demo --walk window` plays every asker from application to document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from federation.v1 import document_pb2


@pytest.mark.parametrize("mandates", [(), ("--mandates",)], ids=["directly", "under-mandates"])
def test_the_walk_ends_in_the_documents_that_the_law_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mandates: tuple[str, ...]
) -> None:
    """With mandates as in a federation that is founded for use: accepted, reviewed, handled, then asked (R34)."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    report = tmp_path / "walk.json"
    ran = CliRunner().invoke(main, ["demo", "--walk", "window", *mandates, "--json", str(report)])
    assert ran.exit_code == 0, ran.output
    scenes = {scene["id"]: scene for scene in json.loads(report.read_text("utf-8"))["scenes"]}
    assert {id: scene["outcome"] for id, scene in scenes.items() if id not in ("5", "11")} == {
        "1": "无犯罪记录证明",
        "2": "犯罪记录查询结果告知函",
        "3": "犯罪记录查询结果告知函",
        "4": "犯罪记录查询结果告知函",
        "6": "不许可查询决定书",
        "7": "不许可查询决定书",
        "8": "复查意见",
        "9": "犯罪记录查询结果告知函",
        "10": "无犯罪记录证明",
        "12": "犯罪记录查询结果告知函",
        "13": "复查意见",
        "14": "不予出具无犯罪记录证明通知书",
    }
    assert scenes["5"]["outcome"].startswith("RECORD, COMPLETE")
    assert scenes["9"]["identical"] is True
    assert "ANSWER_NOT_COMPLETE" in scenes["10"]["said"][0]
    assert scenes["11"]["awaited_while_down"] == ["justice-1"]
    assert scenes["11"]["certificate"]["complete"] is True
    assert scenes["11"]["outcome"] == "after: NO_RECORD, COMPLETE"
    none, found = document_pb2.DOCUMENT_RESULT_NONE, document_pb2.DOCUMENT_RESULT_FOUND
    assert scenes["12"]["results"] == [none, found, none], "nobody, barred, sealed"
    assert scenes["13"]["splits"] >= 1
    certificate = scenes["13"]["documents"][0]["document"]
    assert (certificate["kind"], certificate["number"]) == (
        "no_record_certificate",
        scenes["13"]["superseded_by"],
    )
    assert "长期适用" in scenes["14"]["page"]
    assert "NOT REFUSED" not in json.dumps(scenes)
