"""Storage of merges: their steps, insert-only and encrypted; the current state is computed from them."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from federation.errors import NotFound
from federation.v1 import identity_pb2 as pb
from node.register.links_schema import merge_event, person_link
from server.journal.cipher import Cipher
from server.journal.work import View, Work


class MergeStore:
    """Reads and writes merges under the node's key."""

    def __init__(self, *, key: bytes) -> None:
        self._key = Cipher(key)

    def ids(self, view: View) -> list[bytes]:
        """Return the id of every merge."""
        found = view.execute(select(merge_event.c.merge_id).distinct()).scalars()
        return [bytes(merge_id) for merge_id in found]

    def read(self, view: View, merge_id: bytes) -> pb.PersonMerge:
        """Return a merge with every step, oldest first; raises `NotFound`."""
        query = select(merge_event).where(merge_event.c.merge_id == merge_id).order_by(merge_event.c.version)
        events = [
            pb.MergeEvent.FromString(self._key.unlock(bytes(row.body), _place(merge_id, row.version)))
            for row in view.execute(query)
        ]
        if not events:
            raise NotFound("no merge of that id can be shown: take the id from the list of merges")
        links = select(func.count()).where(person_link.c.merge_id == merge_id)
        return pb.PersonMerge(
            merge_id=merge_id.hex(),
            version=events[-1].version,
            stands=bool(view.execute(links).scalar_one()),
            events=events,
        )

    def write(self, work: Work, merge_id: bytes, event: pb.MergeEvent) -> bytes:
        """Keep a step; return its bytes in clear, for its digest."""
        clear = event.SerializeToString(deterministic=True)
        body = self._key.lock(clear, _place(merge_id, event.version))
        values = {"merge_id": merge_id, "version": event.version, "body": body}
        work.view.execute(insert(merge_event), values)
        return clear


def _place(merge_id: bytes, version: int) -> bytes:
    return b"merge_event" + merge_id + version.to_bytes(4, "big")
