"""A gateway's and a node's stores of answers, with a clock that a test sets by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import node.disclosures.schema
from federation.charter.envelope import GATEWAY as TO_GATEWAY
from federation.charter.envelope import OpenedStatement, make_statement, open_statement
from federation.law.disclosure import Reach, Ruling
from federation.record.fields import CO_OFFENDERS
from federation.statements.asking import CheckedQuestion
from federation.statements.methods import ACKNOWLEDGE_RECALLS, HAND_IN_RECALLS, LIST_RECALLS, TRACK_RECALLS
from federation.statements.recalls import read_recalls
from federation.v1 import lookup_pb2, query_pb2, recall_pb2, record_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.identity import OrganClass, Role
from gateway.following import schema
from gateway.following.caused_recall_store import CausedRecallStore
from gateway.following.cursors import Cursors
from gateway.following.disclosed_store import DisclosedAnswers
from gateway.following.member_recall_store import MemberRecallStore
from gateway.following.recall_store import RecallStore
from gateway.following.recalling import RecallMaker
from gateway.following.showing import RecallLists
from gateway.strongbox import Strongbox
from node.disclosures.disclosures import Disclosures
from node.disclosures.waiting_store import gateways_to_tell, waiting_for
from node.store.vault import Vault
from server.journal.journal import Journal, open_journal
from server.opening import Act
from tests.support.federation import FEDERATION, GATEWAY, SmallFederation

NODE, COURT, POLICE = "police/node/police-1", "court/client/desk", "police/client/desk"
JUDGMENT = b"j" * 16
RECORD = os.urandom(16)
START = datetime.now(UTC)


def asked() -> CheckedQuestion:
    query = query_pb2.Query(purpose=query_pb2.PURPOSE_CASE)
    return CheckedQuestion(query, OrganClass.COURT, Ruling(True, "full", ()), Reach())


class Gateway:
    """What a gateway keeps, on a real store, under a clock that is set by hand."""

    def __init__(self, home: Path, federation: SmallFederation, stack: ExitStack) -> None:
        self.federation, self.charter, self.now = federation, federation.charter(), START
        signer = federation.party(GATEWAY).signer
        self.journal: Journal = stack.enter_context(
            open_journal(
                home / "store.db",
                body_key=os.urandom(32),
                charter=self.charter,
                signer=signer,
                now=self.time,
                schemas=[schema.SCHEMA],
            )
        )
        box = Strongbox(key=os.urandom(32))
        self.disclosed = DisclosedAnswers(strongbox=box)
        common: dict[str, Any] = {
            "journal": self.journal,
            "charter": lambda: self.charter,
            "now": self.time,
        }
        self.recalling = RecallMaker(disclosed=self.disclosed, store=RecallStore(strongbox=box), **common)
        self.showing = RecallLists(
            signer=signer,
            recalls=MemberRecallStore(strongbox=box),
            caused=CausedRecallStore(strongbox=box),
            cursors=Cursors(strongbox=box),
            **common,
        )

    def time(self) -> datetime:
        return self.now

    def opened(
        self, installation: str, method: str, body: bytes, role: Role
    ) -> tuple[OpenedStatement, Envelope]:
        envelope = make_statement(
            signer=self.federation.party(installation).signer,
            federation=FEDERATION,
            method=method,
            destination=TO_GATEWAY,
            officer="王警官",
            body=body,
            charter_version=self.charter.version,
            now=START,
        )
        opened = open_statement(
            envelope, self.charter, method=method, destination=TO_GATEWAY, role=role, now=START
        )
        return opened, envelope

    def answered(self, *shown: bytes, request: bytes | None = None) -> bytes:
        """Account for an answer to the court that told of these records of police-1."""
        question, _ = self.opened(COURT, "/federation.v1.QueryService/Ask", os.urandom(20), Role.ASKS)
        answer = query_pb2.Answer(answer_id=os.urandom(16).hex(), answered_at="2026-01-01T00:00:00.000000Z")
        facets = [
            query_pb2.FacetReference(node="police-1", record_id=record.hex(), version=1) for record in shown
        ]
        disclosed = self.disclosed.prepared(question, asked(), answer, facets)
        self.journal.run(lambda work: self.disclosed.keep(work, disclosed))
        return question.digest

    def hand_in(self, *superseded: tuple[bytes, bytes], node: str = NODE) -> list[int]:
        page = recall_pb2.SupersededPage(
            told=[recall_pb2.Superseded(request_digest=r, record_id=record.hex()) for r, record in superseded]
        )
        opened, _ = self.opened(node, HAND_IN_RECALLS, page.SerializeToString(), Role.ANSWERS)
        return self.recalling.hand_in(page, Act.by(opened))

    def listed(self, **options: Any) -> list[recall_pb2.Recall]:
        wanted = recall_pb2.RecallFilter(limit=options.pop("limit", 200), **options)
        opened, _ = self.opened(COURT, LIST_RECALLS, wanted.SerializeToString(), Role.ASKS)
        page = self.showing.listed(wanted, Act.by(opened))
        return list(read_recalls(page, self.charter, "court", now=self.now + timedelta(days=1)).recalls)

    def acknowledge(self, *recall_ids: str) -> None:
        body = recall_pb2.RecallAcknowledgement(recall_ids=recall_ids)
        opened, envelope = self.opened(COURT, ACKNOWLEDGE_RECALLS, body.SerializeToString(), Role.ASKS)
        self.showing.acknowledge(body, Act.by(opened), envelope)

    def tracked(self, **options: Any) -> list[recall_pb2.RecallTrack]:
        wanted = recall_pb2.RecallFilter(limit=200, **options)
        opened, _ = self.opened(POLICE, TRACK_RECALLS, wanted.SerializeToString(), Role.REGISTERS)
        return self.showing.tracked(wanted, Act.by(opened))


class Node:
    """A node's memory of what it told, on a real store."""

    def __init__(self, home: Path, federation: SmallFederation, stack: ExitStack) -> None:
        signer = federation.party(NODE).signer
        self.journal = stack.enter_context(
            open_journal(
                home / "store.db",
                body_key=os.urandom(32),
                charter=federation.charter(),
                signer=signer,
                now=lambda: START,
                schemas=[node.disclosures.schema.SCHEMA],
            )
        )
        self.disclosures = Disclosures(
            vault=Vault(key=os.urandom(32), purpose="disclosure"), tokens=lambda _: [JUDGMENT]
        )

    def tell(
        self,
        opened: OpenedStatement,
        version: int,
        *,
        looked_up_at: float,
        text: str = "",
        then: Callable[[Any], None] = lambda _: None,
    ) -> None:
        """Account for an answer, and `then` do something else in the same transaction."""
        facet = record_pb2.Facet(record_id=RECORD.hex(), version=version)
        facet.record.extensions.update({CO_OFFENDERS: text} if text else {})
        answer = lookup_pb2.NodeAnswer(request_digest=opened.digest, facets=[facet])

        def command(work: Any) -> None:
            self.disclosures.add(
                work,
                answer,
                opened,
                asked(),
                attempt=1,
                via=GATEWAY,
                at=START,
                looked_up_at=looked_up_at,
                text_judgments={RECORD.hex(): [b"digest"]},
            )
            then(work)

        self.journal.run(command)

    def change(self, version: int, *, superseded: bool) -> None:
        self.journal.run(
            lambda work: self.disclosures.changed(work, RECORD, version, START, superseded=lambda: superseded)
        )

    def close_texts(self) -> None:
        self.journal.run(lambda work: self.disclosures.texts_closed(work, [JUDGMENT, None], START))

    def waiting(self) -> int:
        with self.journal.reading() as connection:
            return sum(len(waiting_for(connection, via, 100)) for via in gateways_to_tell(connection))
