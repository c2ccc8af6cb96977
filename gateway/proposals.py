"""Sealing proposals and nodes' words on them as this gateway keeps them: encrypted, until they are delivered."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from federation.seals import key_of
from federation.v1 import sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from gateway.held import metadata

sealing_proposal = Table(
    "sealing_proposal",
    metadata,
    Column("node", String(64), primary_key=True),
    # The name that `federation.seals` gives a proposal among those of all proposers.
    Column("key", String(32), primary_key=True),
    # The installation that proposes; empty for this gateway itself.
    Column("proposer", String(128), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
)
#: Acknowledgements and objections on their way to the proposer.
sealing_word = Table(
    "sealing_word",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("node", String(64), primary_key=True),
    Column("stance", Integer, primary_key=True, autoincrement=False),
    Column("proposer", String(128), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("told", Boolean, nullable=False),
)
Index("sealing_proposal_waiting", sealing_proposal.c.node, sqlite_where=text("acknowledged = 0"))
Index("sealing_word_waiting", sealing_word.c.proposer, sqlite_where=text("told = 0"))
_NONCE: Final = 12
# With literals, so that SQLite uses the indexes of what waits.
_WAITING = select(sealing_proposal).where(
    sealing_proposal.c.node == bindparam("its"), text("acknowledged = 0")
)
_WORDS = select(sealing_word).where(sealing_word.c.proposer == bindparam("its"), text("told = 0"))
_TOLD = (
    update(sealing_word)
    .where(
        sealing_word.c.key == bindparam("its"),
        sealing_word.c.node == bindparam("whose"),
        sealing_word.c.stance == bindparam("which"),
    )
    .values(told=True, body=b"")
)
_NEW = insert(sealing_proposal)
_PROPOSE_AGAIN = _NEW.on_conflict_do_update(
    index_elements=[sealing_proposal.c.node, sealing_proposal.c.key],
    set_={"body": _NEW.excluded.body, "acknowledged": False},
)
_NEW_WORD = insert(sealing_word)
_KEEP_WORD = _NEW_WORD.on_conflict_do_update(
    index_elements=[sealing_word.c.key, sealing_word.c.node, sealing_word.c.stance],
    set_={"body": _NEW_WORD.excluded.body, "told": False},
)


@dataclass(frozen=True, order=True, slots=True)
class Withheld:
    """A version of a record that this gateway withholds although its holder shows it."""

    node: str
    record_id: str
    version: int
    rule: str

    def proposal(self) -> Addressed:
        """Return what is proposed to the holder: a version once, and again should facts still disagree later."""
        name = hashlib.sha256(f"{self.node}/{self.record_id}/{self.version}".encode()).hexdigest()[:32]
        proposal = sealing_pb2.SealingProposal(proposal_id=name, rule=self.rule, record_id=self.record_id)
        return Addressed(self.node, key_of("", name), "", sealing_pb2.Proposed(gateway=proposal))


@dataclass(frozen=True, slots=True)
class Addressed:
    """A proposal for one node; `proposer` is the installation that makes it, or empty for this gateway."""

    node: str
    key: str
    proposer: str
    proposed: sealing_pb2.Proposed


@dataclass(frozen=True, slots=True)
class Word:
    """One node's signed word on a proposal, for whoever proposed."""

    key: str
    node: str
    stance: int
    proposer: str
    envelope: Envelope


class Proposals:
    """The store of proposals and words."""

    def __init__(self, *, key: bytes) -> None:
        self._key = AESGCM(key)

    def add(self, connection: Connection, addressed: Iterable[Addressed]) -> None:
        """Keep each proposal for the node it is addressed to.

        What this gateway proposed itself stays as it is kept already; what a node proposes again is sent again.
        """
        mine: list[dict[str, object]] = []
        others: list[dict[str, object]] = []
        for each in addressed:
            row = {
                "node": each.node,
                "key": each.key,
                "proposer": each.proposer,
                "body": self._sealed(
                    each.proposed.SerializeToString(), "sealing_proposal", each.node, each.key
                ),
                "acknowledged": False,
            }
            (others if each.proposer else mine).append(row)
        if mine:
            connection.execute(insert(sealing_proposal).on_conflict_do_nothing(), mine)
        if others:
            connection.execute(_PROPOSE_AGAIN, others)

    def waiting(self, connection: Connection, node: str, most: int) -> Sequence[Addressed]:
        """Return what waits for `node`, at most so many."""
        found = []
        for row in connection.execute(_WAITING.limit(most), {"its": node}):
            clear = self._opened(bytes(row.body), "sealing_proposal", node, row.key)
            found.append(Addressed(node, row.key, row.proposer, sealing_pb2.Proposed.FromString(clear)))
        return found

    def nodes_waited_for(self, connection: Connection) -> Sequence[str]:
        """Return the nodes for which anything waits."""
        table = sealing_proposal
        query = select(table.c.node).where(text("acknowledged = 0")).distinct()
        return list(connection.execute(query).scalars())

    def acknowledged(self, connection: Connection, node: str, keys: Iterable[str]) -> None:
        """Mark what `node` has acknowledged and erase its content: nothing here lists sealed persons."""
        table = sealing_proposal
        connection.execute(
            update(table)
            .where(table.c.node == node, table.c.key.in_(list(keys)))
            .values(acknowledged=True, body=b"")
        )

    def proposed(self, connection: Connection, node: str, key: str) -> bool:
        """Say whether this gateway carried that proposal to `node`."""
        table = sealing_proposal
        query = select(table.c.key).where(table.c.node == node, table.c.key == key)
        return connection.execute(query).first() is not None

    def keep_words(self, connection: Connection, words: Iterable[Word]) -> None:
        """Keep words for their proposers; a node's newest of a kind counts."""
        rows = [
            {
                "key": word.key,
                "node": word.node,
                "stance": word.stance,
                "proposer": word.proposer,
                "body": self._sealed(word.envelope.SerializeToString(), "sealing_word", word.node, word.key),
                "told": False,
            }
            for word in words
        ]
        if rows:
            connection.execute(_KEEP_WORD, rows)

    def words(self, connection: Connection, proposer: str, most: int) -> Sequence[Word]:
        """Return what waits for `proposer`, at most so many."""
        found = []
        for row in connection.execute(_WORDS.limit(most), {"its": proposer}):
            clear = self._opened(bytes(row.body), "sealing_word", row.node, row.key)
            found.append(Word(row.key, row.node, row.stance, proposer, Envelope.FromString(clear)))
        return found

    def told(self, connection: Connection, words: Iterable[Word]) -> None:
        """Mark what its proposer has durably, and erase its content."""
        rows = [{"its": word.key, "whose": word.node, "which": word.stance} for word in words]
        if rows:
            connection.execute(_TOLD, rows)

    def _sealed(self, clear: bytes, *place: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._key.encrypt(nonce, clear, "/".join(place).encode())

    def _opened(self, body: bytes, *place: str) -> bytes:
        return self._key.decrypt(body[:_NONCE], body[_NONCE:], "/".join(place).encode())
