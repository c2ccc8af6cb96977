"""What a gateway keeps of documents, and when it lets them go; what a file of pieces promises."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert

from federation.errors import Corrupt
from federation.evidence.entry import read_body
from federation.notices.documents import limits
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from federation.values.clock import now
from gateway.documents.archive import Archive
from gateway.documents.clearing import DocumentRemover
from gateway.documents.kept import KeptDocument, content_of
from gateway.documents.schema import SCHEMA
from gateway.documents.shelf import sql_shelf
from gateway.relay import schema as relay_schema
from gateway.relay.deliveries import DeliveryChange
from gateway.relay.delivery_store import DeliveryStore
from gateway.relay.schema import undelivered
from gateway.strongbox import Strongbox
from server.journal.depot import Depot
from server.journal.journal import Journal, open_journal
from server.journal.work import Work
from tests.support.federation import GATEWAY, SmallFederation

CHUNK, HOUR = 16, 3600.0


class World:
    """The shelf of a gateway on a real store, with small pieces."""

    def __init__(self, home: Path, journal: Journal, small: SmallFederation) -> None:
        self.journal = journal
        self.shelf = sql_shelf(strongbox=Strongbox(key=os.urandom(32)), undelivered=undelivered)
        self.depot = Depot(home / "documents", chunk_bytes=CHUNK)
        archive = Archive(
            journal=journal,
            shelf=self.shelf,
            depot=self.depot,
            signer=small.party(GATEWAY).signer,
            charter=small.charter,
            now=now,
        )
        self.clearing = DocumentRemover(archive)

    def add(self, state: int, at: float, data: bytes = b"%PDF-" + bytes(30)) -> KeptDocument:
        """Add a document with its file, both last touched at `at`."""
        content = pb.DocumentContent(
            sha256=hashlib.sha256(data + os.urandom(9)).digest(), size=len(data), media_type="application/pdf"
        )
        document = self.shelf.documents.prepared("court", content, state, at)
        self.journal.run(lambda work: self.shelf.documents.add(work, document))
        kept = document.value
        for offset in range(0, len(data), CHUNK):
            piece = data[offset : offset + CHUNK]
            berth = kept.berth
            self.depot.append(berth.name, piece, key=berth.key, digest=content.sha256, offset=offset)
        os.utime(self.depot._path(kept.berth.name), (at, at))
        return kept

    def announce(self, kept: KeptDocument, notice: bytes) -> None:
        reference = notice_pb2.DocumentReference(
            sha256=kept.berth.content.sha256, size=kept.berth.content.size, media_type="application/pdf"
        )

        def command(work: Work) -> None:
            page = {"sender": "court", "accepted_at": "", "envelope": b"", "acceptance": b""}
            made = work.view.execute(insert(relay_schema.submission), page)
            row = {"digest": notice, "sender": "court", "kind": 1, "late_days": 0, "body": b""}
            row["submission_id"] = made.inserted_primary_key[0]  # type: ignore[index]
            work.view.execute(insert(relay_schema.notice), row)
            way = {"digest": notice, "node": "police-1", "addressing": 1, "attempts": 0, "next_at": 0.0}
            further = {"state": notice_pb2.DELIVERY_STATE_WAITING, "reason": "", "person_key": b""}
            work.view.execute(insert(relay_schema.delivery), way | further)
            document = self.shelf.documents.prepared(
                "court", content_of(reference), pb.DOCUMENT_STATE_ANNOUNCED, time.time()
            )
            self.shelf.namings.announce(work, notice, document, time.time())

        self.journal.run(command)

    def present(self, kept: KeptDocument) -> KeptDocument | None:
        with self.journal.reading() as connection:
            return self.shelf.documents.find(connection, kept.token)

    def reasons(self) -> list[object]:
        bodies = [read_body(e.body) for e in self.journal.entries(0, 100)]
        return [b["reason"] for b in bodies if b["kind"] == "document_released"]


@contextmanager
def world_at(home: Path) -> Iterator[World]:
    small = SmallFederation(home / "federation")
    with open_journal(
        home / "store.db",
        body_key=os.urandom(32),
        charter=small.charter(),
        signer=small.party(GATEWAY).signer,
        now=now,
        schemas=[relay_schema.SCHEMA, SCHEMA],
    ) as journal:
        yield World(home, journal, small)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_at(tmp_path) as made:
        yield made


def test_r62_an_upload_that_does_not_go_on_is_dropped_after_its_time(world: World) -> None:
    at, table = time.time(), limits()
    late, early = at - table.unfinished_hours * HOUR - 1, at - table.unfinished_hours * HOUR + 60
    old, young = (world.add(pb.DOCUMENT_STATE_PARTLY, t) for t in (late, early))
    world.clearing.clear(at)
    assert world.present(old) is None
    assert world.present(young) is not None
    assert world.depot.names().keys() == {young.berth.name}
    assert world.reasons() == ["unfinished"]


def test_r62_a_document_that_nobody_names_is_dropped_and_one_that_is_named_stays(world: World) -> None:
    at, table = time.time(), limits()
    late = at - table.unclaimed_days * 24 * HOUR - 1
    unclaimed, claimed = (world.add(pb.DOCUMENT_STATE_HELD, late) for _ in range(2))
    announced = world.add(pb.DOCUMENT_STATE_ANNOUNCED, late)
    world.announce(claimed, b"n" * 32)
    world.announce(announced, b"m" * 32)
    world.clearing.clear(at)
    assert world.present(unclaimed) is None
    assert world.present(claimed) is not None
    assert world.present(announced) is not None, "the notice still names it; only the torn part goes"
    assert world.depot.names().keys() == {claimed.berth.name}


@pytest.mark.parametrize(("days", "stays"), [(14, True), (-1, False)])
def test_r31_documents_of_a_received_notice_stay_for_a_fixed_time_however_it_is_decided(
    world: World, days: int, stays: bool
) -> None:
    at = time.time()
    kept = world.add(pb.DOCUMENT_STATE_HELD, at)
    world.announce(kept, b"n" * 32)
    deliveries, until = DeliveryStore(strongbox=Strongbox(key=os.urandom(32))), at + days * 24 * HOUR
    world.journal.run(lambda work: deliveries.received(work, "police-1", [b"n" * 32], kept_until=until))
    world.journal.run(
        lambda work: deliveries.change(
            work, "police-1", [DeliveryChange(b"n" * 32, notice_pb2.DELIVERY_STATE_DELIVERED)]
        )
    )
    world.clearing.settle()
    standing = world.present(kept)
    assert standing is not None
    assert (standing.state == pb.DOCUMENT_STATE_HELD) is stays


def test_a_file_that_no_row_names_is_dropped(world: World) -> None:
    (world.depot._path("ab" * 16)).write_bytes(b"left by a kill")
    world.clearing.clear(time.time())
    assert world.depot.names() == {}


def test_a_torn_piece_is_cut_off_and_the_rest_goes_on(tmp_path: Path) -> None:
    depot, key, digest = Depot(tmp_path, chunk_bytes=CHUNK), os.urandom(32), os.urandom(32)
    data = os.urandom(2 * CHUNK + 5)
    for offset in (0, CHUNK):
        depot.append("a", data[offset : offset + CHUNK], key=key, digest=digest, offset=offset)
    with (tmp_path / "a").open("ab") as file:
        file.write(b"torn")
    assert depot.length("a", len(data)) == 2 * CHUNK
    depot.append("a", data[2 * CHUNK :], key=key, digest=digest, offset=2 * CHUNK)
    assert depot.length("a", len(data)) == len(data)
    assert b"".join(depot.read("a", key=key, digest=digest)) == data
    assert b"".join(depot.read("a", key=key, digest=digest, offset=20)) == data[20:]


def test_pieces_can_be_neither_moved_nor_exchanged_nor_read_with_another_key(tmp_path: Path) -> None:
    depot, key, digest = Depot(tmp_path, chunk_bytes=CHUNK), os.urandom(32), os.urandom(32)
    for offset in (0, CHUNK):
        depot.append("a", os.urandom(CHUNK), key=key, digest=digest, offset=offset)
    stored = (tmp_path / "a").read_bytes()
    piece = len(stored) // 2
    (tmp_path / "b").write_bytes(stored[piece:] + stored[:piece])
    (tmp_path / "c").write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    for name, opening, of in (
        ("b", key, digest),
        ("c", key, digest),
        ("a", bytes(32), digest),
        ("a", key, key),
    ):
        with pytest.raises(Corrupt):
            list(depot.read(name, key=opening, digest=of))
