"""One running federation for all tests of this folder: each test brings persons of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.local import LocalFederation, local_federation


@pytest.fixture(scope="session")
def running_federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFederation]:
    with local_federation(tmp_path_factory.mktemp("federation")) as federation:
        yield federation
