"""The store of nodes' signed acknowledgements and objections: encrypted, until the proposer has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from federation.v1.envelope_pb2 import Envelope
from gateway.prepared import Prepared
from gateway.sealing.acknowledgements import Acknowledgement
from gateway.sealing.proposal_store import place_of
from gateway.sealing.schema import sealing_word
from server.journal.cipher import Cipher
from server.journal.work import View, Work

# With a literal, so that SQLite uses the index of waiting acknowledgements.
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


class AcknowledgementStore:
    """Keeps acknowledgements and objections."""

    def __init__(self, *, key: bytes) -> None:
        self._key = Cipher(key, of="an acknowledgement on its way")

    def prepared(self, acknowledgements: Iterable[Acknowledgement]) -> list[Prepared[Acknowledgement]]:
        """Return them encrypted, for `keep`: to be made before the transaction."""
        return [
            Prepared(
                each,
                {
                    "key": each.key,
                    "node": each.node,
                    "stance": each.stance,
                    "proposer": each.proposer,
                    "body": self._key.lock(
                        each.envelope.SerializeToString(), place_of("sealing_word", each.node, each.key)
                    ),
                    "told": False,
                },
            )
            for each in acknowledgements
        ]

    def keep(self, work: Work, prepared: Sequence[Prepared[Acknowledgement]]) -> None:
        """Keep them for their proposers; of one node and kind, only the newest counts."""
        if prepared:
            work.view.execute(_KEEP, [each.row for each in prepared])

    def waiting(self, view: View, proposer: str, most: int) -> Sequence[Acknowledgement]:
        """Return at most `most` acknowledgements that wait for `proposer`."""
        found = []
        for row in view.execute(_WAITING, {"its": proposer, "most": most}).all():
            clear = self._key.unlock(bytes(row.body), place_of("sealing_word", row.node, row.key))
            found.append(Acknowledgement(row.key, row.node, row.stance, proposer, Envelope.FromString(clear)))
        return found

    def undelivered(self, view: View, proposer: str) -> frozenset[tuple[str, str]]:
        """Return (node, proposal) of each acknowledgement that waits for `proposer`."""
        return frozenset((node, key) for node, key in view.execute(_UNDELIVERED, {"its": proposer}))

    def delivered(self, work: Work, acknowledgements: Iterable[Acknowledgement]) -> None:
        """Mark those that their proposer has stored durably, and erase their content."""
        rows = [{"its": each.key, "whose": each.node, "which": each.stance} for each in acknowledgements]
        if rows:
            work.view.execute(_DELIVERED, rows)
