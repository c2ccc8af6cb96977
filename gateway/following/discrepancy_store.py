"""The store of correction requests to send: encrypted, keyed by digest so that each is sent only once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import notice_pb2
from gateway.following.schema import discrepancy
from gateway.prepared import Prepared
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_INSERT = insert(discrepancy).on_conflict_do_nothing()


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A correction request that has yet to be sent: its SHA-256, and the notice as it will be signed."""

    digest: bytes
    content: bytes


class DiscrepancyStore:
    """Keeps correction requests; of a request that was sent, only the digest stays."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def prepared(self, notices: Iterable[notice_pb2.Notice]) -> list[Prepared[bytes]]:
        """Return notices encrypted, for `add`, each with its digest: to be made before the transaction."""
        found = list[Prepared[bytes]]()
        for notice in notices:
            content = notice.SerializeToString(deterministic=True)
            digest = hashlib.sha256(content).digest()
            body = self._box.lock(content, b"discrepancy" + digest)
            found.append(Prepared(digest, {"digest": digest, "sent": False, "body": body}))
        return found

    def add(self, work: Work, prepared: Sequence[Prepared[bytes]]) -> None:
        """Store requests to send; those already stored, sent or not, stay unchanged."""
        if prepared:
            work.view.execute(_INSERT, [each.row for each in prepared])

    def waiting(self, view: View, most: int) -> list[WaitingRequest]:
        """Return at most `most` requests that have yet to be sent."""
        query = select(discrepancy).where(discrepancy.c.sent.is_(False)).limit(most)
        return [
            WaitingRequest(digest, self._box.unlock(bytes(row.body), b"discrepancy" + digest))
            for row in view.execute(query).all()
            for digest in (bytes(row.digest),)
        ]

    def sent(self, work: Work, digests: Collection[bytes]) -> None:
        """Mark requests as sent, and erase their content."""
        done = update(discrepancy).where(discrepancy.c.digest.in_(digests))
        work.view.execute(done.values(sent=True, body=b""))
