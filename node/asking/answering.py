"""Answer a page of questions: verify each, decide, look up together, log all, sign once.

No answer leaves before its entry is durable: the page's signature covers a commitment to the log that holds it, which
the gateway alone can open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from federation.charter.envelope import Signer
from federation.charter.model import Charter, Node
from federation.errors import Corrupt, HutongError
from federation.evidence.commitment import Commitments
from federation.evidence.page import seal_page
from federation.v1 import lookup_pb2, query_pb2, record_pb2
from federation.values.clock import stamp
from federation.values.identity import Installation
from node.asking.accounting import AnswerAccounts, AnswerPage
from node.asking.fitting import fitting
from node.asking.lookup import Found, Lookup
from node.asking.minimising import minimised
from node.asking.opening import QuestionItem, QuestionOpener
from node.asking.verifying import Verification
from node.continuity.continuity import Continuity
from node.register.sealed_others import SealedOthers
from node.sealing.concerning import SpreadingSeals
from node.store.safeguard import Safeguard
from server.journal.journal import Journal

#: Questions in one page; more are refused, not cut off.
MOST_QUESTIONS = 1024


class QuestionAnswerer:
    """Serves gateways; decides for its own store only (R35)."""

    def __init__(
        self,
        *,
        node: Node,
        federation: str,
        lookup: Lookup,
        questions: QuestionOpener,
        verification: Verification,
        accounting: AnswerAccounts,
        journal: Journal,
        spreading: SpreadingSeals,
        continuity: Continuity,
        safeguard: Safeguard,
        others: SealedOthers,
        mark_late: Callable[[Collection[record_pb2.Facet]], None],
        signer: Signer,
        commitments: Commitments,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._node = node
        self._federation = federation
        self._lookup = lookup
        self._journal = journal
        self._questions = questions
        self._verification = verification
        self._accounting = accounting
        self._spreading = spreading
        self._continuity = continuity
        self._safeguard = safeguard
        self._others = others
        self._mark_late = mark_late
        self._signer = signer
        self._commitments = commitments
        self._charter = charter
        self._now = now

    def answer(self, request: lookup_pb2.LookupRequest, gateway: Installation) -> lookup_pb2.LookupResponse:
        """Return the signed answers to a page, in the order of its questions: to all, or to the first that fit.

        Questions that do not fit are not logged; the gateway asks them next. While the log lacks what gateways have
        seen of it, or the register is not as this node wrote it, all are refused. Raises `CharterUnusable` or
        `CannotAccount`: then nothing leaves.
        """
        now, charter = self._now(), self._charter()
        went_back = self._went_back(request, gateway)
        items = [self._questions.open(question, charter, now) for question in request.questions]
        if went_back:
            items = [replace(item, asked=None, refused=went_back) for item in items]
        looked_up_at = time.monotonic()
        items, found = self._look_up(items, charter)
        spreads = self._spreading.anything()
        answers = [
            self._build(item, each, charter=charter, now=now) for item, each in zip(items, found, strict=True)
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
        page = AnswerPage.of(
            items[: len(answers)],
            answers,
            [each.text_judgments for each in found[: len(answers)]],
            gateway=gateway,
            at=now,
            looked_up_at=looked_up_at,
        )
        committed = self._journal.run(
            lambda work: self._accounting.account(work, page), onces=[*page.onces, *page.promises]
        )
        head = self._commitments.head(committed.log_size, committed.log_root, at=stamp(now))
        paths, statement = seal_page(
            committed.value,
            federation=self._federation,
            node=self._node.name,
            signer=self._signer,
            head=head,
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
            head=head,
            extends=[] if went_back else self._continuity.proof(request.known, committed.log_size),
        )

    def _went_back(self, request: lookup_pb2.LookupRequest, gateway: Installation) -> HutongError | None:
        """Return why nothing is answered when the log went back, here or as this gateway sees it."""
        if request.HasField("known"):
            return self._continuity.hear(request.known, str(gateway))
        return self._continuity.refusal()

    def _look_up(self, items: list[QuestionItem], charter: Charter) -> tuple[list[QuestionItem], list[Found]]:
        """Return the finding on each question; every question is refused once the register cannot be relied on."""
        stopped = self._safeguard.refusal()
        if stopped is None:
            asked = [item.asked for item in items if item.asked is not None]
            wanted = [wanted for item in items if (wanted := item.wanted()) is not None]
            try:
                all_found = self._lookup.look_up(wanted)
                self._mark_late([facet for each in all_found for facet in each.facets])
                looked_up = iter(minimised(asked, all_found, self._others, charter.extensions))
                found = [next(looked_up) if item.asked else _refused(item) for item in items]
                return self._verification.apply(items, found, charter)
            except Corrupt as error:
                stopped = error
        items = [replace(item, asked=None, refused=stopped) if item.asked else item for item in items]
        return items, [_refused(item) for item in items]

    def _build(
        self, item: QuestionItem, found: Found, *, charter: Charter, now: datetime
    ) -> lookup_pb2.NodeAnswer:
        return lookup_pb2.NodeAnswer(
            node=self._node.name,
            request_digest=item.digest,
            outcome=found.outcome,
            reason=found.reason,
            facets=found.facets,
            as_of=stamp(now),
            charter_version=charter.version,
        )


def _refused(item: QuestionItem) -> Found:
    """Return the outcome of a question that is not looked up, with the reason."""
    return Found(query_pb2.OUTCOME_REFUSED, reason=item.refused.reason if item.refused else "")
