"""A journal on a disk, and threads that write to it at the same time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from federation.values.clock import now
from server.journal.journal import Journal, open_journal
from tests.support.federation import GATEWAY, SmallFederation


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("small"), agencies=["police"])


@pytest.fixture
def journal(tmp_path: Path, federation: SmallFederation) -> Iterator[Journal]:
    with open_journal(
        tmp_path / "store.db",
        body_key=os.urandom(32),
        charter=federation.charter(),
        signer=federation.party(GATEWAY).signer,
        now=now,
    ) as opened:
        yield opened


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads
