"""A server that has no descriptor left goes on, gives no wrong answer, and serves as before afterwards."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest

from compose.local.layout import GATEWAY, NODES, node_installation
from federation.charter.model import Gateway, Node
from federation.errors import Exhausted, HutongError, Unavailable
from federation.evidence.entry import EntryKind
from federation.v1 import query_pb2
from federation.values.identity import Installation
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone, open_record
from tests.support.waiting import wait_for

SERVERS = [node_installation("police"), GATEWAY]
CALLERS = 8


def port(federation: LocalFederation, server: Installation) -> int:
    charter = federation.charter()
    places: list[Node | Gateway] = [*charter.nodes, *charter.gateways]
    [place] = [each for each in places if each.installation == server]
    return int(place.endpoint.rpartition(":")[2])


@contextmanager
def exhausted(federation: LocalFederation, server: Installation) -> Iterator[None]:
    """Take every descriptor of a server by connections to it that never start TLS."""
    process = psutil.Process(federation.pid(server))
    before = process.rlimit(psutil.RLIMIT_NOFILE)
    flood: list[socket.socket] = []
    try:
        process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() + 4, before[1]))
        for _ in range(64):
            flood.append(socket.create_connection(("localhost", port(federation, server))))
        wait_for(
            process.num_fds,
            lambda seen: seen >= process.rlimit(psutil.RLIMIT_NOFILE)[0] - 1,
            what="a server without a free descriptor",
        )
        yield
    finally:
        for connection in flood:
            connection.close()
        process.rlimit(psutil.RLIMIT_NOFILE, before)


def finding(federation: LocalFederation, someone: Someone) -> tuple[int, int]:
    answer = federation.client("court").ask(asking.case(someone.subject())).answer
    return answer.finding, answer.completeness


@pytest.mark.parametrize("server", SERVERS, ids=str)
def test_a_server_without_descriptors_gives_no_wrong_answer_and_recovers(
    whole: LocalFederation, server: Installation
) -> None:
    someone, made = open_record("police")
    receipt = whole.enter("police", made)
    right = (query_pb2.FINDING_RECORD, query_pb2.COMPLETENESS_COMPLETE)
    wait_for(lambda: finding(whole, someone), lambda seen: seen == right, what="the record before the flood")
    pid, police = whole.pid(server), whole.client("police")

    def ask(_: int) -> object:
        try:
            return finding(whole, someone)
        except HutongError as error:
            return error

    def look(_: int) -> object:
        try:
            if server == GATEWAY:
                return whole.client("court").evidence.checkpoint(GATEWAY)
            return police.register.show(NODES["police"], receipt.record_id)
        except HutongError as error:
            return error

    look(0)
    with exhausted(whole, server), ThreadPoolExecutor(2 * CALLERS) as pool:
        asked = list(pool.map(ask, range(4 * CALLERS)))
        looked = list(pool.map(look, range(8 * CALLERS)))
    wrong = (query_pb2.FINDING_NO_RECORD, query_pb2.COMPLETENESS_COMPLETE)
    assert wrong not in asked
    errors = [e for e in (*asked, *looked) if isinstance(e, HutongError)]
    assert all(isinstance(e, Unavailable | Exhausted) for e in errors), {repr(e) for e in errors}
    assert whole.pid(server) == pid
    assert psutil.Process(pid).is_running()
    wait_for(lambda: ask(0), lambda seen: seen == right, what="the record after the flood")
    with whole.fresh_client("court") as fresh:
        assert fresh.evidence.checkpoint(server) is not None
    assert any(e["kind"] == EntryKind.STARTED for e in whole.entries(server))
