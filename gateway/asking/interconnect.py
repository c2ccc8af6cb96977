"""The path of one question: verify, log it, ask all nodes that must answer, merge, log the answer, sign it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from federation.answers.assembling import Assembled, assemble
from federation.answers.ledger import ledger
from federation.answers.replies import Reply, insist_mandate, insist_officer
from federation.charter.envelope import ANSWER, Signer, sign_payload
from federation.charter.model import Charter
from federation.evidence.entry import EntryKind, Value
from federation.evidence.heads import Known
from federation.law.disclosure import Disclosure
from federation.statements.asking import read_question
from federation.statements.mandates import keeper, needs_mandate
from federation.transport.layers import Admitted
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.enum_names import finding_name
from gateway.asking.accounting import CommandBatcher
from gateway.asking.composing import composed
from gateway.asking.held_store import HeldAnswers
from gateway.asking.links import NodeLinks
from gateway.asking.meter import MeasuredQuestion, QuestionMeter
from gateway.asking.question import Question
from gateway.asking.rounds import Rounds, outcomes_of
from gateway.continuity.heads import Heads
from gateway.following.disclosed_store import DisclosedAnswers
from gateway.following.discrepancies import Discrepancies
from gateway.sealing.proposals import proposal_of
from gateway.sealing.urgent import UrgentSeals
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import RequestOpener, once_of, used_before
from server.undertakings import log_undertaking


@dataclass(frozen=True, slots=True)
class Terms:
    """The waiting times and limits of this gateway."""

    node_deadline_s: float = 5.0
    allow_synthetic: bool = False


class Interconnect:
    """One gateway replica."""

    def __init__(
        self,
        *,
        opening: RequestOpener,
        links: NodeLinks,
        journal: Journal,
        held_answers: HeldAnswers,
        disclosure: Disclosure,
        signer: Signer,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
        terms: Terms,
        sealing: UrgentSeals,
        heads: Heads,
        disclosed_answers: DisclosedAnswers,
        discrepancies: Discrepancies,
        meter: QuestionMeter,
    ) -> None:
        self._opening = opening
        self._links = links
        self._accounting = CommandBatcher(journal)
        self._held = held_answers
        self._disclosure = disclosure
        self._signer = signer
        self._charter = charter
        self._now = now
        self._terms = terms
        self._sealing = sealing
        self._heads = heads
        self._disclosed = disclosed_answers
        self._discrepancies = discrepancies
        self._meter = meter

    async def ask(self, envelope: Envelope, caller: Admitted) -> Envelope:
        """Return the signed answer to the question in `envelope`.

        Raises `Unauthenticated`, `InvalidRequest`, `NotPermitted` before any node is asked; `CannotAccount`
        when the log cannot be written, and then no answer is sent.
        """
        with self._meter.question() as measured:
            return await self._asked(_as_known(envelope), caller, measured)

    async def _asked(self, envelope: Envelope, caller: Admitted, measured: MeasuredQuestion) -> Envelope:
        opened = self._opening.statement(envelope, caller)
        now, charter = self._now(), self._charter()
        asked = read_question(
            opened, charter, self._disclosure, now=now, allow_synthetic=self._terms.allow_synthetic
        )
        measured.purpose = asked.purpose
        question = Question(
            envelope,
            opened,
            asked,
            charter,
            ledger(charter, asked.purpose),
            now,
            keeper(asked, opened.installation.member, charter) if needs_mandate(asked, charter) else None,
        )
        entry = await self._account_request(question)
        with self._sealing.under_way.question(), self._disclosed.answering(question.digest):
            return await self._answered(question, entry, measured)

    async def _answered(self, question: Question, entry: bytes, measured: MeasuredQuestion) -> Envelope:
        rounds = Rounds(
            question,
            links=self._links,
            accounting=self._accounting,
            sealing=self._sealing,
            heads=self._heads,
            now=self._now,
            within_s=self._terms.node_deadline_s,
        )
        await rounds.ask(question.book.askable)
        replies = _allowed(question, rounds)
        result = self._assemble(question, replies)
        if result.withheld:
            await self._withhold(rounds, question, result)
            replies = _allowed(question, rounds)
            result = self._assemble(question, replies)
        answer = composed(question, result, entry, gateway=self._signer.installation, at=self._now())
        payload = answer.SerializeToString(deterministic=True)
        signed = sign_payload(ANSWER, payload, self._signer)
        await self._account_answer(question, answer, payload, replies, result)
        measured.settled(replies)
        return signed

    def _assemble(self, question: Question, replies: Sequence[Reply]) -> Assembled:
        profile = question.charter.profile_on(question.day)
        rows = self._disclosure.catalogue
        return assemble(question.asked, replies, profile=profile, rows=rows, on=question.day)

    async def _withhold(self, rounds: Rounds, question: Question, result: Assembled) -> None:
        """Have the holders withhold the records that this gateway must withhold, and ask them again.

        The new signed answers are the same as for a person without the record. A holder that cannot do so now counts
        as unreachable or late: the proposal waits for it, and its first page, which discloses the record, is discarded.
        """
        at = stamp(self._now())
        keep = self._sealing.taking.withhold(result.withheld)

        def command(work: Work) -> None:
            keep(work)
            work.log.append(
                EntryKind.INCIDENT,
                at=at,
                what="sealing-disagreement",
                request=question.digest.hex(),
                records=sorted(f"{w.node}/{w.record_id}" for w in result.withheld),
            )

        await self._accounting.run(command)
        proposals: dict[str, set[str]] = {}
        for withheld in result.withheld:
            proposals.setdefault(withheld.node, set()).add(proposal_of(withheld).key)
        await rounds.ask_again(proposals)

    async def _account_request(self, question: Question) -> bytes:
        """Log who asks, why, and which nodes must answer, before anything is sent; return the leaf hash."""
        opened, asked, book = question.opened, question.asked, question.book
        once = once_of(opened)
        promise = asked.undertaking
        used = [once_of(promise)] if promise else []
        fields: dict[str, Value] = {
            "request": question.digest.hex(),
            "officer": opened.officer,
            "by": str(opened.installation),
            "purpose": asked.purpose,
            "for": str(asked.asker),
            "on_behalf_of": asked.query.on_behalf_of.name,
            "case": asked.query.case_number,
            "basis": asked.query.basis,
            "classes": list(map(str, asked.reach.classes)),
            "mandate": asked.query.mandate,
            "bars": int(asked.query.with_bars),
            "undertaking": asked.query.undertaking.signed_by,
            "required": book.digest,
            "barred": sorted(book.barred),
            "retry_of": opened.statement.retry_of.hex(),
        }
        kind = EntryKind.SEALED_ACCESS if asked.sealed_access else EntryKind.REQUEST

        def command(work: Work) -> bytes | None:
            if work.log.replays(work.view, [once, *used]):
                return None
            if promise:
                log_undertaking(
                    work,
                    promise,
                    used[0],
                    asked.query.undertaking,
                    request=question.digest,
                    at=stamp(question.at),
                )
            return work.log.append(kind, at=stamp(question.at), once=once, **fields)

        leaf = (await self._accounting.run(command, onces=[once, *used])).value
        if leaf is None:
            raise used_before()
        return leaf

    async def _account_answer(
        self,
        question: Question,
        answer: query_pb2.Answer,
        payload: bytes,
        replies: Sequence[Reply],
        result: Assembled,
    ) -> None:
        """Log the answer and what it discloses, and keep the evidence that is not attached, before it is sent."""
        at = answer.answered_at
        digest = hashlib.sha256(payload).hexdigest()
        attached = {evidence.node for evidence in answer.evidence}
        evidence = [r.evidence for r in replies if r.evidence is not None and r.evidence.node not in attached]
        kept = self._held.prepared(answer.answer_id, evidence) if evidence else None
        disclosed = (
            self._disclosed.prepared(question.opened, question.asked, answer, result.disclosed)
            if result.disclosed
            else None
        )
        differing = self._discrepancies.new(result.merged)
        to_correct = self._discrepancies.prepared(differing)

        def command(work: Work) -> list[Known]:
            work.log.append(
                EntryKind.ANSWER,
                at=at,
                request=question.digest.hex(),
                answer=digest,
                finding=finding_name(answer.finding),
                officer=question.opened.officer,
                by=str(question.opened.installation),
            )
            if kept:
                self._held.keep(work, kept)
            if disclosed:
                self._disclosed.keep(work, disclosed)
            self._discrepancies.note(work, to_correct)
            return self._heads.keep(work)

        self._heads.kept((await self._accounting.run(command)).value)
        if differing:
            self._discrepancies.noted(differing)


def _allowed(question: Question, rounds: Rounds) -> list[Reply]:
    """Return the outcome of every required node, unless one of the asker's own refuses for officer or mandate."""
    replies = outcomes_of(question.book, rounds.replies())
    insist_officer(replies, question.opened.installation.member)
    if question.keeping is not None:
        insist_mandate(replies, question.keeping)
    return replies


def _as_known(envelope: Envelope) -> Envelope:
    """Return the envelope without unsigned fields, so that no asker can inflate pages that others share."""
    known = Envelope()
    known.CopyFrom(envelope)
    known.DiscardUnknownFields()
    return known
