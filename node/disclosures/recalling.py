"""Report superseded disclosures to the gateway that asked; the gateway notifies the recipients (R45).

Only the record and the question are named, never the cause: a correction, a withdrawal and a seal look alike.
"""

from __future__ import annotations

import logging
from functools import partial

from federation.background.backoff import Backoffs
from federation.errors import NotFound
from federation.statements.methods import HAND_IN_RECALLS
from federation.transport.status import understood
from federation.v1 import recall_pb2, recall_pb2_grpc
from node.disclosures.waiting_store import Superseded, gateways_to_tell, handed_in, waiting_for
from server.handing import DEADLINE_S, LONGEST_PAUSE_S, PageSender, Sender
from server.journal.journal import Journal

_LOGGER = logging.getLogger(__name__)
MOST_PER_PAGE = 200


class RecallReporter(PageSender):
    """Reports superseded answers to gateways."""

    what = "recalls"

    def __init__(self, *, journal: Journal, sender: Sender) -> None:
        super().__init__(sender=sender)
        self._journal = journal
        self._lamented: set[str] = set()
        self._backoffs = Backoffs("recalls for", longest_s=LONGEST_PAUSE_S)

    def _lament(self, via: str) -> None:
        """Warn once that disclosures made through this gateway cannot be recalled through it (operations.md)."""
        if via not in self._lamented:
            self._lamented.add(via)
            _LOGGER.warning("recalls wait for %s, which the charter names no more: tell the members", via)

    def _hand_page(self) -> bool:
        with self._journal.reading() as view:
            pages = {via: waiting_for(view, via, MOST_PER_PAGE) for via in gateways_to_tell(view)}
        taken: list[int] = []
        for via, rows in pages.items():
            if via not in {str(g.installation) for g in self._sender.charter().gateways}:
                self._lament(via)
            else:  # the other gateways must not wait for this one
                self._backoffs.attempt(via, partial(self._report, via, rows, taken))
        return MOST_PER_PAGE in taken

    def _report(self, via: str, rows: list[Superseded], taken: list[int]) -> None:
        """Hand these rows in, note which were taken, and add their number to `taken`."""
        done = self._hand_in(via, rows)
        self._journal.run(lambda work: handed_in(work, done), yields=True)
        taken.append(len(done))

    def _hand_in(self, via: str, rows: list[Superseded]) -> list[Superseded]:
        """Send these rows to their gateway and return those that it took.

        The others belong to questions that are still being answered.
        """
        charter = self._sender.charter()
        gateway = next((g for g in charter.gateways if str(g.installation) == via), None)
        if gateway is None:
            raise NotFound(f"the charter names no gateway {via}")
        page = recall_pb2.SupersededPage(
            told=[
                recall_pb2.Superseded(request_digest=row.request, record_id=row.record_id.hex())
                for row in rows
            ]
        )
        envelope = self._sender.statement(HAND_IN_RECALLS, page.SerializeToString())
        with understood(), self._sender.connect(gateway, charter) as channel:
            stub = recall_pb2_grpc.RecallServiceStub(channel)
            response = stub.HandIn(recall_pb2.HandInRequest(envelope=envelope), timeout=DEADLINE_S)
        under_way = {*response.under_way}
        return [row for number, row in enumerate(rows) if number not in under_way]
