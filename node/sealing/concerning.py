"""Which of this node's spreading seals concern the persons of a question: they go with the answer to it (R45).

A gateway must have a proposal before it believes another holder's answer about the same person. So a node adds to
each answer, outside what is signed and with refusals too, its spreading proposals about the subject, about the
persons of its own answer and about further persons whom the gateway names, and says whether anything spreads at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row, bindparam, select

from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.statements.seals import MOST_WITH_ANSWER
from federation.v1 import sealing_pb2
from federation.values.clock import stamp
from node.register.acts import Desk
from node.sealing import proposed
from node.sealing.outbox import Outbox
from node.store.schema import (
    sealed_token,
    sealing_awaited,
    sealing_proposed,
    sealing_spread,
    sealing_spreading,
)
from server.journal.work import Work
from server.opening import Act

#: Proposals of a page of `ListSpreading`.
MOST_LISTED = 256
_KEYS = (
    select(sealing_spreading.c.key)
    .where(sealing_spreading.c.token.in_(bindparam("tokens", expanding=True)))
    .distinct()
    .limit(MOST_WITH_ANSWER + 1)
)
_PROPOSED = select(sealing_proposed).where(sealing_proposed.c.body.is_not(None))


class SpreadingSeals:
    """Reads what spreads; makes proposals of what was sealed a moment ago and concerns a question."""

    def __init__(self, *, desk: Desk, outbox: Outbox) -> None:
        self._journal = desk.journal
        self._engine = desk.journal.engine
        self._sealer = desk.sealer
        self._links = desk.links
        self._now = desk.now
        self._outbox = outbox

    def anything(self) -> bool:
        """Say whether anything spreads, whoever it concerns."""
        with self._engine.connect() as connection:
            return proposed.anything_spreads(connection)

    def about(self, digests: Iterable[bytes]) -> list[sealing_pb2.Proposed]:
        """Return the spreading proposals about these persons, or others that officers merged with them.

        Where there are more than go with an answer it is one too many, which the gateway takes for no answer.
        """
        tokens = self._links.expand(self._sealer.digest_tokens(digests))
        with self._engine.connect() as connection:
            unmade = _unmade(connection, tokens)
        if unmade:
            self._outbox.make(unmade)
        with self._engine.connect() as connection:
            keys = list(connection.execute(_KEYS, {"tokens": tokens}).scalars())
            return self._issued(connection, keys)

    def page(self, query: sealing_pb2.SpreadingQuery, act: Act) -> tuple[list[sealing_pb2.Proposed], str]:
        """Return a page of what some node has yet to acknowledge, for a gateway that starts, and where to go on.

        What was sealed and is no proposal yet is left out: every gateway is still awaited for it. The page is
        entered in the log before it leaves. Raises `InvalidRequest` or `Replayed`.
        """
        if not 1 <= query.limit <= MOST_LISTED:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_LISTED} proposals a page")
        key = sealing_awaited.c.key
        listed = select(key).where(key > query.after).distinct().order_by(key).limit(query.limit)
        with self._engine.connect() as connection:
            keys = list(connection.execute(listed).scalars())
            found = self._issued(connection, keys)

        def command(work: Work) -> None:
            act.insist_first(work)
            at = stamp(self._now())
            by = str(act.installation)
            work.log.append(EntryKind.PROPOSED, at=at, once=act.once, by=by, listed=len(found))

        self._journal.run(command)
        return found, keys[-1] if len(keys) == query.limit else ""

    def _issued(self, connection: Connection, keys: Sequence[str]) -> list[sealing_pb2.Proposed]:
        if not keys:
            return []
        rows: Sequence[Row[tuple[object, ...]]] = connection.execute(
            _PROPOSED.where(sealing_proposed.c.key.in_(keys)).order_by(sealing_proposed.c.key)
        ).all()
        return list(self._outbox.issue(connection, rows).values())


def _unmade(connection: Connection, tokens: Sequence[bytes]) -> set[bytes]:
    """Return the records of these persons that were sealed and of which no proposal has been made yet."""
    if connection.execute(select(sealing_spread.c.record_id).limit(1)).first() is None:
        return set()
    found = select(sealing_spread.c.record_id).where(
        sealing_spread.c.record_id.in_(
            select(sealed_token.c.record_id).where(sealed_token.c.token.in_(tokens))
        )
    )
    return {bytes(record_id) for record_id in connection.execute(found).scalars()}
