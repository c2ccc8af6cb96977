"""`hutong demo --walk intake` shows judgment, release, correction and recall across agencies (issue: done when)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from federation.statements.recalls import SAYS


def test_the_walk_goes_from_judgment_to_release_correction_and_recall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    report = tmp_path / "walk.json"
    ran = CliRunner().invoke(main, ["demo", "--walk", "intake", "--json", str(report)])
    assert ran.exit_code == 0, ran.output
    scenes = {scene["id"]: scene for scene in json.loads(report.read_text("utf-8"))["scenes"]}
    for scene_id in ("a", "c", "d"):
        stages = [s["stage"] for s in scenes[scene_id]["tracked"][0]["stages"]]
        assert stages[0] == "accepted"
        assert set(stages[1:]) == {"registered"}
    assert [w["notice"]["correction"]["field"] for w in scenes["i"]["waiting"]] == ["pronounced_on"]
    assert [(a["state"], bool(a["version"])) for a in scenes["j"]["asked"]] == [("corrected", True)]
    differing = {w["notice"]["correction"]["node"] for w in scenes["k"]["waiting"]}
    assert differing == {"procuratorate-1", "justice-1"}
    assert [r["says"] for r in scenes["l"]["recalls"]] == [SAYS] * 3
    assert len(scenes["m"]["caused"]) == 3
    assert all(track["acknowledged_at"] for track in scenes["m"]["caused"])
