"""The steps of an application: from which state to which each leads, and who may not take it (R34).

Pure functions: from a state, a step and the officers of earlier steps to the next state, or the reason why not.
`tests/law/applications.yaml` states the same for lawyers, and a test compares every cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from federation.errors import OutOfOrder, PermissionDenied
from federation.values.officers import officer_key, same_officer


class ApplicationState(StrEnum):
    """The state of an application."""

    SUBMITTED = "submitted"
    PAPERS_WANTED = "papers_wanted"
    NOT_ACCEPTED = "not_accepted"
    ACCEPTED = "accepted"
    APPROVED = "approved"
    REJECTED = "rejected"
    ANSWERED = "answered"
    OBJECTED = "objected"
    REEXAMINED = "reexamined"
    CLOSED = "closed"


class Step(StrEnum):
    """A step that an officer takes on an application."""

    SUPPLEMENT = "supplement"
    ACCEPT = "accept"
    REFUSE = "refuse"
    WANT_PAPERS = "want_papers"
    APPROVE = "approve"
    REJECT = "reject"
    VERIFY = "verify"
    RESUME = "resume"
    ANSWER = "answer"
    DECLINE = "decline"
    OBJECT = "object"
    EXTEND = "extend"
    UPHOLD = "uphold"
    CORRECT = "correct"
    CONCLUDE = "conclude"


class Duty(StrEnum):
    """The part an officer has played so far."""

    ACCEPTING = "accepting"
    REVIEWING = "reviewing"
    HANDLING = "handling"
    REEXAMINING = "reexamining"


S, T = ApplicationState, Step
TRANSITIONS: Final[Mapping[tuple[ApplicationState, Step], ApplicationState]] = {
    (S.SUBMITTED, T.ACCEPT): S.ACCEPTED,
    (S.SUBMITTED, T.REFUSE): S.NOT_ACCEPTED,
    (S.SUBMITTED, T.WANT_PAPERS): S.PAPERS_WANTED,
    (S.PAPERS_WANTED, T.SUPPLEMENT): S.SUBMITTED,
    (S.PAPERS_WANTED, T.REFUSE): S.NOT_ACCEPTED,
    (S.ACCEPTED, T.APPROVE): S.APPROVED,
    (S.ACCEPTED, T.REJECT): S.REJECTED,
    (S.ACCEPTED, T.VERIFY): S.ACCEPTED,
    (S.ACCEPTED, T.RESUME): S.ACCEPTED,
    (S.APPROVED, T.ANSWER): S.ANSWERED,
    (S.APPROVED, T.DECLINE): S.REJECTED,
    (S.APPROVED, T.VERIFY): S.APPROVED,
    (S.APPROVED, T.RESUME): S.APPROVED,
    (S.NOT_ACCEPTED, T.OBJECT): S.OBJECTED,
    (S.REJECTED, T.OBJECT): S.OBJECTED,
    (S.ANSWERED, T.OBJECT): S.OBJECTED,
    (S.OBJECTED, T.EXTEND): S.OBJECTED,
    (S.OBJECTED, T.UPHOLD): S.REEXAMINED,
    (S.OBJECTED, T.CORRECT): S.REEXAMINED,
    (S.REEXAMINED, T.CONCLUDE): S.CLOSED,
}
"""Every lawful step; what is not here is out of order."""

DECIDING: Final[Mapping[Step, Duty]] = {
    T.ACCEPT: Duty.ACCEPTING,
    T.REFUSE: Duty.ACCEPTING,
    T.APPROVE: Duty.REVIEWING,
    T.REJECT: Duty.REVIEWING,
    T.ANSWER: Duty.HANDLING,
    T.DECLINE: Duty.HANDLING,
    T.UPHOLD: Duty.REEXAMINING,
    T.CORRECT: Duty.REEXAMINING,
}
"""The part that a step makes its officer play."""

NOT_BY: Final[Mapping[Step, frozenset[Duty]]] = {
    T.ANSWER: frozenset({Duty.REVIEWING}),
    T.DECLINE: frozenset({Duty.REVIEWING}),
    T.UPHOLD: frozenset({Duty.ACCEPTING, Duty.REVIEWING, Duty.HANDLING}),
    T.CORRECT: frozenset({Duty.ACCEPTING, Duty.REVIEWING, Duty.HANDLING}),
    T.EXTEND: frozenset({Duty.ACCEPTING, Duty.REVIEWING, Duty.HANDLING}),
    T.CONCLUDE: frozenset({Duty.REEXAMINING}),
}
"""Who may not take a step: nobody handles what he approved, or re-examines what he decided."""

APPROVED_BY_HEAD: Final = frozenset({T.VERIFY, T.EXTEND})
"""Steps that a county-level head approves (2021 Provisions art. 8; on objections)."""

_AFTERWARDS: Final[Mapping[Step, str]] = {T.EXTEND: "judge the objection now"}
"""What can be done when the last day for a step is past, where a new application does not help."""

_SAYS: Final[Mapping[ApplicationState, str]] = {
    S.SUBMITTED: "it waits to be accepted",
    S.PAPERS_WANTED: "it waits for papers",
    S.NOT_ACCEPTED: "it was not accepted; the applicant may object",
    S.ACCEPTED: "it waits for review",
    S.APPROVED: "it waits to be handled",
    S.REJECTED: "it was not permitted; the applicant may object",
    S.ANSWERED: "it has been answered; the applicant may object",
    S.OBJECTED: "an objection waits for re-examination: it is upheld or corrected at review",
    S.REEXAMINED: "it waits for the re-examination opinion",
    S.CLOSED: "it is closed",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts that decide whether a step may be taken now."""

    state: ApplicationState
    #: Officer, as `officer_key` has it -> the parts played so far.
    parts: Mapping[str, frozenset[Duty]] = field(default_factory=dict)
    verifying: bool = False
    extended: bool = False
    #: The last day for papers, for an objection, or for an extension; None when there is none.
    last_day: date | None = None


def advance(
    situation: Situation, step: Step, *, officer: str, today: date, approved_by: str = ""
) -> ApplicationState:
    """Return the state after `step`.

    Raises `OutOfOrder` (reason OUT_OF_ORDER, VERIFYING, NOT_VERIFYING, EXTENDED_BEFORE, TOO_LATE) or
    `PermissionDenied` (reason SAME_OFFICER, HEAD_NEEDED).
    """
    to = TRANSITIONS.get((situation.state, step))
    if to is None:
        raise OutOfOrder(
            f"{step} is not the next step: {_SAYS[situation.state]}",
            state=str(situation.state),
            step=str(step),
        )
    _check_clock(situation, step, today)
    played = situation.parts.get(officer_key(officer), frozenset())
    barred = played & NOT_BY.get(step, frozenset())
    if barred:
        raise PermissionDenied(
            f"{officer} took part in {' and '.join(sorted(barred))} this application: another officer must "
            f"{step} (R34)",
            reason="SAME_OFFICER",
        )
    if step in APPROVED_BY_HEAD and (not approved_by or same_officer(approved_by, officer)):
        raise PermissionDenied(
            f"{step} needs the approval of a county-level head, who is another person than {officer} "
            "(2021 Provisions art. 8): name the head who approved it",
            reason="HEAD_NEEDED",
        )
    return to


def _check_clock(situation: Situation, step: Step, today: date) -> None:
    if situation.verifying and step is not Step.RESUME:
        raise OutOfOrder("a verification is under way: end it first (resume)", reason="VERIFYING")
    if step is Step.RESUME and not situation.verifying:
        raise OutOfOrder("no verification is under way: take the next step itself", reason="NOT_VERIFYING")
    if step is Step.EXTEND and situation.extended:
        raise OutOfOrder(
            "the time for the opinion was extended before: once is all; judge the objection now",
            reason="EXTENDED_BEFORE",
        )
    dated = step in (Step.SUPPLEMENT, Step.OBJECT, Step.EXTEND)
    if dated and situation.last_day is not None and today > situation.last_day:
        raise OutOfOrder(
            f"too late: the last day for {step} was {situation.last_day.isoformat()}; "
            f"{_AFTERWARDS.get(step, 'hand in a new application')}",
            reason="TOO_LATE",
        )


def parts_after(
    taken: Iterable[tuple[Step, str]],
) -> Mapping[str, frozenset[Duty]]:
    """Return the parts that each officer has played, from the steps taken and their officers."""
    parts: dict[str, frozenset[Duty]] = {}
    for step, officer in taken:
        if step in DECIDING:
            who = officer_key(officer)
            parts[who] = parts.get(who, frozenset()) | {DECIDING[step]}
    return parts
