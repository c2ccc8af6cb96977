"""What cannot be written down does not happen: the disk takes no byte, nothing leaves, service returns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psutil
import pytest

from compose.local.layout import GATEWAY, node_installation
from federation.errors import CannotAccount, HutongError
from federation.v1 import query_pb2 as pb
from federation.values.identity import Installation
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone, open_record
from tests.support.waiting import wait_for

POLICE = node_installation("police")
INFINITY = psutil.RLIM_INFINITY


@contextmanager
def full_disk(federation: LocalFederation, server: Installation) -> Iterator[None]:
    """Let the kernel refuse every write of a server to a file (EFBIG), as a full disk would."""
    process = psutil.Process(federation.pid(server))
    process.rlimit(psutil.RLIMIT_FSIZE, (0, INFINITY))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, (INFINITY, INFINITY))


def ask(federation: LocalFederation, someone: Someone) -> pb.Answer:
    return federation.client("procuratorate").ask(asking.case(someone.subject())).answer


def test_a_gateway_that_cannot_log_answers_nothing_and_recovers(whole: LocalFederation) -> None:
    someone, made = open_record("police")
    whole.enter("police", made)
    assert ask(whole, someone).finding == pb.FINDING_RECORD
    before = len(whole.gateway_entries())
    asked = len(_lookups(whole))
    with full_disk(whole, GATEWAY):
        for _ in range(3):
            with pytest.raises(CannotAccount) as refused:
                ask(whole, someone)
            assert refused.value.reason == "CANNOT_ACCOUNT"
    assert ask(whole, someone).finding == pb.FINDING_RECORD
    kinds = [e["kind"] for e in whole.gateway_entries()[before:] if e["kind"] != "exported"]
    assert kinds == ["request", "answer"]
    assert len(_lookups(whole)) == asked + 1, "no node was asked for what could not be accounted for"


def test_a_gateway_that_cannot_log_a_refusal_says_that_instead(whole: LocalFederation) -> None:
    wrong = asking.case(Someone().subject())
    wrong.ClearField("case_number")
    with full_disk(whole, GATEWAY), pytest.raises(CannotAccount):
        whole.client("procuratorate").ask(wrong)
    with pytest.raises(HutongError) as refused:
        whole.client("procuratorate").ask(wrong)
    assert refused.value.reason == "INVALID_REQUEST"


def test_a_node_that_cannot_log_has_not_answered(whole: LocalFederation) -> None:
    someone, made = open_record("police")
    whole.enter("police", made)
    with full_disk(whole, POLICE):
        answer = ask(whole, someone)
        assert answer.completeness == pb.COMPLETENESS_PARTIAL
        assert answer.finding == pb.FINDING_UNDECIDED
        [missing] = [o for o in answer.outcomes if o.node == "police-1"]
        assert missing.outcome in (pb.OUTCOME_UNREACHABLE, pb.OUTCOME_LATE)
    wait_for(
        lambda: ask(whole, someone).finding,
        lambda finding: finding == pb.FINDING_RECORD,
        what="the node's answer",
    )


def test_a_node_that_cannot_write_gives_no_receipt_and_keeps_nothing(whole: LocalFederation) -> None:
    someone, made = open_record("police")
    with full_disk(whole, POLICE), pytest.raises(CannotAccount):
        whole.enter("police", made)
    assert ask(whole, someone).finding == pb.FINDING_NO_RECORD
    receipt = whole.enter("police", made)
    assert not receipt.repeated
    assert ask(whole, someone).finding == pb.FINDING_RECORD


def test_checkpoints_go_on_after_a_full_disk(whole: LocalFederation) -> None:
    client = whole.client("police")
    process = psutil.Process(whole.pid(POLICE))
    unsigned = False
    while not unsigned:  # a checkpoint may be signed between the entry and the full disk
        client.register.enter("police-1", open_record("police")[1])
        with full_disk(whole, POLICE):
            unsigned = _signed(whole) < _entries(whole)
            if unsigned:
                _await_writes(process, 2)  # the refused checkpoint, and the line that says so
    client.register.enter("police-1", open_record("police")[1])
    wait_for(lambda: _signed(whole) == _entries(whole), what="a checkpoint of every entry")


def _await_writes(process: psutil.Process, more: int) -> None:
    """Wait until a process has tried to write so many times; refused writes count too."""
    before = process.io_counters().write_count
    wait_for(lambda: process.io_counters().write_count, lambda count: count >= before + more, what="writes")


def _signed(federation: LocalFederation) -> int:
    """Return how many entries the node's newest checkpoint covers, without asking it for one."""
    return _read(federation, "SELECT max(size) FROM log_checkpoint")


def _entries(federation: LocalFederation) -> int:
    return _read(federation, "SELECT count(*) FROM log_entry")


def _read(federation: LocalFederation, query: str) -> int:
    path = federation.layout.server(POLICE) / "store.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return int(connection.execute(query).fetchone()[0] or 0)


def _lookups(federation: LocalFederation) -> list[object]:
    return [e for e in federation.node_entries("police") if e["kind"] in ("lookup", "repeat")]
