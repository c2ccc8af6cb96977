"""Nodes' signed acknowledgements and objections as this gateway keeps them: encrypted, until the proposer has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Connection,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from federation.statements.seals import key_of
from federation.v1 import sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from gateway.sealing.proposals import place_of
from gateway.sealing.schema import sealing_word
from server.journal.cipher import Cipher

# With a literal, so that SQLite uses the index of what waits.
_WAITING = (
    select(sealing_word)
    .where(sealing_word.c.proposer == bindparam("its"), text("told = 0"))
    .limit(bindparam("most"))
)
_DELIVERED = (
    update(sealing_word)
    .where(
        sealing_word.c.key == bindparam("its"),
        sealing_word.c.node == bindparam("whose"),
        sealing_word.c.stance == bindparam("which"),
    )
    .values(told=True, body=b"")
)
_UNDELIVERED = select(sealing_word.c.node, sealing_word.c.key).where(
    sealing_word.c.proposer == bindparam("its"), text("told = 0")
)
_NEW = insert(sealing_word)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=[sealing_word.c.key, sealing_word.c.node, sealing_word.c.stance],
    set_={"body": _NEW.excluded.body, "told": False},
)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One node's signed acknowledgement of a proposal, or objection to it, for the installation that proposed."""

    key: str
    node: str
    stance: int
    proposer: str
    envelope: Envelope

    @classmethod
    def of(cls, content: sealing_pb2.SealingAcknowledgement, envelope: Envelope) -> Acknowledgement:
        """Return what `envelope`, verified, says in `content`."""
        key = key_of(content.proposer, content.proposal_id)
        return cls(key, content.node, int(content.stance), content.proposer, envelope)


class Acknowledgements:
    """The store of acknowledgements and objections."""

    def __init__(self, *, key: bytes) -> None:
        self._key = Cipher(key, of="an acknowledgement on its way")

    def rows(self, acknowledgements: Iterable[Acknowledgement]) -> list[dict[str, object]]:
        """Return the rows for `keep`, encrypted: to be made before the transaction."""
        return [
            {
                "key": each.key,
                "node": each.node,
                "stance": each.stance,
                "proposer": each.proposer,
                "body": self._key.lock(
                    each.envelope.SerializeToString(), place_of("sealing_word", each.node, each.key)
                ),
                "told": False,
            }
            for each in acknowledgements
        ]

    def keep(self, connection: Connection, rows: Sequence[dict[str, object]]) -> None:
        """Keep them for their proposers; a node's newest of a kind counts."""
        if rows:
            connection.execute(_KEEP, rows)

    def waiting(self, connection: Connection, proposer: str, most: int) -> Sequence[Acknowledgement]:
        """Return what waits for `proposer`, at most so many."""
        found = []
        for row in connection.execute(_WAITING, {"its": proposer, "most": most}).all():
            clear = self._key.unlock(bytes(row.body), place_of("sealing_word", row.node, row.key))
            found.append(Acknowledgement(row.key, row.node, row.stance, proposer, Envelope.FromString(clear)))
        return found

    def undelivered(self, connection: Connection, proposer: str) -> frozenset[tuple[str, str]]:
        """Return (node, proposal) of what waits for `proposer`."""
        return frozenset((node, key) for node, key in connection.execute(_UNDELIVERED, {"its": proposer}))

    def delivered(self, connection: Connection, acknowledgements: Iterable[Acknowledgement]) -> None:
        """Mark what its proposer has durably, and erase its content."""
        rows = [{"its": each.key, "whose": each.node, "which": each.stance} for each in acknowledgements]
        if rows:
            connection.execute(_DELIVERED, rows)
