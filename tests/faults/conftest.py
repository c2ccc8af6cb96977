"""A federation to break: short deadlines, so that a hanging node is soon given up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local import LocalFederation, local_federation
from tests.support.starting import copy_of

SHORT = {"HUTONG_GATEWAY_NODE_DEADLINE_S": "1.5", "HUTONG_GATEWAY_PAGE_DEADLINE_S": "2.0"}


@pytest.fixture(scope="session")
def breakable_federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    with local_federation(tmp_path_factory.mktemp("breakable"), SHORT) as federation:
        yield federation


@pytest.fixture
def whole(breakable_federation: LocalFederation) -> Iterator[LocalFederation]:
    """The federation with every server up, and up again afterwards."""
    breakable_federation.up()
    yield breakable_federation
    breakable_federation.up()


@pytest.fixture(params=["node", "gateway"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(homes: dict[str, Path], kind: str, tmp_path: Path) -> Path:
    """A copy, for this test alone, of the home of a server that stopped; a module has `homes` by kind."""
    return copy_of(homes[kind], tmp_path / kind)
