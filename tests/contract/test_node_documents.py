"""What a node's store of documents promises, whichever database keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from federation.errors import Corrupt
from node.documents import schema as node_schema
from node.documents.document_store import NodeDocumentStore
from node.documents.share_store import ShareStore
from node.documents.stored import KeyShares, StoredDocuments
from server.journal.work import Work
from server.uploading import Berth
from tests.support.document_stores import content_of, transaction


@dataclass(frozen=True)
class NodeDocuments:
    """The stores of a node, and a transaction to use them in."""

    work: Work
    documents: StoredDocuments
    shares: KeyShares


@contextmanager
def node_sqlite(folder: Path) -> Iterator[NodeDocuments]:
    """Open the fresh stores of a node on SQLite."""
    with transaction(folder, node_schema.SCHEMA) as work:
        yield NodeDocuments(work, NodeDocumentStore(), ShareStore())


@pytest.fixture(params=[node_sqlite], ids=["sqlite"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NodeDocuments]:
    opened: Callable[[Path], AbstractContextManager[NodeDocuments]] = request.param
    with opened(tmp_path) as store:
        yield store


TOKEN, DOCUMENT_KEY = b"t" * 16, b"d" * 32


def test_a_document_is_wanted_until_it_arrives_and_its_verified_description_prevails(
    node: NodeDocuments,
) -> None:
    documents, work = node.documents, node.work
    assert not documents.known(work.view, TOKEN)
    documents.add(work, TOKEN, DOCUMENT_KEY, content_of(b"announced"))
    assert documents.known(work.view, TOKEN)
    wanted = documents.find(work.view, TOKEN)
    assert wanted is not None
    assert (wanted.arrived_at, wanted.open(DOCUMENT_KEY).berth.content) == ("", content_of(b"announced"))
    berth = Berth(TOKEN.hex(), DOCUMENT_KEY, content_of(b"verified"))
    documents.arrived(work, TOKEN, berth, "2026-03-02", b"e" * 32)
    here = documents.find(work.view, TOKEN)
    assert here is not None
    assert here.open(DOCUMENT_KEY).berth == berth
    assert (here.arrived_at, here.entry) == ("2026-03-02", b"e" * 32)
    with pytest.raises(Corrupt):
        here.open(b"o" * 32)
    documents.drop(work, TOKEN)
    assert documents.find(work.view, TOKEN) is None


def test_each_holder_has_one_share_of_a_documents_key(node: NodeDocuments) -> None:
    shares, work = node.shares, node.work
    for token, holder in ((TOKEN, b"2" * 16), (TOKEN, b"1" * 16), (b"u" * 16, b"1" * 16)):
        shares.add(work, token, holder, b"share of " + holder)
    assert list(shares.of_document(work.view, TOKEN)) == [b"1" * 16, b"2" * 16]
    assert sorted(shares.documents_of(work.view, b"1" * 16)) == [TOKEN, b"u" * 16]
    shares.change(work, TOKEN, b"1" * 16, b"another")
    assert shares.of_document(work.view, TOKEN)[b"1" * 16] == b"another"
    shares.drop(work, TOKEN, b"2" * 16)
    assert list(shares.of_document(work.view, TOKEN)) == [b"1" * 16]
    assert shares.of_document(work.view, b"u" * 16) == {b"1" * 16: b"share of " + b"1" * 16}
