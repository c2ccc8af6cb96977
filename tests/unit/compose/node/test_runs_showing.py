"""What officers are shown of a run over all records, in each of its states: what was found, and what to do next."""

from __future__ import annotations

import pytest

from compose.node.runs_showing import register_json, register_table, run_json
from federation.v1 import record_pb2
from federation.v1 import sealing_pb2 as pb
from federation.values.enum_names import enum_name

OPEN, SEALED, WITHHELD = (
    record_pb2.SEALING_STATUS_OPEN,
    record_pb2.SEALING_STATUS_SEALED,
    record_pb2.SEALING_STATUS_WITHHELD,
)
STATES = [state for state in pb.ResealState.values() if state]


def run(state: pb.ResealState.ValueType) -> pb.ResealRun:
    found = pb.ResealReport(records=700, judged=700, dry_run=True)
    for before, after, records in ((OPEN, OPEN, 500), (OPEN, SEALED, 150), (WITHHELD, WITHHELD, 50)):
        found.moves.add(before=before, after=after, records=records)
    return pb.ResealRun(
        id="ab12",
        rules="practice-2022+S2",
        state=state,
        since="2026-12-01",
        dry_run=found,
        found="cd34",
        free=7,
    )


def test_a14_eligible_undecided_and_open_add_up_to_who_was_judged() -> None:
    document = run_json(run(pb.RESEAL_STATE_AWAITS_APPROVAL))
    assert document["judged"] == document["eligible"] + document["undecided"] + document["open"] == 700
    assert (document["eligible"], document["undecided"], document["to_move"]) == (150, 50, 150)


@pytest.mark.parametrize("state", STATES)
def test_a14_each_state_says_what_is_to_be_done(
    state: pb.ResealState.ValueType, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = run(state)
    shown.reversible_until = "2026-12-31T00:00:00.000000Z"
    standing = pb.RecordStanding(records=700, open=650, sealed=0, undecided=50)
    register_table(register_json(pb.OverseeResponse(runs=[shown], standing=standing)))
    printed = " ".join(capsys.readouterr().out.split())
    assert "700 records: 650 open, 0 sealed, 50 undecided" in printed
    says = {
        "awaits_approval": "--approve cd34",
        "finished": "--reverse ab12",
        "dry_run": "nothing moves",
        "moves": "are being moved",
        "is_reversed": "is being taken back",
        "reversed": "stand as before it",
    }
    assert says[enum_name(pb.ResealState.DESCRIPTOR, state)] in printed


def test_a14_a_run_that_moved_nothing_cannot_be_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    register_table(register_json(pb.OverseeResponse(runs=[run(pb.RESEAL_STATE_FINISHED)])))
    assert "--reverse" not in capsys.readouterr().out
