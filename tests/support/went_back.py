"""A node's store put back to an older copy, and what its federation says of that."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from federation.errors import HutongError
from federation.evidence.entry import SALT_BYTES, Value, read_body
from federation.v1 import query_pb2, record_pb2
from federation.values import clock
from server.journal.cipher import Cipher
from tests.support.federation import GATEWAY
from tests.support.records import Someone, open_record
from tests.support.seal_servers import SealServers, await_complete_answer, finding
from tests.support.waiting import wait_for

NODE, NAME = "procuratorate/node/procuratorate-1", "procuratorate-1"
NOTHING = ("NO_RECORD", "COMPLETE")
UNDECIDED = ("UNDECIDED", "PARTIAL")


def copied(servers: SealServers, name: str, into: Path) -> Path:
    """Stop a server, copy its whole home, and start it again."""
    servers.stop(name)
    shutil.copytree(servers.home(name), into)
    servers.start(name)
    return into


def put_back(servers: SealServers, name: str, of: Path, *, head_file: bool) -> None:
    """Stop a server, put an old copy of its database in place, with or without the file beside it, and start it."""
    servers.stop(name)
    servers.restore_store(name, of)
    if head_file:
        (servers.home(name) / "head.json").unlink(missing_ok=True)
        if (of / "head.json").exists():
            shutil.copy(of / "head.json", servers.home(name))
    servers.start(name)


def asked(servers: SealServers, someone: Someone, *, at: str = GATEWAY) -> query_pb2.Answer:
    """Return a gateway's answer, once the line to each node is up again."""
    return wait_for(
        lambda: servers.ask(someone.subject(), at=at),
        lambda answer: all(o.outcome != query_pb2.OUTCOME_UNREACHABLE for o in answer.outcomes),
        what="an answer for which every node was reached",
        passing=HutongError,
    )


def await_finding(
    servers: SealServers, someone: Someone, wanted: tuple[str, str], *, at: str = GATEWAY
) -> None:
    """Wait until a gateway answers so."""
    wait_for(
        lambda: finding(servers.ask(someone.subject(), at=at)),
        lambda found: found == wanted,
        what=f"{wanted} of {at}",
        passing=HutongError,
    )


def outcome(answer: query_pb2.Answer, name: str = NAME) -> tuple[int, str]:
    """Return what the answer says of one node."""
    [found] = [o for o in answer.outcomes if o.node == name]
    return found.outcome, found.reason


def entries(servers: SealServers, name: str) -> list[Mapping[str, Value]]:
    """Return a server's log in clear, from its store."""
    home = servers.home(name)
    cipher = Cipher((home / "keys" / "journal.key").read_bytes())
    with closing(sqlite3.connect(f"file:{home / 'store.db'}?mode=ro", uri=True)) as store:
        rows = store.execute("SELECT leaf, sealed_body FROM log_entry ORDER BY idx").fetchall()
    return [read_body(cipher.unlock(body, leaf)[SALT_BYTES:]) for leaf, body in rows]


def incidents(servers: SealServers, name: str) -> list[str]:
    """Return what the incidents in a server's log are about."""
    return [str(body["what"]) for body in entries(servers, name) if body["kind"] == "incident"]


def lost(servers: SealServers, tmp_path: Path) -> tuple[Someone, record_pb2.Record]:
    """Have the node lose a record that a gateway has seen its log account for; return its person and the record."""
    old = copied(servers, NODE, tmp_path / "old")
    await_complete_answer(servers)
    someone, made = open_record("procuratorate")
    servers.enter("procuratorate", made)
    assert finding(asked(servers, someone)) == ("RECORD", "COMPLETE")
    put_back(servers, NODE, old, head_file=True)
    return someone, made


def lost_and_found(servers: SealServers, tmp_path: Path) -> tuple[Someone, record_pb2.Record]:
    """Have the node lose a record, and the gateway find out; return the record's person and the record."""
    someone, made = lost(servers, tmp_path)
    assert finding(asked(servers, someone)) == UNDECIDED
    return someone, made


def accept(servers: SealServers, agency: str = "procuratorate") -> None:
    """Have an officer of the agency accept the log of its node as it is now."""
    servers.of(agency).logs.accept_log(
        f"{agency}-1",
        reason="硬盘损坏，已从备份恢复",
        entered_again="当日案卷已全部重新录入",
        lost_since=clock.now() - timedelta(hours=1),
    )
