"""A federation for one module, the police's window in it with two officers, and a person on record there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.inside import InsideFederation
from tests.support.records import Someone
from tests.support.windows import Window, recorded, running, staffed


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsideFederation]:
    with running(tmp_path_factory.mktemp("certified")) as started:
        yield started


@pytest.fixture(scope="module")
def window(inside: InsideFederation, tmp_path_factory: pytest.TempPathFactory) -> Window:
    return staffed(inside, tmp_path_factory.mktemp("window") / "officers")


@pytest.fixture(scope="module")
def someone(window: Window) -> Someone:
    return recorded(window)
