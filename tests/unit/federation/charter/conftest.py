"""A small federation whose clock a test sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.federation import SmallFederation
from tests.support.ticking import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def federation(tmp_path: Path, clock: Clock) -> SmallFederation:
    return SmallFederation(tmp_path, clock=clock)
