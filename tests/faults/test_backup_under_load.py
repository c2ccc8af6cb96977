"""A backup under load holds everything that was acknowledged before its moment, and its node waits to be accepted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from compose.local.layout import node_installation
from federation.errors import HutongError
from federation.v1 import query_pb2 as pb
from federation.v1 import registry_pb2
from tests.support import asking
from tests.support.backups import done, new_passphrase, refused
from tests.support.local import LocalFederation, local_federation
from tests.support.records import Someone, open_record, record
from tests.support.waiting import PATIENCE_S, wait_for

POLICE = node_installation("police")
pytestmark = pytest.mark.timeout(6 * PATIENCE_S)


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[LocalFederation]:
    with local_federation(tmp_path / "federation") as running:
        yield running


class Load:
    """Entries into the police's register and questions about one person, until it is stopped."""

    def __init__(self, federation: LocalFederation, someone: Someone) -> None:
        self._federation, self._someone = federation, someone
        self._stop = threading.Event()
        self.receipts: list[registry_pb2.Receipt] = []
        self.answers: list[pb.Answer] = []

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Enter and ask in threads until the context ends."""
        threads = [threading.Thread(target=each, daemon=True) for each in (self._enter, self._ask, self._ask)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(PATIENCE_S)

    def await_more(self) -> None:
        """Wait until more has been entered and answered than now, at any machine's pace."""
        receipts, answers = len(self.receipts), len(self.answers)
        wait_for(
            lambda: len(self.receipts) > receipts + 20 and len(self.answers) > answers + 3,
            what="more receipts and answers",
        )

    def _enter(self) -> None:
        with (
            self._federation.fresh_client("police") as client,
            suppress(HutongError),
        ):  # when the node is gone
            while not self._stop.is_set():
                batch = [open_record("police")[1] for _ in range(5)]
                for outcome in client.register.enter_many("police-1", batch):
                    self.receipts.append(outcome.receipt)

    def _ask(self) -> None:
        with self._federation.fresh_client("procuratorate") as client:
            while not self._stop.is_set():
                with suppress(HutongError):
                    self.answers.append(client.ask(asking.case(self._someone.subject())).answer)


def test_nothing_acknowledged_before_the_moment_of_a_backup_is_lost(
    federation: LocalFederation, tmp_path: Path
) -> None:
    someone, phrase = Someone(), new_passphrase(tmp_path / "phrase")
    federation.enter("justice", record(someone, "justice"))
    home, backup, load = federation.layout.server(POLICE), tmp_path / "backup", Load(federation, someone)
    options = ["--home", home, "--passphrase-file", phrase, backup]
    with load.going_on():
        load.await_more()
        acknowledged = list(load.receipts)
        done("node", "backup", *options)
        load.await_more()
        assert "HOME_IN_USE" in refused("node", "restore", *options)
        federation.signal(POLICE, signal.SIGKILL)
    assert (home / "store.db-wal").stat().st_size > 0, "it was killed"

    done("node", "restore", *options)
    federation.up(POLICE)
    with federation.fresh_client("police") as client:
        for receipt in acknowledged:
            assert client.register.show("police-1", receipt.record_id).record.judgment_number.original

    def ask() -> pb.Answer:
        return federation.client("procuratorate").ask(asking.case(someone.subject())).answer

    answer = wait_for(
        ask,
        lambda answer: all(each.outcome != pb.OUTCOME_UNREACHABLE for each in answer.outcomes),
        what="an answer for which every node was reached",
        passing=HutongError,
    )
    assert answer.completeness == pb.COMPLETENESS_PARTIAL
    assert {each.reason for each in answer.outcomes if each.reason} == {"LOG_WENT_BACK"}
    accept = ["--home", federation.layout.home, "--officer", "王警官", "--node", POLICE.name]
    done("node", "log", "accept", *accept, "--reason", "硬盘损坏", "--entered-again", "无")
    wait_for(
        lambda: ask().completeness,
        lambda found: found == pb.COMPLETENESS_COMPLETE,
        what="a complete answer",
        passing=HutongError,
    )
