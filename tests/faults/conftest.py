"""A federation to break: short deadlines, so that a hanging node is soon given up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.local import LocalFederation, local_federation

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
