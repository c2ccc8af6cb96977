"""A store of documents as a contract suite takes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from federation.charter.model import Charter
from federation.v1 import notice_pb2
from federation.v1 import stored_document_pb2 as pb
from server.journal.cipher import Cipher
from server.journal.engine import open_sqlite
from server.journal.log import PendingEntries
from server.journal.migrating import Schema, bring_up_to_date
from server.journal.work import Work

REGISTERED = notice_pb2.NOTICE_STAGE_REGISTERED


@contextmanager
def transaction(folder: Path, schema: Schema) -> Iterator[Work]:
    engine = open_sqlite(folder / "store.db")
    with engine.begin() as connection:
        bring_up_to_date(connection, schema)
    with engine.begin() as connection:
        yield Work(connection, PendingEntries(Cipher(bytes(32))), cast("Charter", None))
    engine.dispose()


def content_of(text: bytes) -> pb.DocumentContent:
    return pb.DocumentContent(
        sha256=hashlib.sha256(text).digest(), size=len(text), media_type="application/pdf"
    )
