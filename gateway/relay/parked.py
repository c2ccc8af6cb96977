"""Show parked notices and documents to the gateway's own officers, and send them again when an officer decides so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from federation.errors import FieldViolation, InvalidRequest
from federation.evidence.entry import EntryKind, Value
from federation.record.texts import text_violations
from federation.v1 import parked_pb2 as pb
from federation.values.clock import stamp
from federation.values.written import written_violations
from gateway.relay.parked_store import ParkedStore
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act

#: Items in one page.
MOST_ITEMS = 200


class Parked:
    """The officers' view of parked notices and documents at one gateway."""

    def __init__(
        self,
        *,
        journal: Journal,
        store: ParkedStore,
        now: Callable[[], datetime],
        notices: Callable[[frozenset[str]], None],
        documents: Callable[[frozenset[str]], None],
    ) -> None:
        """`notices` and `documents` are called after the commit with the nodes to which items are sent again."""
        self._journal = journal
        self._store = store
        self._now = now
        self._wake_notices = notices
        self._wake_documents = documents

    def listed(self, page: pb.ParkedPage, act: Act) -> tuple[list[pb.ParkedItem], bool]:
        """Return a page of parked items, and whether there are more; the look is logged."""
        if not 1 <= page.limit <= MOST_ITEMS:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_ITEMS}")

        def command(work: Work) -> list[list[pb.ParkedItem]]:
            found = [
                [*self._store.notices(work.view, page.node, page.limit + 1)],
                [*self._store.documents(work.view, page.node, page.limit + 1)],
            ]
            self._log(work, EntryKind.PARKED_SHOWN, act, items=sum(map(len, found)))
            return found

        found = self._journal.run(command, onces=[act.once]).value
        items = [item for each in found for item in each[: page.limit]]
        return items, any(len(each) > page.limit for each in found)

    def again(self, wanted: pb.ParkedAgain, act: Act) -> list[pb.ParkedItem]:
        """Send items again and return those of them that were parked; durable and logged when this returns."""
        faults = [*_faults(wanted)]
        if faults:
            raise InvalidRequest(faults)

        def command(work: Work) -> list[pb.ParkedItem]:
            moved = [item for item in wanted.items if self._store.move(work, item)]
            names = [f"{i.node} {i.WhichOneof('what')} {(i.notice or i.document).hex()}" for i in moved]
            self._log(work, EntryKind.PARKED_AGAIN, act, items=names, reason=wanted.reason)
            return moved

        moved = self._journal.run(command, onces=[act.once]).value
        self._wake_notices(frozenset(item.node for item in moved if item.notice))
        self._wake_documents(frozenset(item.node for item in moved if item.document))
        return moved

    def _log(self, work: Work, kind: EntryKind, act: Act, **fields: Value) -> None:
        act.insist_first(work)
        act.log(work, kind, at=stamp(self._now()), **fields)


def _faults(wanted: pb.ParkedAgain) -> Iterator[FieldViolation]:
    if not 1 <= len(wanted.items) <= MOST_ITEMS:
        yield FieldViolation("items", "SIZE", f"name 1 to {MOST_ITEMS}: send more in further requests")
    for number, item in enumerate(wanted.items[:MOST_ITEMS]):
        if len(item.notice or item.document) != 32:
            yield FieldViolation(f"items[{number}]", "FORMAT", "name a notice or a document by its SHA-256")
        yield from text_violations(f"items[{number}].node", item.node, limit=64)
        yield from text_violations(f"items[{number}].sender", item.sender, limit=64)
    missing = ("R66", "say what was mended, or why it should go through now")
    yield from written_violations("reason", wanted.reason, missing=missing)
