"""What cannot be written down does not happen: the disk takes no byte, nothing leaves, service returns."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from compose.local.layout import GATEWAY, node_installation
from federation.errors import CannotAccount, HutongError
from federation.identity import Installation
from federation.v1 import query_pb2 as pb
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone, open_record

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
    deadline = time.monotonic() + 60
    while ask(whole, someone).finding != pb.FINDING_RECORD:
        assert time.monotonic() < deadline


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
    with full_disk(whole, POLICE):
        time.sleep(5.5)  # longer than the pace of checkpoints
    before = _kept(whole)
    client.enter("police-1", open_record("police")[1])
    deadline = time.monotonic() + 60
    while _kept(whole) == before:
        assert time.monotonic() < deadline, "no checkpoint is signed any more"
        time.sleep(0.2)


def _kept(federation: LocalFederation) -> int:
    """Return how many checkpoints the node keeps, without asking it for one."""
    path = federation.layout.server(POLICE) / "store.db"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM log_checkpoint").fetchone()[0])
    finally:
        connection.close()


def _lookups(federation: LocalFederation) -> list[object]:
    return [e for e in federation.node_entries("police") if e["kind"] in ("lookup", "repeat")]
