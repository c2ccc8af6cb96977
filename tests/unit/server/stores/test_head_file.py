"""The newest checkpoint beside the database shows whether the database is an older copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.errors import Corrupt
from federation.evidence.entry import EntryKind
from server.journal.journal import Journal, open_journal
from server.stores.head_file import HeadFile
from tests.support.federation import GATEWAY, SmallFederation

KEY = os.urandom(32)


@contextmanager
def opened(federation: SmallFederation, path: Path) -> Iterator[Journal]:
    with open_journal(
        path,
        body_key=KEY,
        charter=federation.charter(),
        signer=federation.party(GATEWAY).signer,
        now=lambda: datetime.now(UTC),
    ) as journal:
        yield journal


def grow(journal: Journal, file: HeadFile) -> None:
    """Enter three entries and keep the checkpoint."""
    for _ in range(3):
        journal.run(lambda work: work.log.append(EntryKind.STARTED, at="now"))
    file.write(journal.checkpoint(1))


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    return SmallFederation(tmp_path_factory.mktemp("federation"))


def test_an_older_database_is_found_out_also_after_it_has_grown(
    federation: SmallFederation, tmp_path: Path
) -> None:
    store, old, file = tmp_path / "store.db", tmp_path / "old.db", HeadFile(tmp_path / "head.json")
    with opened(federation, store) as journal:
        assert file.lost(journal) is None
        grow(journal, file)
    shutil.copy(store, old)
    with opened(federation, store) as journal:
        grow(journal, file)
        newest = journal.state()
        assert file.lost(journal) is None
    kept = file.path.read_bytes()
    assert file.path.stat().st_mode & 0o777 == 0o600

    with opened(federation, old) as journal:
        for _ in range(2):
            lost = file.lost(journal)
            assert lost is not None
            assert (lost.size, lost.root) == newest
            grow(journal, file)
    assert file.path.read_bytes() == kept, "while something is lost, the file keeps what shows it"


def test_a_file_that_cannot_be_read_ends_the_start(federation: SmallFederation, tmp_path: Path) -> None:
    file = HeadFile(tmp_path / "head.json")
    file.path.write_text("{}")
    with opened(federation, tmp_path / "store.db") as journal, pytest.raises(Corrupt) as refused:
        file.lost(journal)
    assert refused.value.reason == "HEAD_UNREADABLE"
    assert "head.json" in refused.value.message


def test_those_who_write_at_the_same_time_leave_a_whole_file(
    federation: SmallFederation, tmp_path: Path
) -> None:
    file = HeadFile(tmp_path / "head.json")
    with opened(federation, tmp_path / "store.db") as journal, ThreadPoolExecutor(8) as pool:
        grow(journal, file)
        checkpoint = journal.checkpoint(1)
        for written in [pool.submit(file.write, checkpoint) for _ in range(80)]:
            written.result()
        assert file.lost(journal) is None
