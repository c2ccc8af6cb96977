"""This node's spreading seals that concern the persons of a question; they go with the answer (R45).

A gateway must have a proposal before it believes another holder's answer about the same person. So a node adds to
each answer, and to each refusal, its spreading proposals about the subject, about the persons of its own answer and
about further persons whom the gateway names, and states whether any seal spreads. All this is outside the signed part.
"""

from __future__ import annotations

from collections.abc import Iterable

from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.v1 import sealing_pb2
from federation.values.clock import stamp
from node.register.acts import Register
from node.sealing import change_store, spreading_store
from node.sealing.outbox import ProposalOutbox
from server.journal.work import Work
from server.opening import Act

#: Proposals of a page of `ListSpreading`.
MOST_LISTED = 256


class SpreadingSeals:
    """Reads spreading seals; before that, makes the proposals of new seals that concern a question."""

    def __init__(self, *, register: Register, outbox: ProposalOutbox) -> None:
        self._journal = register.journal
        self._sealer = register.sealer
        self._links = register.links
        self._now = register.now
        self._outbox = outbox

    def anything(self) -> bool:
        """Return whether any seal spreads, whomever it concerns."""
        with self._journal.reading() as view:
            return spreading_store.anything_spreads(view)

    def about(self, digests: Iterable[bytes]) -> list[sealing_pb2.Proposed]:
        """Return the spreading proposals about these persons and judgments, or others merged with the persons.

        If there are more than may go with an answer, one too many is returned: the gateway takes that for no answer.
        """
        tokens = self._links.expand(self._sealer.digest_tokens(digests))
        with self._journal.reading() as view:
            unmade = change_store.of_persons(view, tokens)
        if unmade:
            self._outbox.make(unmade)
        with self._journal.reading() as view:
            return self._outbox.issued(view, spreading_store.about(view, tokens))

    def page(self, query: sealing_pb2.SpreadingQuery, act: Act) -> tuple[list[sealing_pb2.Proposed], str]:
        """Return a page of proposals that some node has yet to acknowledge, and the key after which to go on.

        A gateway asks for it when it starts. Seals that are no proposals yet are left out: they will go to every
        gateway. The page is logged before it leaves. Raises `InvalidRequest` or `Replayed`.
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
            work.log.defer(EntryKind.PROPOSED, at=at, once=act.once, by=by, listed=len(found))

        self._journal.run(command)
        return found, keys[-1] if len(keys) == query.limit else ""
