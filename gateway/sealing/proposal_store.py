"""The store of sealing proposals: encrypted, a row for each node, until that node has acknowledged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import (
    Row,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import sealing_pb2
from gateway.prepared import Prepared
from gateway.sealing.proposals import Addressed
from gateway.sealing.schema import sealing_proposal
from server.journal.cipher import Cipher
from server.journal.work import View, Work

_ITS = sealing_proposal.c.node == bindparam("its")
_KEYS = sealing_proposal.c.key.in_(bindparam("keys", expanding=True))
# With literals, so that SQLite uses the indexes of waiting proposals.
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


class ProposalStore:
    """Keeps proposals: the `Proposals` of a gateway."""

    def __init__(self, *, key: bytes) -> None:
        self._key = Cipher(key, of="a seal on its way")

    def prepared(self, addressed: Iterable[Addressed]) -> list[Prepared[Addressed]]:
        """Return proposals encrypted, for `add` and `propose`: to be made before the transaction."""
        return [
            Prepared(
                each,
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
                },
            )
            for each in addressed
        ]

    def propose(self, work: Work, prepared: Sequence[Prepared[Addressed]]) -> None:
        """Keep a node's proposals for the nodes they are addressed to; a proposal made again is sent again."""
        if prepared:
            work.view.execute(_PROPOSE_AGAIN, [each.row for each in prepared])

    def add(self, work: Work, prepared: Sequence[Prepared[Addressed]]) -> None:
        """Keep the proposals that have no row yet; existing rows stay unchanged."""
        if prepared:
            work.view.execute(_ADD, [each.row for each in prepared])

    def waiting(self, view: View, node: str, most: int) -> Sequence[Addressed]:
        """Return at most `most` proposals that wait for `node`, urgent ones first."""
        rows: list[Row[tuple[object, ...]]] = []
        for first in (True, False):
            if len(rows) < most:
                wanted = {"its": node, "first": first, "most": most - len(rows)}
                rows += view.execute(_WAITING, wanted).all()
        return [self._read(row) for row in rows]

    def waiting_of(self, view: View, node: str, keys: Collection[str]) -> Sequence[Addressed]:
        """Return those of `keys` that wait for `node`."""
        rows = view.execute(_WAITING_OF, {"its": node, "keys": list(keys)}).all() if keys else ()
        return [self._read(row) for row in rows]

    def acknowledged(self, work: Work, node: str, keys: Collection[str]) -> None:
        """Mark proposals that `node` has acknowledged and erase their content, to keep no list of sealed persons."""
        if keys:
            work.view.execute(_ACKNOWLEDGED, {"its": node, "keys": list(keys)})

    def unmarked(self, view: View, most: int) -> Sequence[Addressed]:
        """Return waiting proposals whose marks have yet to be made, at most `most`."""
        return [self._read(row) for row in view.execute(_UNMARKED, {"most": most}).all()]

    def _read(self, row: Row[tuple[object, ...]]) -> Addressed:
        clear = self._key.unlock(bytes(row.body), place_of("sealing_proposal", row.node, row.key))
        proposed = sealing_pb2.Proposed.FromString(clear)
        return Addressed(row.node, row.key, row.proposer, proposed, bool(row.urgent))


class ProposalStateStore:
    """Reads and marks the states of proposals: the `ProposalStates` of a gateway. It needs no key."""

    def known(self, view: View, keys: Collection[str]) -> frozenset[str]:
        """Return those of `keys` that have a row for any node, acknowledged or not."""
        return frozenset(view.execute(_KNOWN, {"keys": list(keys)}).scalars()) if keys else frozenset()

    def acknowledgements(self, view: View, keys: Collection[str]) -> dict[tuple[str, str], bool]:
        """Return for each row of `keys`, by (node, key), whether it is acknowledged."""
        found = view.execute(_PAIRS, {"keys": list(keys)}) if keys else ()
        return {(node, key): bool(acknowledged) for node, key, acknowledged in found}

    def wait_still(self, view: View, keys: Collection[str]) -> frozenset[str]:
        """Return those of `keys` that wait for any node."""
        found = view.execute(_WAIT_STILL, {"keys": list(keys)}).scalars() if keys else ()
        return frozenset(found)

    def carried(self, view: View, node: str, key: str) -> bool:
        """Say whether this gateway carried that proposal to `node`."""
        return view.execute(_CARRIED, {"its": node, "one": key}).first() is not None

    def marked(self, work: Work, keys: Collection[str]) -> None:
        """Remember that the marks of `keys` have been made."""
        if keys:
            work.view.execute(_MARKED, {"keys": list(keys)})


def place_of(table: str, *key: str) -> bytes:
    """Return the value that the ciphertext of a row is bound to: its table and its key."""
    return "/".join((table, *key)).encode()
