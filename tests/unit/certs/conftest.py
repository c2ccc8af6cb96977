"""A federation that its agencies have founded by commands, and a copy of it for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.founding import Founding, founded, prepared


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founding:
    return founded(prepared(tmp_path_factory.mktemp("founded") / "f"))


@pytest.fixture
def agencies(template: Founding, tmp_path: Path) -> Founding:
    """A founded federation that a test may change."""
    shutil.copytree(template.place, tmp_path / "f")
    made = Founding(tmp_path / "f", template.endpoints)
    for settings in made.place.rglob("settings.toml"):
        settings.write_text(
            settings.read_text("utf-8").replace(str(template.place), str(made.place)), "utf-8"
        )
    return made
