"""Heads of a node's log as it signs them with pages, and acceptances as its agency signs them."""

from __future__ import annotations

from datetime import datetime

from federation.charter.envelope import make_statement
from federation.evidence.heads import Known
from federation.evidence.page import seal_page
from federation.statements.methods import ACCEPT_LOG
from federation.v1 import heads_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.v1.lookup_pb2 import LogHead
from federation.values.clock import stamp
from federation.values.heads import Head
from tests.support.federation import SmallFederation
from tests.support.local import OFFICER

NODE, NAME = "police/node/police-1", "police-1"


def head(size: int, history: int = 1) -> Head:
    """Return a head of that size; another history has another root."""
    return Head(size, bytes([history]) * 32)


def seen(federation: SmallFederation, of: Head, *, at: datetime, signer: str = NODE) -> Known:
    """Return a head with the page by which the police's node committed itself to it."""
    opens = LogHead(log_size=of.size, log_root=of.root, salt=bytes(range(32)))
    _, page = seal_page(
        [b"an answer"],
        federation=federation.name,
        node=NAME,
        signer=federation.party(signer).signer,
        head=opens,
        signed_at=at,
    )
    return Known(NAME, of, stamp(at), page, opens.salt)


def acceptance(
    federation: SmallFederation,
    lost: Head,
    accepted: Head,
    *,
    at: datetime,
    signer: str = "police/client/desk",
    method: str = ACCEPT_LOG,
) -> Envelope:
    """Return the statement by which an officer accepts that the police's node lost entries."""
    body = heads_pb2.LogAcceptance(
        node=NAME,
        lost=heads_pb2.Head(size=lost.size, root=lost.root),
        accepted=heads_pb2.Head(size=accepted.size, root=accepted.root),
        reason="硬盘损坏",
        entered_again="全部重新录入",
        lost_since=stamp(at),
    )
    return make_statement(
        signer=federation.party(signer).signer,
        federation=federation.name,
        method=method,
        destination=NODE,
        officer=OFFICER,
        body=body.SerializeToString(),
        charter_version=1,
        now=at,
    )
