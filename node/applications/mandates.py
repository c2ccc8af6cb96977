"""Check that a question belongs to an approved application and is put by an officer who may handle it (R34, R36, R38).

This is checked only if the charter requires it (`federation.statements.mandates`), before any look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from federation.applications.question import questions_of
from federation.charter.envelope import OpenedStatement
from federation.charter.model import Charter, Node
from federation.errors import HutongError, NotFound, PermissionDenied
from federation.law.workdays import Deadlines
from federation.statements.asking import CheckedQuestion
from federation.statements.mandates import REMEDY, keeper, needs_mandate, refusal
from federation.statements.reasons import NOT_RELEASED
from federation.statements.undertaking import unsigned
from federation.v1 import application_pb2 as pb
from federation.values.clock import legal_day
from node.applications.files import Files
from node.applications.history import situation_of
from node.applications.machine import Step, advance
from server.journal.journal import Journal

#: States of an own application in which its person may learn of bars: from its approval on.
_APPROVED = frozenset(
    {
        pb.APPLICATION_STATE_APPROVED,
        pb.APPLICATION_STATE_ANSWERED,
        pb.APPLICATION_STATE_OBJECTED,
        pb.APPLICATION_STATE_REEXAMINED,
        pb.APPLICATION_STATE_CLOSED,
    }
)


class Mandates:
    """Compares questions of this agency's windows with its applications."""

    def __init__(
        self,
        *,
        journal: Journal,
        files: Files,
        node: Node,
        deadlines: Deadlines,
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._files = files
        self._node = node
        self._deadlines = deadlines
        self._now = now

    def insist(self, asked: CheckedQuestion, opened: OpenedStatement, charter: Charter) -> None:
        """Raise `PermissionDenied` (NO_MANDATE, NOT_RELEASED) unless it is the question of an approved application.

        A question of another agency's window, or under an application that another node keeps, is not ours to judge.
        """
        if not needs_mandate(asked, charter) or opened.installation.member != self._node.agency:
            return
        if keeper(asked, opened.installation.member, charter).name != self._node.name:
            return
        application = self._application(asked.query.mandate)
        expected = questions_of(application, officer=asked.query.undertaking.signed_by or opened.officer)
        bare = unsigned(asked.query)
        bars, bare.with_bars = bare.with_bars, False
        if application.mandate == "" or bare not in expected:
            raise refusal(f"this is not the question of {application.number} as it was approved: {REMEDY}")
        if legal_day(self._now()).isoformat() < application.release_on:
            raise PermissionDenied(
                f"{application.number} is asked from {application.release_on} on (A27): ask then",
                reason=NOT_RELEASED,
            )
        if not (bars and application.state in _APPROVED):
            self._insist_next(application, opened.officer)

    def _application(self, mandate: str) -> pb.Application:
        number = mandate.partition("@")[0]
        try:
            with self._journal.reading() as view:
                return self._files.load(view, number).application
        except NotFound:
            raise refusal(f"no application {number[:64]} is kept here: {REMEDY}") from None

    def _insist_next(self, application: pb.Application, officer: str) -> None:
        """Raise unless handling is this officer's next step: its question is asked then, and not again later."""
        concluding = application.state == pb.APPLICATION_STATE_REEXAMINED
        step = Step.CONCLUDE if concluding else Step.ANSWER
        situation = situation_of(application, step, self._deadlines)
        try:
            advance(situation, step, officer=officer, today=legal_day(self._now()))
        except HutongError as error:
            raise refusal(f"{application.number} cannot be asked about now: {error.message}") from None
