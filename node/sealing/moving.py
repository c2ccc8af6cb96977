"""Move the records of a judged page, as far as the run may: beyond what officers have permitted, the run stops."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from federation.evidence.entry import EntryKind
from federation.law import job_limits
from federation.law.sealing import Status
from federation.record.apart import tried_apart, with_its_reasons
from federation.v1 import registry_pb2
from federation.v1 import sealing_pb2 as pb
from federation.values.clock import stamp
from node.register.acts import Register
from node.register.superseding import supersede
from node.sealing import resealing_store
from node.sealing.judging import JudgedPage, SealingRules, moves_of, report_of
from node.sealing.ordering import next_event
from node.sealing.refitting import hold_fitting
from node.sealing.run_store import Moved, Place, RunStore
from node.store import by_token, spread
from node.store.rows import CurrentRecord
from server.journal.work import Work
from server.opening import Act


def move_page(
    work: Work,
    register: Register,
    runs: RunStore,
    run: pb.ResealRun,
    rules: SealingRules,
    judged: JudgedPage,
    act: Act,
    at: datetime,
) -> pb.ResealReport:
    """Move each record of the page to its status by the rules, and return what became of the page.

    If the run would change more than it may, it moves nothing, stops, and begins again with a dry run, which two
    officers must approve; the report is then that of a dry run.
    """
    records = resealing_store.count(work.view)
    fault = job_limits.fault(moves_of([run.done]) + judged.moves, moves_of([run.permitted]), records)
    if fault:
        stop(runs, work, run, fault)
        return report_of(rules, judged, judged.moves, records, dry_run=True)
    moves: Counter[tuple[Status, Status]] = Counter()
    noted = []
    for current, event, status in judged.found:
        after = _move(work, register, current, event, status, act, at, rules)
        moves[current.status, after] += 1
        if after is not current.status:
            noted.append(Moved(current.record_id, current.version + 1, current.status, after))
    if runs.at(work.view, Place.COMING) is None:
        _forget_closing(work, register, judged)
    if noted:
        runs.note(work, run, noted)
        run.reversible_until = stamp(at + job_limits.REVERSIBLE)
    return report_of(rules, judged, moves, records, dry_run=False)


def renew_tokens(work: Work, register: Register, judged: JudgedPage, act: Act, at: datetime) -> None:
    """Let the records of a page be found by the tokens of this edition too; nobody needs to approve that.

    What questions find now, other holders' seals must find too: they came while nothing led from them to the record.
    An open record that the rules close is found as such, so that it closes texts and stands on the work list while the
    run waits; `_forget_closing` takes that back once no rules close it. A sealed record whose texts name other trials
    is proposed again, with their judgments; so is one whose person is found by other tokens now, since other holders
    compare what they enter with the digests that they were given.
    """
    found, linking, renamed = [], [], []
    for current, event, status in judged.found:
        told = with_its_reasons(event)
        tokens = register.sealer.found_by(told, current.status)
        if current.status is Status.OPEN and status is not Status.OPEN:
            tokens += register.sealer.closing(told, current.record_id)
        if new := by_token.extend_tokens(work, current, tokens):
            found.append(current.record_id)
            if current.status is not Status.OPEN and not new <= {*register.sealer.closed(told)}:
                renamed.append(current.record_id)
            if current.status is not Status.OPEN and tried_apart(told).numbers:
                linking.append(current.record_id)
                register.disclosures.texts_closed(work, register.sealer.told_judgments(told), at)
        conviction = register.sealer.conviction(event.record)
        if conviction != current.conviction and not register.records.by_conviction(work.view, [conviction]):
            by_token.renew_conviction(work, current, conviction)
    spread.propose_again(work, [*linking, *renamed])
    there = (register.records.by_id(work.view, record_id) for record_id in found)
    opened = [each for each in there if each is not None and each.status is Status.OPEN]
    for _ in hold_fitting(work, register, opened, act, at):
        pass  # each is withheld as it is found


def _forget_closing(work: Work, register: Register, judged: JudgedPage) -> None:
    """Let records that stay open be found no more as those that rules close; rules to come may still close them."""
    for current, event, status in judged.found:
        if current.status is Status.OPEN and status is Status.OPEN:
            closing = register.sealer.closing(with_its_reasons(event), current.record_id)
            by_token.drop_tokens(work, current, closing)


def stop(runs: RunStore, work: Work, run: pb.ResealRun, because: str) -> None:
    """Have a run move nothing more until two officers approve what a new dry run finds."""
    run.state, run.stopped, run.found = pb.RESEAL_STATE_DRY_RUN, because, ""
    run.ClearField("dry_run")
    run.ClearField("approvals")
    runs.keep(work, run)


def _move(
    work: Work,
    register: Register,
    current: CurrentRecord,
    event: registry_pb2.RecordEvent,
    status: Status,
    act: Act,
    at: datetime,
    rules: SealingRules,
) -> Status:
    """Move one record, unless it has the status already; return its status afterwards."""
    if status is current.status:
        return status
    newer = next_event(event, current, event.order, act, at, f"judged anew under {rules.profile}")
    supersede(
        work,
        register,
        current,
        newer,
        act,
        kind=EntryKind.AMENDED,
        at=at,
        once=None,
        urgent=False,
        status=status,
    )
    there = register.records.by_id(work.view, current.record_id)
    return current.status if there is None else there.status
