"""The store of the highest head of each node's log, with what proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import insert, or_, select
from sqlalchemy.dialects.sqlite import insert as insert_or_update

from federation.evidence.acceptance import Acceptance
from federation.evidence.heads import Known
from federation.v1.envelope_pb2 import Envelope
from federation.values.heads import Head
from gateway.continuity.schema import log_acceptance, node_head
from gateway.strongbox import Strongbox
from server.journal.work import View, Work

_NEW = insert_or_update(node_head)
#: Written once for all questions of a transaction; a lower head never takes the place of a higher one.
_HIGHEST = _NEW.on_conflict_do_update(
    index_elements=[node_head.c.node],
    set_={c.name: _NEW.excluded[c.name] for c in node_head.c if c.name != "node"},
    where=or_(
        _NEW.excluded.accepted_at > node_head.c.accepted_at,
        (_NEW.excluded.accepted_at == node_head.c.accepted_at) & (_NEW.excluded.size > node_head.c.size),
    ),
)


class HeadStore:
    """Keeps one head for each node, and every acceptance."""

    def __init__(self, *, strongbox: Strongbox) -> None:
        self._box = strongbox

    def keep(self, work: Work, known: Known) -> None:
        """Keep a head unless a higher one is kept."""
        work.add(
            _HIGHEST,
            {
                "node": known.node,
                "accepted_at": known.rank[0],
                "size": known.head.size,
                "root": known.head.root,
                "signed_at": known.signed_at,
                "page": known.page.SerializeToString() if known.page else b"",
                "salt": known.salt,
            },
        )

    def accept(self, work: Work, acceptance: Acceptance) -> None:
        """Keep an acceptance that is new here."""
        place = f"log_acceptance {acceptance.node} {acceptance.at}".encode()
        body = self._box.lock(acceptance.envelope.SerializeToString(), place)
        row = {"node": acceptance.node, "accepted_at": acceptance.at, "body": body}
        work.view.execute(insert(log_acceptance), row)

    def acceptances(self, view: View) -> Iterator[Envelope]:
        """Yield every acceptance, of each node the oldest first."""
        query = select(log_acceptance).order_by(log_acceptance.c.node, log_acceptance.c.accepted_at)
        for row in view.execute(query):
            place = f"log_acceptance {row.node} {row.accepted_at}".encode()
            yield Envelope.FromString(self._box.unlock(bytes(row.body), place))

    def heads(self, view: View, acceptance: Callable[[str], Acceptance | None]) -> Iterator[Known]:
        """Yield the head of each node, with its newest acceptance as `acceptance` gives it."""
        for row in view.execute(select(node_head)):
            page = Envelope.FromString(bytes(row.page)) if row.page else None
            head = Head(row.size, bytes(row.root))
            yield Known(row.node, head, row.signed_at, page, bytes(row.salt), acceptance(row.node))
