"""The walk through an application at a window, played as docs/walks.md prints it (R34)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local import LocalFederation, local_federation

WALKS = (Path(__file__).parents[2] / "docs" / "walks.md").read_text("utf-8")


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    """Return a federation without applications: the walk names the first one."""
    with local_federation(tmp_path_factory.mktemp("walk")) as federation:
        yield federation


def test_r34_the_walk_takes_an_application_to_its_document_and_through_an_objection(
    fed: LocalFederation, tmp_path: Path
) -> None:
    section = WALKS.split("## Applications at a window\n")[1].split("\n## ")[0]
    commands = "".join(section.split("```\n")[1::2])
    played = "\n".join(line for line in commands.splitlines() if not line.startswith("hutong demo"))
    ran = subprocess.run(
        ["bash", "-euc", played],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HUTONG_HOME": str(fed.layout.home),
            "N": "990101199001010019",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
    assert "The document holds." in ran.stdout
    assert "办结" in ran.stdout
    assert {path.suffix for path in (tmp_path / "documents").iterdir()} == {".json", ".html"}
