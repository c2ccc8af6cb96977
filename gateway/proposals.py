"""Sealing proposals as this gateway keeps them: encrypted, once per node, until the holder has acknowledged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Boolean, Column, Connection, LargeBinary, String, Table, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import sealing_pb2
from gateway.held import metadata

sealing_proposal = Table(
    "sealing_proposal",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("proposal_id", String(32), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
)
_NONCE = 12


@dataclass(frozen=True, order=True, slots=True)
class Withheld:
    """A record that this gateway withholds although its holder shows it."""

    node: str
    record_id: str
    rule: str

    def proposal(self) -> sealing_pb2.SealingProposal:
        """Return what is proposed to the holder; a record is proposed once, what people decide then stands."""
        name = hashlib.sha256(f"{self.node}/{self.record_id}".encode()).hexdigest()[:32]
        return sealing_pb2.SealingProposal(proposal_id=name, rule=self.rule, record_id=self.record_id)


class Proposals:
    """The store of proposals."""

    def __init__(self, *, key: bytes) -> None:
        self._key = AESGCM(key)

    def add(
        self, connection: Connection, addressed: Iterable[tuple[str, sealing_pb2.SealingProposal]]
    ) -> None:
        """Keep each proposal for the node it is addressed to; what is kept already stays as it is."""
        rows = [
            {
                "node": node,
                "proposal_id": proposal.proposal_id,
                "body": self._sealed(node, proposal),
                "acknowledged": False,
            }
            for node, proposal in addressed
        ]
        if rows:
            connection.execute(insert(sealing_proposal).on_conflict_do_nothing(), rows)

    def waiting(self, connection: Connection, node: str, most: int) -> Sequence[sealing_pb2.SealingProposal]:
        """Return what waits for `node`, at most so many."""
        table = sealing_proposal
        query = select(table.c.proposal_id, table.c.body).where(
            table.c.node == node, table.c.acknowledged.is_(False)
        )
        rows = connection.execute(query.limit(most)).all()
        return [self._opened(node, row.proposal_id, bytes(row.body)) for row in rows]

    def acknowledged(self, connection: Connection, node: str, proposals: Iterable[str]) -> None:
        """Mark what `node` has acknowledged and erase its content: nothing here lists sealed persons."""
        table = sealing_proposal
        connection.execute(
            update(table)
            .where(table.c.node == node, table.c.proposal_id.in_(list(proposals)))
            .values(acknowledged=True, body=b"")
        )

    def _sealed(self, node: str, proposal: sealing_pb2.SealingProposal) -> bytes:
        nonce = os.urandom(_NONCE)
        place = f"sealing_proposal/{node}/{proposal.proposal_id}".encode()
        return nonce + self._key.encrypt(nonce, proposal.SerializeToString(), place)

    def _opened(self, node: str, proposal_id: str, body: bytes) -> sealing_pb2.SealingProposal:
        place = f"sealing_proposal/{node}/{proposal_id}".encode()
        return sealing_pb2.SealingProposal.FromString(self._key.decrypt(body[:_NONCE], body[_NONCE:], place))
