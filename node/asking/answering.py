"""Answer a page of questions: verify each, decide, look up together, log all, sign once.

No answer leaves before its entry is durable: the page's signature covers the state of the log that holds it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.message import DecodeError

from federation.charter.envelope import GATEWAY, Opened, Signer, open_statement
from federation.charter.model import Charter, Node
from federation.errors import HutongError, InvalidRequest, OutOfOrder
from federation.evidence.entry import EntryKind
from federation.evidence.page import seal_page
from federation.law.disclosure import Disclosure
from federation.statements.asking import Asked, read_question
from federation.statements.methods import ASK
from federation.v1 import lookup_pb2, query_pb2
from federation.values.clock import stamp
from federation.values.identity import Installation, Role
from federation.values.tokens import subject_digests
from federation.values.words import outcome_word
from node.applications.mandates import Mandates
from node.asking.fitting import fitting
from node.asking.lookup import Found, Lookup
from node.disclosures.told import Disclosures
from node.sealing.concerning import SpreadingSeals
from server.journal.journal import Journal
from server.journal.log import MAX_ATTEMPTS, Once
from server.journal.work import Work
from server.opening import once_of
from server.undertakings import log_undertaking

#: Questions in one page; more are refused, not cut off.
MOST_QUESTIONS = 1024
ATTEMPT_OUT_OF_RANGE = "ATTEMPT_OUT_OF_RANGE"


@dataclass(frozen=True, slots=True)
class _Item:
    """One question of a page on its way to an answer."""

    digest: bytes
    opened: Opened | None = None
    asked: Asked | None = None
    refused: HutongError | None = None
    attempt: int = 1
    #: Digests of the persons about whom spreading seals are added to the answer.
    persons: tuple[bytes, ...] = ()


class Answering:
    """Serves gateways; decides for its own store only (R35)."""

    def __init__(
        self,
        *,
        node: Node,
        federation: str,
        lookup: Lookup,
        disclosure: Disclosure,
        journal: Journal,
        disclosures: Disclosures,
        mandates: Mandates,
        spreading: SpreadingSeals,
        signer: Signer,
        charter: Callable[[], Charter],
        store_version: Callable[[], int],
        now: Callable[[], datetime],
        allow_synthetic: bool,
    ) -> None:
        self._node = node
        self._federation = federation
        self._lookup = lookup
        self._disclosure = disclosure
        self._journal = journal
        self._disclosures = disclosures
        self._mandates = mandates
        self._spreading = spreading
        self._signer = signer
        self._charter = charter
        self._store_version = store_version
        self._now = now
        self._allow_synthetic = allow_synthetic

    def answer(self, request: lookup_pb2.LookupRequest, gateway: Installation) -> lookup_pb2.LookupResponse:
        """Return the signed answers to a page, in the order of its questions: to all, or to the first that fit.

        Those after them are not accounted for; the gateway asks them next. Raises `CharterUnusable` or
        `CannotAccount`: then nothing leaves.
        """
        now, charter = self._now(), self._charter()
        items = [self._open(question, charter, now) for question in request.questions]
        version, looked_up_at = self._store_version(), time.monotonic()
        asked = [item.asked for item in items if item.asked is not None]
        looked_up = iter(self._lookup.look_up([(a.query.subject, a.reach) for a in asked]))
        found = [next(looked_up) if item.asked else _refused(item) for item in items]
        spreads = self._spreading.anything()
        answers = [
            self._build(item, each, charter=charter, version=version, now=now)
            for item, each in zip(items, found, strict=True)
        ]
        spreading = [
            self._spreading.about([*item.persons, *each.persons]) if spreads else []
            for item, each in zip(items, found, strict=True)
        ]
        attached = [
            sum(map(len, each.persons)) + sum(proposed.ByteSize() for proposed in about)
            for each, about in zip(found, spreading, strict=True)
        ]
        answers = fitting(answers, attached)
        items = items[: len(answers)]
        onces = [
            once_of(item.opened, attempt=item.attempt, via=str(gateway)) for item in items if item.opened
        ]
        promises = [
            once_of(promise, attempt=item.attempt, via=str(gateway))
            for item in items
            if (promise := item.asked.undertaking if item.asked else None)
        ]
        committed = self._journal.run(
            lambda work: self._account(work, items, answers, onces, promises, gateway, now, looked_up_at),
            onces=[*onces, *promises],
        )
        paths, statement = seal_page(
            committed.value,
            federation=self._federation,
            node=self._node.name,
            signer=self._signer,
            log_size=committed.log_size,
            log_root=committed.log_root,
            signed_at=now,
        )
        return lookup_pb2.LookupResponse(
            page=request.page,
            answers=[
                lookup_pb2.PagedAnswer(answer=answer, path=path, person_digests=each.persons, spreading=about)
                for answer, path, each, about in zip(committed.value, paths, found, spreading, strict=False)
            ],
            statement=statement,
            spreads=spreads,
        )

    def _open(self, question: lookup_pb2.Question, charter: Charter, now: datetime) -> _Item:
        digest = hashlib.sha256(question.envelope.payload).digest()
        persons: tuple[bytes, ...] = ()
        try:
            opened = open_statement(
                question.envelope, charter, method=ASK, destination=GATEWAY, role=Role.ASKS, now=now
            )
            persons = (*_subject(opened), *question.person_digests)
            _insist_attempt(question.attempt)
            asked = read_question(
                opened, charter, self._disclosure, now=now, allow_synthetic=self._allow_synthetic
            )
            self._mandates.insist(asked, opened, charter)
        except HutongError as error:
            return _Item(digest, refused=error, persons=persons)
        return _Item(digest, opened, asked, attempt=question.attempt, persons=persons)

    def _build(
        self, item: _Item, found: Found, *, charter: Charter, version: int, now: datetime
    ) -> lookup_pb2.NodeAnswer:
        return lookup_pb2.NodeAnswer(
            node=self._node.name,
            request_digest=item.digest,
            outcome=found.outcome,
            reason=found.reason,
            facets=found.facets,
            as_of=stamp(now),
            store_version=version,
            charter_version=charter.version,
        )

    def _account(
        self,
        work: Work,
        items: Sequence[_Item],
        answers: Sequence[lookup_pb2.NodeAnswer],
        onces: Sequence[Once],
        promises: Sequence[Once],
        gateway: Installation,
        now: datetime,
        looked_up_at: float,
    ) -> list[bytes]:
        """Log every answer and what it tells in this transaction; a replayed question is answered REFUSED instead."""
        replayed = work.log.replays(work.view, onces)
        broken = work.log.replays(work.view, promises)
        signed, position, promised = [], 0, 0
        for item, prepared in zip(items, answers, strict=True):
            answer, once = prepared, None
            if item.opened:
                promise = item.asked.undertaking if item.asked else None
                if position in replayed or (promise and promised in broken):
                    answer = self._replay_refused(prepared)
                else:
                    once = onces[position]
                    if promise and item.asked:
                        log_undertaking(
                            work,
                            promise,
                            promises[promised],
                            item.asked.query.undertaking,
                            request=item.digest,
                            at=stamp(now),
                        )
                position += 1
                promised += promise is not None
            body = answer.SerializeToString(deterministic=True)
            self._log(work, item, answer, once, hashlib.sha256(body).hexdigest(), gateway, now, looked_up_at)
            signed.append(body)
        return signed

    def _replay_refused(self, answer: lookup_pb2.NodeAnswer) -> lookup_pb2.NodeAnswer:
        refused = lookup_pb2.NodeAnswer()
        refused.CopyFrom(answer)
        refused.ClearField("facets")
        refused.outcome = query_pb2.OUTCOME_REFUSED
        refused.reason = "REPLAYED"
        return refused

    def _log(
        self,
        work: Work,
        item: _Item,
        answer: lookup_pb2.NodeAnswer,
        once: Once | None,
        digest: str,
        gateway: Installation,
        now: datetime,
        looked_up_at: float,
    ) -> None:
        refused = answer.outcome == query_pb2.OUTCOME_REFUSED
        fields = {
            "request": item.digest.hex(),
            "answer": digest,
            "outcome": outcome_word(answer.outcome),
            "via": str(gateway),
        }
        if item.opened and item.asked:
            fields |= {
                "officer": item.opened.officer,
                "by": str(item.opened.installation),
                "purpose": item.asked.purpose,
                "for": item.asked.asker,
                "case": item.asked.query.case_number,
                "basis": item.asked.query.basis,
                "mandate": item.asked.query.mandate,
            }
            self._disclosures.add(
                work,
                answer,
                item.opened,
                item.asked,
                attempt=item.attempt,
                via=str(gateway),
                at=now,
                looked_up_at=looked_up_at,
            )
        if refused:
            kind = EntryKind.REFUSED
            fields["reason"] = answer.reason
        elif item.asked and item.asked.sealed_access:
            kind = EntryKind.SEALED_ACCESS
            fields["undertaking"] = item.asked.query.undertaking.signed_by
            fields["attempt"] = str(item.attempt)
        elif item.attempt > 1:
            kind = EntryKind.REPEAT
        else:
            kind = EntryKind.LOOKUP
        work.log.append(kind, at=stamp(now), once=once, **fields)


def _refused(item: _Item) -> Found:
    """Return the outcome of a question that is not looked up: why not."""
    return Found(query_pb2.OUTCOME_REFUSED, reason=item.refused.reason if item.refused else "")


def _subject(opened: Opened) -> list[bytes]:
    """Return the digests of the person asked about; none when the question cannot be read."""
    try:
        strong, weak = subject_digests(query_pb2.Query.FromString(opened.statement.body).subject)
    except (DecodeError, ValueError, InvalidRequest):
        return []
    return [*strong, *weak]


def _insist_attempt(attempt: int) -> None:
    """Raise `OutOfOrder` unless the attempt is one that the log can tell from the others."""
    if not 1 <= attempt <= MAX_ATTEMPTS:
        raise OutOfOrder(
            f"attempt {attempt} is not one of 1 to {MAX_ATTEMPTS}: sign a new question",
            reason=ATTEMPT_OUT_OF_RANGE,
        )
