"""What officers do about runs over all records: look, approve what a dry run found, have a run reversed (A14)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from federation.errors import FieldViolation, InvalidRequest, NotFound, OutOfOrder
from federation.evidence.entry import EntryKind
from federation.statements.seals import summed
from federation.v1 import sealing_pb2 as pb
from federation.values.clock import parse_stamp, stamp
from federation.values.written import written_violations
from node.officers.two_people import insist_another
from node.register.acts import Register
from node.sealing import resealing_store
from node.sealing.moving import stop
from node.sealing.run_store import Place, RunStore
from server.journal.work import View, Work
from server.opening import Act

#: Two people approve a run, and two have it reversed.
OFFICERS = 2
_REVERSED = (pb.RESEAL_STATE_IS_REVERSED, pb.RESEAL_STATE_REVERSED)


class RunOverseer:
    """Shows, approves and reverses runs; `wake` has the node go on at once."""

    def __init__(self, *, register: Register, wake: Callable[[], None]) -> None:
        self._register = register
        self._runs = RunStore(register.sealer.run_vault)
        self._wake = wake

    def oversee(self, asked: pb.RunOversight, act: Act) -> pb.OverseeResponse:
        """Take the step, and return the runs as they are after it.

        Raises `InvalidRequest`, `NotFound`, `OutOfOrder`, and `PermissionDenied` for the same person a second time.
        """
        _insist_whole(asked)
        at = self._register.now()

        def command(work: Work) -> pb.OverseeResponse:
            act.insist_first(work)
            changed = ""
            if asked.step == pb.RUN_STEP_APPROVE:
                changed = self._approve(work, asked, act, at)
            if asked.step == pb.RUN_STEP_REVERSE:
                changed = self._reverse(work, asked, act, at)
            step = pb.RunStep.Name(asked.step).removeprefix("RUN_STEP_").lower()
            act.log(work, EntryKind.RUN_OVERSEEN, at=stamp(at), step=step, run=changed, reason=asked.reason)
            return self._shown(work.view)

        response = self._register.journal.run(command, onces=[act.once]).value
        self._wake()
        return response

    def _approve(self, work: Work, asked: pb.RunOversight, act: Act, at: datetime) -> str:
        runs = [run for place in (Place.TODAY, Place.COMING) if (run := self._runs.at(work.view, place))]
        run = next((run for run in runs if run.found and run.found == asked.found), None)
        if run is None:
            raise NotFound(
                "no dry run here found what you approve: look again (hutong node reseal --status), then decide"
            )
        if run.state != pb.RESEAL_STATE_AWAITS_APPROVAL:
            raise OutOfOrder(
                f"run {run.id} does not wait for approval: hutong node reseal --status says what does",
                reason="RUN_NOT_AWAITED",
            )
        run.approvals.append(_approval(run.approvals, asked, act, at))
        if len(run.approvals) == OFFICERS:
            run.permitted.CopyFrom(summed([run.done, run.dry_run]))
            run.state, run.stopped = pb.RESEAL_STATE_MOVES, ""
            run.ClearField("reversals")
        self._runs.keep(work, run)
        return run.id

    def _reverse(self, work: Work, asked: pb.RunOversight, act: Act, at: datetime) -> str:
        runs = [run for run in (self._runs.at(work.view, Place.TODAY), *self._runs.past(work.view)) if run]
        run = next((run for run in runs if run.id == asked.run), None)
        if run is None:
            raise NotFound("no run of that id can be reversed: hutong node reseal --status lists them")
        if run.state in _REVERSED or not run.reversible_until:
            raise OutOfOrder(
                f"run {run.id} has moved nothing that is left to reverse: correct single records",
                reason="RUN_NOT_REVERSIBLE",
            )
        if parse_stamp(run.reversible_until) < at:
            raise OutOfOrder(
                f"run {run.id} could be reversed until {run.reversible_until}: correct the records one by one",
                reason="RUN_TOO_OLD",
            )
        run.reversals.append(_approval(run.reversals, asked, act, at))
        if len(run.reversals) == OFFICERS:
            run.state = pb.RESEAL_STATE_IS_REVERSED
        elif run.state == pb.RESEAL_STATE_MOVES:
            stop(self._runs, work, run, f"{act.officer} wants it reversed")
        self._runs.keep(work, run)
        return run.id

    def _shown(self, view: View) -> pb.OverseeResponse:
        runs = [self._runs.at(view, place) for place in (Place.TODAY, Place.COMING)]
        return pb.OverseeResponse(
            runs=[run for run in (*runs, *self._runs.past(view)) if run is not None],
            standing=resealing_store.standing(view),
        )


def _approval(
    given: Iterable[pb.RunApproval], asked: pb.RunOversight, act: Act, at: datetime
) -> pb.RunApproval:
    """Return an officer's approval or order; raises `PermissionDenied` if the same person has `given` one before."""
    for first in given:
        insist_another(act, officer=first.officer, installation=first.installation, own_key=first.own_key)
    return pb.RunApproval(
        officer=act.officer,
        installation=str(act.installation),
        own_key=act.known.own_key,
        at=stamp(at),
        reason=asked.reason,
    )


def _insist_whole(asked: pb.RunOversight) -> None:
    """Raise `InvalidRequest` for a step that is not known, or lacks what it needs."""
    if not asked.step or asked.step not in pb.RunStep.values():
        raise InvalidRequest.of("step", "known_word", "say which: show, approve or reverse")
    if asked.step == pb.RUN_STEP_SHOW:
        return
    violations = list(written_violations("reason", asked.reason, missing=("R2", "say why")))
    if asked.step == pb.RUN_STEP_APPROVE and not asked.found:
        violations.append(FieldViolation("found", "A14", "give the code of what the dry run found"))
    if asked.step == pb.RUN_STEP_REVERSE and not asked.run:
        violations.append(FieldViolation("run", "A14", "give the id of the run"))
    if violations:
        raise InvalidRequest(violations)
