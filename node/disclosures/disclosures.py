"""Record each disclosure in the transaction that logs the answer, and mark it when the record changes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from federation.charter.envelope import OpenedStatement
from federation.evidence.entry import EntryKind
from federation.record.classes import CRIMINAL
from federation.record.extensions import Declarations
from federation.record.others import may_name_others
from federation.statements.asking import CheckedQuestion
from federation.v1 import lookup_pb2, recall_pb2, record_pb2
from federation.values.clock import stamp
from node.disclosures.store import AnswerReference, DisclosureStore
from node.store.vault import Vault
from server.journal.work import View, Work

#: Changes kept in memory for answers that were looked up before the change and are logged after it.
MOST_CHANGES = 10_000


class Disclosures:
    """The node's memory of its answers; methods that write are for the writer's commands, one at a time."""

    def __init__(self, *, vault: Vault, tokens: Callable[[Iterable[bytes]], Sequence[bytes]]) -> None:
        """`tokens` turns the digests of judgments into their tokens."""
        self._store = DisclosureStore(vault=vault)
        self._tokens = tokens
        #: Judgments of which an offender was closed, and when.
        self._closed: OrderedDict[bytes, float] = OrderedDict()
        self._changes: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._forgotten_at = 0.0

    def add(
        self,
        work: Work,
        answer: lookup_pb2.NodeAnswer,
        opened: OpenedStatement,
        asked: CheckedQuestion,
        *,
        attempt: int,
        via: str,
        at: datetime,
        looked_up_at: float,
        text_judgments: Mapping[str, Collection[bytes]],
    ) -> None:
        """Record the disclosures of an answer that was looked up at `looked_up_at` on the monotonic clock.

        `text_judgments` has by record the digests of the judgments that its texts speak of, shown or not.
        A record that has changed since then is disclosed as it was looked up, and recalled at once.
        """
        if not answer.facets:
            return
        disclosure = recall_pb2.Disclosure(
            installation=str(opened.installation),
            officer=opened.officer,
            told_at=stamp(at),
            purpose=asked.query.purpose,
            on_behalf_of=asked.query.on_behalf_of.name,
            mandate=asked.query.mandate,
        ).SerializeToString()
        answered = AnswerReference(answer.request_digest, attempt, via)
        for facet in answer.facets:
            record_id = bytes.fromhex(facet.record_id)
            newest, _ = self._changes.get(record_id, (0, 0.0))
            judgments = self._shown_judgments(facet, asked, work.charter.extensions, text_judgments)
            overtaken = (
                newest > facet.version
                or looked_up_at < self._forgotten_at
                or any(looked_up_at < self._closed.get(each, looked_up_at) for each in judgments)
            )
            self._store.add(
                work,
                answered,
                record_id,
                facet.version,
                disclosure,
                superseded=overtaken,
                judgments=judgments,
            )

    def changed(
        self,
        work: Work,
        record_id: bytes,
        version: int,
        at: datetime,
        *,
        superseded: Callable[[], bool],
        spreading: bool = False,
    ) -> None:
        """Mark every answer that disclosed the record as superseded, if `superseded` returns true.

        The answers are recalled without giving the reason (R45). `spreading` says that a seal on its way is the cause.
        """
        self._changes[record_id] = (version, time.monotonic())
        self._changes.move_to_end(record_id)
        if len(self._changes) > MOST_CHANGES:
            _, (_, latest) = self._changes.popitem(last=False)
            self._forgotten_at = max(self._forgotten_at, latest)
        if not self._store.was_disclosed(work, record_id) or not superseded():
            return
        answers = self._store.supersede(work, record_id)
        add = work.log.defer if spreading else work.log.append
        add(EntryKind.RECALLED, at=stamp(at), record=record_id.hex(), answers=answers)

    def texts_closed(self, work: Work, judgments: Iterable[bytes | None], at: datetime) -> None:
        """Mark as superseded the answers that showed a text which may name an offender of these judgments, now closed.

        Answers that are looked up already and not yet logged count too. The cause is given to nobody (R41, R45).
        """
        closed = {each for each in judgments if each}
        if not closed:
            return
        for judgment in closed:
            self._closed[judgment] = time.monotonic()
            self._closed.move_to_end(judgment)
        while len(self._closed) > MOST_CHANGES:
            _, latest = self._closed.popitem(last=False)
            self._forgotten_at = max(self._forgotten_at, latest)
        answers = self._store.supersede_texts(work, closed)
        if answers:
            work.log.defer(EntryKind.RECALLED, at=stamp(at), answers=answers)

    def _shown_judgments(
        self,
        facet: record_pb2.Facet,
        asked: CheckedQuestion,
        extensions: Declarations,
        text_judgments: Mapping[str, Collection[bytes]],
    ) -> Sequence[bytes]:
        """Return the judgments of which a text that was disclosed speaks; none where the asker has sealed access."""
        if CRIMINAL in asked.reach.sealed or asked.shown != "full" or not may_name_others(facet, extensions):
            return ()
        # A newer charter may say since the look-up that an addition may name somebody.
        return self._tokens(text_judgments.get(facet.record_id, ()))

    def taken_apart(
        self, work: Work, some: Collection[bytes], others: Collection[bytes], at: datetime
    ) -> None:
        """Mark as superseded the answers that showed both sides of an undone merge as one person's records.

        Answers that are looked up already and not yet logged count as superseded too.
        """
        self._forgotten_at = time.monotonic()
        answers = self._store.supersede_both(work, some, others)
        if answers:
            work.log.append(EntryKind.RECALLED, at=stamp(at), answers=answers)

    def of(self, view: View, record_id: bytes) -> list[recall_pb2.Disclosure]:
        """Return the disclosures of a record, oldest first."""
        return self._store.of(view, record_id)
