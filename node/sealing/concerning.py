"""Which of this node's spreading seals concern the persons of a question: they go with the answer to it (R45).

A gateway must have a proposal before it believes another holder's answer about the same person. So a node adds to
each answer, outside what is signed and with refusals too, its spreading proposals about the subject, about the
persons of its own answer and about further persons whom the gateway names, and says whether anything spreads at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.v1 import sealing_pb2
from federation.values.clock import stamp
from node.register.acts import Desk
from node.sealing import change_store, spreading_store
from node.sealing.outbox import Outbox
from server.journal.work import Work
from server.opening import Act

#: Proposals of a page of `ListSpreading`.
MOST_LISTED = 256


class SpreadingSeals:
    """Reads what spreads; makes proposals of what was sealed a moment ago and concerns a question."""

    def __init__(self, *, desk: Desk, outbox: Outbox) -> None:
        self._journal = desk.journal
        self._sealer = desk.sealer
        self._links = desk.links
        self._now = desk.now
        self._outbox = outbox

    def anything(self) -> bool:
        """Say whether anything spreads, whoever it concerns."""
        with self._journal.reading() as view:
            return spreading_store.anything_spreads(view)

    def about(self, digests: Iterable[bytes]) -> list[sealing_pb2.Proposed]:
        """Return the spreading proposals about these persons, or others that officers merged with them.

        Where there are more than go with an answer it is one too many, which the gateway takes for no answer.
        """
        tokens = self._links.expand(self._sealer.digest_tokens(digests))
        with self._journal.reading() as view:
            unmade = change_store.of_persons(view, tokens)
        if unmade:
            self._outbox.make(unmade)
        with self._journal.reading() as view:
            return self._outbox.issued(view, spreading_store.about(view, tokens))

    def page(self, query: sealing_pb2.SpreadingQuery, act: Act) -> tuple[list[sealing_pb2.Proposed], str]:
        """Return a page of what some node has yet to acknowledge, for a gateway that starts, and where to go on.

        What was sealed and is no proposal yet is left out: every gateway is still awaited for it. The page is
        entered in the log before it leaves. Raises `InvalidRequest` or `Replayed`.
        """
        if not 1 <= query.limit <= MOST_LISTED:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_LISTED} proposals a page")
        with self._journal.reading() as view:
            keys = spreading_store.awaiting(view, query.after, query.limit)
            found = self._outbox.issued(view, keys)

        def command(work: Work) -> None:
            act.insist_first(work)
            at = stamp(self._now())
            by = str(act.installation)
            work.log.append(EntryKind.PROPOSED, at=at, once=act.once, by=by, listed=len(found))

        self._journal.run(command)
        return found, keys[-1] if len(keys) == query.limit else ""
