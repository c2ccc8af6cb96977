"""Checkpoints are signed and kept at intervals, and a disk that takes no more is noticed though nothing is entered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.evidence.checkpoint import read_checkpoint
from federation.evidence.entry import EntryKind
from federation.evidence.view import read_envelope, read_json
from server.journal.checkpoints import CheckpointKeeper
from server.journal.fixed_checkpoints import FixedCheckpoints
from server.journal.journal import Journal
from server.stores.head_file import HeadFile
from tests.support.waiting import wait_for


def keeper(journal: Journal, file: HeadFile) -> CheckpointKeeper:
    """Return one that looks when it begins and ends, and hardly in between."""
    fixed = FixedCheckpoints(journal, every_s=1e9, now=lambda: datetime.now(UTC))
    return CheckpointKeeper(journal, fixed, charter_version=lambda: 1, keep=file.write, every_s=3600.0)


def in_the_way(file: HeadFile) -> bool:
    """Put a folder in the place of the file that is written first, so that nothing can be kept any more."""
    file.path.with_suffix(".new").mkdir()
    return True


def test_each_entry_is_covered_at_the_beginning_and_at_the_end(journal: Journal, tmp_path: Path) -> None:
    file = HeadFile(tmp_path / "head.json")
    journal.run(lambda work: work.log.append(EntryKind.STARTED, at="now"))
    with keeper(journal, file).running():
        assert read_checkpoint(read_envelope(read_json(file.path.read_bytes()))).size == 1
        journal.run(lambda work: work.log.append(EntryKind.STOPPED, at="now"))
    assert read_checkpoint(read_envelope(read_json(file.path.read_bytes()))).size == 2


def test_a_disk_that_takes_no_more_is_noticed_although_the_log_does_not_grow(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = HeadFile(tmp_path / "head.json")
    journal.run(lambda work: work.log.append(EntryKind.STARTED, at="now"))
    looking = keeper(journal, file)
    assert looking.uncovered_s() == float("inf")
    with looking.running():
        assert looking.uncovered_s() < float("inf")
        wait_for(lambda: in_the_way(file), what="a folder in the way of the file", passing=FileExistsError)
    assert "no checkpoint was signed" in caplog.text
