"""Sealing proposals as this gateway keeps them: encrypted, a row for each node, until that node has acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from federation.answers.withheld import Withheld
from federation.statements.seals import key_of
from federation.v1 import sealing_pb2
from gateway.sealing.schema import sealing_proposal
from server.journal.cipher import Cipher

_ITS = sealing_proposal.c.node == bindparam("its")
_KEYS = sealing_proposal.c.key.in_(bindparam("keys", expanding=True))
# With literals, so that SQLite uses the indexes of what waits.
_WAITING = (
    select(sealing_proposal)
    .where(_ITS, text("acknowledged = 0"), sealing_proposal.c.urgent == bindparam("first"))
    .limit(bindparam("most"))
)
_WAITING_OF = select(sealing_proposal).where(_ITS, _KEYS, text("acknowledged = 0"))
_WAIT_STILL = select(sealing_proposal.c.key).where(_KEYS, text("acknowledged = 0")).distinct()
_KNOWN = select(sealing_proposal.c.key).where(_KEYS).distinct()
_PAIRS = select(sealing_proposal.c.node, sealing_proposal.c.key, sealing_proposal.c.acknowledged).where(_KEYS)
_CARRIED = select(sealing_proposal.c.key).where(_ITS, sealing_proposal.c.key == bindparam("one"))
_UNMARKED = select(sealing_proposal).where(text("marked = 0")).limit(bindparam("most"))
_MARKED = update(sealing_proposal).where(_KEYS).values(marked=True)
_ACKNOWLEDGED = update(sealing_proposal).where(_ITS, _KEYS).values(acknowledged=True, body=b"")
_NEW = insert(sealing_proposal)
_ADD = _NEW.on_conflict_do_nothing()
_PROPOSE_AGAIN = _NEW.on_conflict_do_update(
    index_elements=[sealing_proposal.c.node, sealing_proposal.c.key],
    set_={"body": _NEW.excluded.body, "urgent": _NEW.excluded.urgent, "acknowledged": False},
)


@dataclass(frozen=True, slots=True)
class Addressed:
    """A proposal for one node; `proposer` is the installation that makes it, or empty for this gateway."""

    node: str
    key: str
    proposer: str
    proposed: sealing_pb2.Proposed
    urgent: bool = False


def proposal_of(withheld: Withheld) -> Addressed:
    """Return what is proposed to the holder: a version once, and again should facts still disagree later."""
    which = f"{withheld.node}/{withheld.record_id}/{withheld.version}"
    name = hashlib.sha256(which.encode()).hexdigest()[:32]
    proposal = sealing_pb2.SealingProposal(proposal_id=name, rule=withheld.rule, record_id=withheld.record_id)
    proposed = sealing_pb2.Proposed(gateway=proposal)
    return Addressed(withheld.node, key_of("", name), "", proposed, urgent=True)


class Proposals:
    """The store of proposals."""

    def __init__(self, *, key: bytes) -> None:
        self._key = Cipher(key, of="a seal on its way")

    def rows(self, addressed: Iterable[Addressed]) -> list[dict[str, object]]:
        """Return the rows for `add` and `propose`, encrypted: to be made before the transaction."""
        return [
            {
                "node": each.node,
                "key": each.key,
                "proposer": each.proposer,
                "body": self._key.lock(
                    each.proposed.SerializeToString(), place_of("sealing_proposal", each.node, each.key)
                ),
                "acknowledged": False,
                "urgent": each.urgent,
                "marked": True,
            }
            for each in addressed
        ]

    def propose(self, connection: Connection, rows: Sequence[dict[str, object]]) -> None:
        """Keep what a node proposes for those it is addressed to; what it proposes again is sent again."""
        if rows:
            connection.execute(_PROPOSE_AGAIN, rows)

    def add(self, connection: Connection, rows: Sequence[dict[str, object]]) -> int:
        """Keep what is not kept yet; rows that are there stay as they are. Return how many were added."""
        return connection.execute(_ADD, rows).rowcount if rows else 0

    def known(self, connection: Connection, keys: Collection[str]) -> frozenset[str]:
        """Return those of `keys` of which there is a row for any node, acknowledged or not."""
        return frozenset(connection.execute(_KNOWN, {"keys": list(keys)}).scalars()) if keys else frozenset()

    def rows_of(self, connection: Connection, keys: Collection[str]) -> dict[tuple[str, str], bool]:
        """Return for each row of `keys`, by (node, key), whether it is acknowledged."""
        found = connection.execute(_PAIRS, {"keys": list(keys)}) if keys else ()
        return {(node, key): bool(acknowledged) for node, key, acknowledged in found}

    def wait_still(self, connection: Connection, keys: Collection[str]) -> frozenset[str]:
        """Return those of `keys` that wait for any node."""
        found = connection.execute(_WAIT_STILL, {"keys": list(keys)}).scalars() if keys else ()
        return frozenset(found)

    def waiting(self, connection: Connection, node: str, most: int) -> Sequence[Addressed]:
        """Return what waits for `node`, at most so many, urgent proposals first."""
        rows: list[Row[tuple[object, ...]]] = []
        for first in (True, False):
            if len(rows) < most:
                wanted = {"its": node, "first": first, "most": most - len(rows)}
                rows += connection.execute(_WAITING, wanted).all()
        return [self._read(row) for row in rows]

    def waiting_of(self, connection: Connection, node: str, keys: Collection[str]) -> Sequence[Addressed]:
        """Return those of `keys` that wait for `node`."""
        rows = connection.execute(_WAITING_OF, {"its": node, "keys": list(keys)}).all() if keys else ()
        return [self._read(row) for row in rows]

    def acknowledged(self, connection: Connection, node: str, keys: Collection[str]) -> None:
        """Mark what `node` has acknowledged and erase its content: nothing here lists sealed persons."""
        if keys:
            connection.execute(_ACKNOWLEDGED, {"its": node, "keys": list(keys)})

    def carried(self, connection: Connection, node: str, key: str) -> bool:
        """Say whether this gateway carried that proposal to `node`."""
        return connection.execute(_CARRIED, {"its": node, "one": key}).first() is not None

    def unmarked(self, connection: Connection, most: int) -> Sequence[Addressed]:
        """Return waiting proposals whose marks have yet to be made, at most so many."""
        return [self._read(row) for row in connection.execute(_UNMARKED, {"most": most}).all()]

    def marked(self, connection: Connection, keys: Collection[str]) -> None:
        """Remember that the marks of `keys` have been made."""
        if keys:
            connection.execute(_MARKED, {"keys": list(keys)})

    def _read(self, row: Row[tuple[object, ...]]) -> Addressed:
        clear = self._key.unlock(bytes(row.body), place_of("sealing_proposal", row.node, row.key))
        proposed = sealing_pb2.Proposed.FromString(clear)
        return Addressed(row.node, row.key, row.proposer, proposed, bool(row.urgent))


def place_of(table: str, *key: str) -> bytes:
    """Return what the ciphertext of a row is bound to: its table and its key."""
    return "/".join((table, *key)).encode()
