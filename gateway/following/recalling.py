"""Turn nodes' reports of superseded records into one recall for each answer that disclosed them.

An answer that disclosed nothing is never recalled, and no recall says which node caused it: below full granularity
the asker never learned which agency holds what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from federation.charter.model import Charter
from federation.errors import InvalidRequest, PermissionDenied
from federation.evidence.entry import EntryKind
from federation.notices.due import recall_due
from federation.statements.recalls import MOST_RECALLS, SAYS
from federation.v1 import notice_pb2, recall_pb2
from federation.values.clock import legal_day, stamp
from federation.values.hexadecimal import read_hex
from gateway.following.disclosed_store import DisclosedAnswers
from gateway.following.recall_store import Cause, RecallStore
from gateway.prepared import Prepared
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act


class RecallMaker:
    """Makes recalls of answers."""

    def __init__(
        self,
        *,
        disclosed: DisclosedAnswers,
        store: RecallStore,
        journal: Journal,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._disclosed = disclosed
        self._store = store
        self._journal = journal
        self._charter = charter
        self._now = now

    def hand_in(self, page: recall_pb2.SupersededPage, act: Act) -> list[int]:
        """Accept a page of a node, durably; return the positions of the items that the node must send again.

        Raises `PermissionDenied` for a node that the charter does not describe, `InvalidRequest`, `Replayed`.
        """
        superseded = list(_sound(page))
        nodes = [str(n.name) for n in self._charter().nodes if n.installation == act.installation]
        if not nodes:
            raise PermissionDenied(f"the charter describes no node {act.installation}")
        now = self._now()
        under_way = [n for n, (request, _) in enumerate(superseded) if self._disclosed.under_way(request)]
        causes = list(self._causes(superseded, {*under_way}, nodes[0], now))

        def command(work: Work) -> list[int]:
            act.insist_first(work)
            new = sum(self._store.add(work, cause) for cause in causes)
            work.log.defer(
                EntryKind.RECALLED,
                at=stamp(now),
                once=act.once,
                by=str(act.installation),
                told=len(superseded),
                recalls=new,
            )
            return under_way

        return self._journal.run(command, yields=True).value

    def _causes(
        self, superseded: Sequence[tuple[bytes, bytes]], but: set[int], node: str, now: datetime
    ) -> Iterator[Prepared[Cause]]:
        """Yield a recall, encrypted, for each answer that disclosed a record of this node; answers stay unchanged."""
        with self._journal.reading() as view:
            for position, (request, record_id) in enumerate(superseded):
                disclosed = None if position in but else self._disclosed.of(view, request)
                if disclosed is not None and (node, record_id.hex()) in {
                    (f.node, f.record_id) for f in disclosed.shown
                }:
                    yield self._store.prepared(self._cause(node, record_id, disclosed, now))

    def _cause(self, node: str, record_id: bytes, disclosed: recall_pb2.ToldAnswer, now: datetime) -> Cause:
        made = disclosed.recall
        made.recall_id, made.says, made.recalled_at = uuid4().hex, SAYS, stamp(now)
        made.due_on = recall_due(legal_day(now)).isoformat()
        return Cause(node, record_id, disclosed.member, made)

    def figures(self) -> list[notice_pb2.RecallRow]:
        """Return how many recalls each member has, and how many are overdue (R66)."""
        today = legal_day(self._now()).isoformat()
        with self._journal.reading() as view:
            return self._store.figures(view, today)


def _sound(page: recall_pb2.SupersededPage) -> Iterable[tuple[bytes, bytes]]:
    if not 1 <= len(page.told) <= MOST_RECALLS:
        raise InvalidRequest.of("told", "SIZE", f"a page holds 1 to {MOST_RECALLS}")
    for number, each in enumerate(page.told):
        try:
            record_id = read_hex(each.record_id, 16)
        except ValueError as error:
            raise InvalidRequest.of(f"told[{number}].record_id", "FORMAT", str(error)) from None
        if len(each.request_digest) != 32:
            raise InvalidRequest.of(f"told[{number}].request_digest", "FORMAT", "is no SHA-256")
        yield each.request_digest, record_id
