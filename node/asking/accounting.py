"""Log each answer of a page and record its disclosures, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from federation.evidence.entry import EntryKind
from federation.v1 import lookup_pb2, query_pb2
from federation.values.clock import stamp
from federation.values.enum_names import outcome_name
from federation.values.identity import Installation
from node.asking.fitting import refused_instead
from node.asking.opening import QuestionItem
from node.disclosures.disclosures import Disclosures
from server.journal.log import Once
from server.journal.work import Work
from server.opening import once_of
from server.undertakings import log_undertaking


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """The answers to the questions of one gateway, in their order."""

    items: Sequence[QuestionItem]
    answers: Sequence[lookup_pb2.NodeAnswer]
    #: For each answer, by record: digests of the judgments that its texts speak of (`Found.text_judgments`).
    text_judgments: Sequence[Mapping[str, Sequence[bytes]]]
    gateway: Installation
    at: datetime
    #: When the answers were looked up, on the monotonic clock.
    looked_up_at: float
    #: The nonces that opened questions, and their undertakings, use up; each in the order of the questions.
    onces: Sequence[Once]
    promises: Sequence[Once]

    @classmethod
    def of(
        cls,
        items: Sequence[QuestionItem],
        answers: Sequence[lookup_pb2.NodeAnswer],
        text_judgments: Sequence[Mapping[str, Sequence[bytes]]],
        *,
        gateway: Installation,
        at: datetime,
        looked_up_at: float,
    ) -> Self:
        """Return the page of these answers."""
        via = str(gateway)
        onces = [once_of(item.opened, attempt=item.attempt, via=via) for item in items if item.opened]
        promises = [
            once_of(promise, attempt=item.attempt, via=via)
            for item in items
            if (promise := item.asked.undertaking if item.asked else None)
        ]
        return cls(items, answers, text_judgments, gateway, at, looked_up_at, onces, promises)


class AnswerAccounts:
    """Accounts for answers before they leave."""

    def __init__(self, *, disclosures: Disclosures) -> None:
        self._disclosures = disclosures

    def account(self, work: Work, page: AnswerPage) -> list[bytes]:
        """Log every answer and its disclosures; return the answers as sent: a replayed question is REFUSED instead."""
        replayed = work.log.replays(work.view, page.onces)
        broken = work.log.replays(work.view, page.promises)
        left: list[bytes] = []
        position, promised = 0, 0
        for item, prepared, text_judgments in zip(page.items, page.answers, page.text_judgments, strict=True):
            answer, once = prepared, None
            if item.opened:
                promise = item.asked.undertaking if item.asked else None
                if position in replayed or (promise and promised in broken):
                    answer = refused_instead(prepared, reason="REPLAYED")
                else:
                    once = page.onces[position]
                    if promise and item.asked:
                        log_undertaking(
                            work,
                            promise,
                            page.promises[promised],
                            item.asked.query.undertaking,
                            request=item.digest,
                            at=stamp(page.at),
                        )
                position += 1
                promised += promise is not None
            body = answer.SerializeToString(deterministic=True)
            self._log(work, page, item, answer, text_judgments, once, hashlib.sha256(body).hexdigest())
            left.append(body)
        return left

    def _log(
        self,
        work: Work,
        page: AnswerPage,
        item: QuestionItem,
        answer: lookup_pb2.NodeAnswer,
        text_judgments: Mapping[str, Sequence[bytes]],
        once: Once | None,
        digest: str,
    ) -> None:
        fields = {
            "request": item.digest.hex(),
            "answer": digest,
            "outcome": outcome_name(answer.outcome),
            "via": str(page.gateway),
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
                via=str(page.gateway),
                at=page.at,
                looked_up_at=page.looked_up_at,
                text_judgments=text_judgments,
            )
        if answer.outcome == query_pb2.OUTCOME_REFUSED:
            kind = EntryKind.REFUSED
            fields["reason"] = answer.reason
            if item.breach:
                fields["breach"] = item.breach
        elif item.asked and item.asked.sealed_access:
            kind = EntryKind.SEALED_ACCESS
            fields["undertaking"] = item.asked.query.undertaking.signed_by
            fields["attempt"] = str(item.attempt)
        elif item.attempt > 1:
            kind = EntryKind.REPEAT
        else:
            kind = EntryKind.LOOKUP
        work.log.append(kind, at=stamp(page.at), once=once, **fields)
