"""Sealed once, sealed everywhere, for life: copies entered later, nodes that were down or restored."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from compose.local.layout import NODES, node_installation
from federation.errors import InvalidRequest
from federation.v1 import record_pb2
from federation.values.tokens import judgment_digests, person_digests
from node.store.checking import RegisterCheck
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import case_number
from tests.support.seals import await_sealed_everywhere, finding, hidden, young_and_grown
from tests.support.unsealing import unsealing
from tests.support.waiting import wait_for


def rules(federation: LocalFederation, agency: str, record_id: str) -> list[tuple[str, str]]:
    tasks = federation.client(agency).seals.withheld(NODES[agency])
    return [(t.rule, t.decides.split(",")[0]) for t in tasks if t.record_id == record_id]


def test_r45_a_copy_entered_after_the_seal_is_withheld_also_after_a_restart(
    running_federation: LocalFederation,
) -> None:
    someone, young, grown = young_and_grown()
    receipt = running_federation.enter("police", young)
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    running_federation.down(node_installation("procuratorate"))
    running_federation.up(node_installation("procuratorate"))
    late = running_federation.enter("procuratorate", grown)
    assert hidden(running_federation, "procuratorate", late.record_id)
    assert finding(running_federation, someone) == "NO_RECORD"
    assert rules(running_federation, "procuratorate", late.record_id) == [
        ("ORDER-HELD", "police/node/police-1")
    ]
    again = running_federation.enter("procuratorate", grown)
    assert (again.repeated, again.record_id) == (True, late.record_id)


def test_r45_a_correction_that_makes_it_the_sealed_judgment_is_withheld(
    running_federation: LocalFederation,
) -> None:
    someone, young, grown = young_and_grown()
    number = grown.judgment_number.original
    grown.judgment_number.original = grown.instrument.reference = case_number()
    other = running_federation.enter("procuratorate", grown)
    receipt = running_federation.enter("police", young)
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    assert not hidden(running_federation, "procuratorate", other.record_id), "another judgment is not held"
    grown.judgment_number.original = grown.instrument.reference = number
    running_federation.amend("procuratorate", other.record_id, 1, grown)
    assert hidden(running_federation, "procuratorate", other.record_id)
    assert finding(running_federation, someone) == "NO_RECORD"


def test_r45_where_one_side_knows_no_number_the_final_day_decides(
    running_federation: LocalFederation,
) -> None:
    someone, young, grown = young_and_grown()
    receipt = running_federation.enter("police", young)
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    grown.ClearField("judgment_number")
    grown.unknowns.add(field="judgment_number", reason=record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE)
    late = running_federation.enter("procuratorate", grown)
    assert hidden(running_federation, "procuratorate", late.record_id)
    assert finding(running_federation, someone) == "NO_RECORD"


def test_r45_what_a_node_remembers_of_a_seal_names_nobody(running_federation: LocalFederation) -> None:
    _, young, _ = young_and_grown()
    receipt = running_federation.enter("police", young)
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    entered = young
    entered.judgment_number.canonical = entered.judgment_number.original
    digests = [*person_digests(entered.person), *(d for each in judgment_digests(entered) for d in each)]
    for home in running_federation.layout.home.glob("*/*/store.db"):
        for file in home.parent.glob("store.db*"):
            content = file.read_bytes()
            assert not [digest for digest in digests if digest in content or digest[:16] in content], file
    tokens = {
        agency: watched(running_federation, agency) for agency in ("police", "procuratorate", "justice")
    }
    assert all(tokens.values())
    assert not tokens["police"] & tokens["procuratorate"], "each node has tokens of its own"


def test_r45_a_node_restored_from_an_old_copy_hears_of_every_seal_again(
    running_federation: LocalFederation,
) -> None:
    someone, young, grown = young_and_grown()
    receipt = running_federation.enter("police", young)
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    server = node_installation("procuratorate")
    running_federation.down(server)
    path = running_federation.layout.home / "nodes" / NODES["procuratorate"] / "store.db"
    with create_engine(f"sqlite:///{path}").begin() as connection:
        for table in ("sealing_hold", "sealing_watch", "sealing_received"):
            connection.execute(text(f"DELETE FROM {table}"))  # as in a copy from before
    settle(path.parent)
    assert not watched(running_federation, "procuratorate")
    running_federation.up(server)
    for agency in ("police", "procuratorate", "state_security", "justice"):
        list(running_federation.client(agency).seals.reseal(NODES[agency], propose_again=True))
    late = running_federation.enter("procuratorate", grown)
    wait_for(
        partial(hidden, running_federation, "procuratorate", late.record_id),
        what="the late record to be hidden",
    )
    assert finding(running_federation, someone) == "NO_RECORD"


def settle(home: Path) -> None:
    """Have the node's operator accept a register that was changed from outside, so that it answers again."""
    check = RegisterCheck(home)
    assert list(check.pieces())
    check.mend(officer=OFFICER, reason="演练")


def watched(federation: LocalFederation, agency: str) -> set[bytes]:
    path = federation.layout.home / "nodes" / NODES[agency] / "store.db"
    with create_engine(f"sqlite:///file:{path}?mode=ro&uri=true").connect() as connection:
        return {
            bytes(token) for token in connection.execute(text("SELECT token FROM sealing_watch")).scalars()
        }


def test_r41_only_the_proposer_gives_a_held_record_back(running_federation: LocalFederation) -> None:
    someone, young, grown = young_and_grown()
    held = running_federation.enter("procuratorate", grown)
    receipt = running_federation.enter("police", young)
    wait_for(
        partial(hidden, running_federation, "procuratorate", held.record_id),
        what="the held record to be hidden",
    )
    holder = running_federation.client("procuratorate")
    with pytest.raises(InvalidRequest, match="object to it"):
        holder.seals.unseal("procuratorate-1", unsealing(held.record_id, 2, "PROPOSAL_WITHDRAWN"))
    running_federation.client("police").seals.unseal("police-1", unsealing(receipt.record_id, 1, "RETRIAL"))
    wait_for(
        lambda: not hidden(running_federation, "procuratorate", held.record_id),
        what="the held record to be given back",
    )
    assert finding(running_federation, someone) == "RECORD"
    why = [e.reason for e in holder.register.history("procuratorate-1", held.record_id)]
    assert why[1].startswith("proposal ")
    assert why[2].startswith("withdrawn: ")


def test_a16_a_retrial_that_opens_a_record_is_not_held_up_by_the_seal_of_before(
    running_federation: LocalFederation,
) -> None:
    someone, young, _ = young_and_grown()
    receipt = running_federation.enter("police", young)
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    young.combined_penalty.months = young.offences[0].penalty.months = 72
    running_federation.amend("police", receipt.record_id, 1, young)
    assert not hidden(running_federation, "police", receipt.record_id)
    assert finding(running_federation, someone) == "RECORD"
