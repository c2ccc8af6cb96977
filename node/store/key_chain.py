"""The former data keys of a record: each is encrypted under the one that followed it.

Each version that is sealed, withheld or withdrawn gets a new key, so that who has the key of the record's open time
(from an old copy of the database and `wrap.key`) can read no such version. The newest key reads the whole history.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import insert, select

from node.store.schema import former_key
from server.journal.cipher import Cipher
from server.journal.work import View, Work


@dataclass(frozen=True, slots=True)
class DataKey:
    """The data key of a version, and the former one under it if this version begins a new key."""

    key: bytes
    former: bytes | None = None

    @classmethod
    def after(cls, former: bytes, record_id: bytes, version: int) -> DataKey:
        """Return a new key that begins with `version`, and keeps the former one."""
        key = os.urandom(32)
        return cls(key, Cipher(key).lock(former, _place(record_id, version)))


@dataclass(frozen=True, slots=True)
class Span:
    """A data key, and the first version that it encrypts."""

    first: int
    key: bytes


def keep_former(work: Work, record_id: bytes, version: int, former: bytes) -> None:
    """Keep the former key of a record whose new one begins with `version`."""
    row = {"record_id": record_id, "version": version, "body": former}
    work.view.execute(insert(former_key), row)


def spans(view: View, record_id: bytes, newest: bytes) -> Iterator[Span]:
    """Yield the record's data keys, from the newest back; raises `Corrupt`."""
    query = (
        select(former_key.c.version, former_key.c.body)
        .where(former_key.c.record_id == record_id)
        .order_by(former_key.c.version.desc())
    )
    key = newest
    for version, body in view.execute(query).all():
        yield Span(version, key)
        key = Cipher(key).unlock(bytes(body), _place(record_id, version))
    yield Span(0, key)


def _place(record_id: bytes, version: int) -> bytes:
    return b"former_key" + record_id + version.to_bytes(4, "big")
