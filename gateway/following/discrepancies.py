"""Send owners a correction request where merging found their facets to differ: exactly once each (R58).

A discrepancy is stored in the transaction of the answer that shows it; a background thread then submits it as an
ordinary notice. Sealed convictions cause no request: it would appear in lists that more people may read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from federation.background.loop import Loop
from federation.charter.envelope import GATEWAY, Signer, make_statement, open_statement
from federation.charter.model import Charter
from federation.merging.discrepancies import correction_requests
from federation.notices.requests import signing_role
from federation.statements.methods import SUBMIT_NOTICES
from federation.v1 import notice_pb2, query_pb2, record_pb2
from gateway.following.discrepancy_store import DiscrepancyStore
from gateway.prepared import Prepared
from gateway.relay.accepting import NoticeAcceptor
from server.journal.journal import Journal
from server.journal.work import Work

MOST_PER_PAGE = 100
#: Conflicts remembered in memory, so that showing a known one again costs nothing.
MOST_KNOWN = 10_000
OFFICER = "gateway"
_Key = tuple[object, ...]
_SEALED = (record_pb2.SEALING_STATUS_SEALED, record_pb2.SEALING_STATUS_WITHHELD)


class Discrepancies:
    """Notes discrepancies and sends them."""

    def __init__(
        self,
        *,
        accepting: NoticeAcceptor,
        journal: Journal,
        store: DiscrepancyStore,
        signer: Signer,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
        every_s: float = 2.0,
    ) -> None:
        self._accepting = accepting
        self._journal = journal
        self._store = store
        self._signer = signer
        self._charter = charter
        self._now = now
        self._known: OrderedDict[_Key, None] = OrderedDict()
        self._loop = Loop("discrepancies", self._send, every_s=every_s)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send in the background until the context ends."""
        with self._loop:
            yield

    def new(self, convictions: Sequence[query_pb2.MergedConviction]) -> list[query_pb2.MergedConviction]:
        """Return the convictions with conflicts that this process has not noted yet."""
        return [
            c
            for c in convictions
            if c.conflicts and c.sealing_status not in _SEALED and _key(c) not in self._known
        ]

    def prepared(self, convictions: Sequence[query_pb2.MergedConviction]) -> list[Prepared[bytes]]:
        """Return the correction requests to send, encrypted, for `note`."""
        return self._store.prepared(
            notice for conviction in convictions for notice in correction_requests(conviction)
        )

    def note(self, work: Work, prepared: Sequence[Prepared[bytes]]) -> None:
        """Store correction requests, in the transaction of the answer; those already stored stay unchanged."""
        self._store.add(work, prepared)

    def noted(self, convictions: Sequence[query_pb2.MergedConviction]) -> None:
        """Remember that these conflicts are stored durably, and wake the thread that sends the requests."""
        for conviction in convictions:
            self._known[_key(conviction)] = None
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        self._loop.wake()

    def _send(self) -> bool:
        """Submit one page; return True when more may wait. A request that this gateway refuses is not sent again."""
        with self._journal.reading() as view:
            waiting = self._store.waiting(view, MOST_PER_PAGE)
        if not waiting:
            return False
        contents = [each.content for each in waiting]
        digests = [each.digest for each in waiting]
        charter = self._charter()
        envelope = make_statement(
            signer=self._signer,
            federation=charter.federation,
            method=SUBMIT_NOTICES,
            destination=GATEWAY,
            officer=OFFICER,
            body=notice_pb2.NoticePage(notices=digests).SerializeToString(deterministic=True),
            charter_version=charter.version,
            now=self._now(),
        )
        consignment = notice_pb2.Consignment(envelope=envelope, notices=contents)
        opened = open_statement(
            envelope,
            charter,
            method=SUBMIT_NOTICES,
            destination=GATEWAY,
            role=signing_role(envelope, charter, contents),
            now=self._now(),
        )
        self._accepting.submit(consignment, opened)

        self._journal.run(lambda work: self._store.sent(work, digests), yields=True)
        return len(waiting) == MOST_PER_PAGE


def _key(conviction: query_pb2.MergedConviction) -> _Key:
    """Return the key by which a conflict is recognised: its record versions and fields."""
    facets = (part for f in conviction.facets for part in (f.node, f.record_id, f.version))
    return (*facets, *(conflict.field for conflict in conviction.conflicts))
