"""Runs over all records, as programs and people read them; figures of several nodes add up."""

from __future__ import annotations

from typing import Any

from compose.shared.printing import Console, listing, marked
from federation.statements.seals import moved
from federation.v1 import record_pb2
from federation.v1 import sealing_pb2 as pb
from federation.values.enum_names import enum_name, sealing_status_name

_RUN = "hutong node reseal"
_NEXT = {
    "dry_run": "nothing moves: the dry run is under way",
    "awaits_approval": _RUN + " --approve {found} --reason WHY, by two officers; nothing moves until then",
    "moves": "records are being moved",
    "finished": "until {reversible_until} two officers can take it back: "
    + _RUN
    + " --reverse {id} --reason WHY",
    "is_reversed": "is being taken back",
    "reversed": "{restored} records stand as before it, {left} were left as they are",
}


def register_json(response: pb.OverseeResponse) -> dict[str, Any]:
    """Return how a node's records stand, and its runs."""
    standing = response.standing
    return {
        "records": standing.records,
        "open": standing.open,
        "sealed": standing.sealed,
        "undecided": standing.undecided,
        "runs": [run_json(run) for run in response.runs],
    }


def run_json(run: pb.ResealRun) -> dict[str, Any]:
    """Return one run: `eligible` counts the records that its rules seal, `to_move` those with another status now."""
    return {
        "id": run.id,
        "rules": run.rules,
        "since": run.since,
        "state": enum_name(pb.ResealState.DESCRIPTOR, run.state),
        "judged": run.dry_run.judged,
        "eligible": _after(run.dry_run, record_pb2.SEALING_STATUS_SEALED),
        "undecided": _after(run.dry_run, record_pb2.SEALING_STATUS_WITHHELD),
        "open": _after(run.dry_run, record_pb2.SEALING_STATUS_OPEN),
        "to_move": moved(run.dry_run),
        "free": run.free,
        "found": run.found,
        "moves": [move_json(m) for m in run.dry_run.moves],
        "moved": moved(run.done),
        "approved_by": [each.officer for each in run.approvals],
        "stopped": run.stopped,
        "finished_at": run.finished_at,
        "reversible_until": run.reversible_until,
        "reversed_by": [each.officer for each in run.reversals],
        "restored": run.restored,
        "left": run.left,
    }


def move_json(move: pb.ResealMove) -> dict[str, Any]:
    """Return how many records stand so and would stand so."""
    return {
        "before": sealing_status_name(move.before),
        "after": sealing_status_name(move.after),
        "records": move.records,
    }


def register_table(document: dict[str, Any]) -> None:
    """Print how a node's records stand, each run with what its dry run found, and what is to be done."""
    console = Console()
    console.print("{records} records: {open} open, {sealed} sealed, {undecided} undecided".format(**document))
    for run in document["runs"]:
        console.print(marked("[bold]run {}[/]  {}, since {}", run["id"], run["rules"], run["since"]))
        table = listing(
            "{judged} judged: {eligible} to be sealed, {undecided} undecided, {open} open".format(**run),
            "before",
            "after",
            "records",
        )
        for move in run["moves"]:
            table.add_row(move["before"], move["after"], str(move["records"]))
        console.print(table)
        console.print("{to_move} stand otherwise, {free} of them may move without approval".format(**run))
        for name, officers in (("approved", run["approved_by"]), ("to be reversed", run["reversed_by"])):
            if officers:
                console.print(marked("{} by {}", name, ", ".join(officers)))
        if run["stopped"]:
            console.print(marked("[yellow]stopped: {}[/]", run["stopped"]))
        if run["state"] != "finished" or run["reversible_until"]:
            console.print(_NEXT[run["state"]].format(**run))


def _after(report: pb.ResealReport, status: record_pb2.SealingStatus.ValueType) -> int:
    return sum(move.records for move in report.moves if move.after == status)
