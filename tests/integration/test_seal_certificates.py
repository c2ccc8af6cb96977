"""Objections to a seal, the certificate of one, and what commands and exports show of seals."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.local.layout import NODES, node_installation
from federation.errors import InvalidRequest, NotFound, PermissionDenied
from federation.evidence.entry import events_of, read_body
from federation.v1 import sealing_pb2
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import MINOR, Someone, case_number, open_record, record, withheld_record
from tests.support.seals import await_sealed_everywhere, certificate, finding, hidden, young_and_grown
from tests.support.unsealing import NOTICE, unsealing
from tests.support.waiting import wait_for


def test_r45_an_objection_goes_to_the_proposers_people_and_releases_nothing(
    running_federation: LocalFederation,
) -> None:
    someone, young, grown = young_and_grown()
    held = running_federation.enter("procuratorate", grown)
    receipt = running_federation.enter("police", young)
    wait_for(
        partial(hidden, running_federation, "procuratorate", held.record_id),
        what="the held record to be hidden",
    )
    holder, proposer = (running_federation.client(m) for m in ("procuratorate", "police"))
    objection = sealing_pb2.SealingObjection(
        record_id=held.record_id, expected_version=2, reason="本院认定其已成年"
    )
    assert holder.seals.object("procuratorate-1", objection).version == 3
    assert hidden(running_federation, "procuratorate", held.record_id)

    def objections() -> list[str]:
        tasks = proposer.seals.withheld("police-1")
        return [objected for t in tasks if t.record_id == receipt.record_id for objected in t.objections]

    assert wait_for(objections, what="the objection") == ["procuratorate-1, 王警官: 本院认定其已成年"]
    assert finding(running_federation, someone) == "NO_RECORD"
    upheld = sealing_pb2.Sealing(
        record_id=receipt.record_id, expected_version=1, instrument=NOTICE, reason="复核后维持封存"
    )
    upheld.settles_objection = True
    proposer.seals.seal("police-1", upheld)
    assert objections() == []
    acknowledgements = certificate(running_federation, "police", receipt.record_id).acknowledgements[-1]
    assert ("procuratorate-1", sealing_pb2.SEALING_STANCE_OBJECTED) in {
        (w.node, w.stance) for w in acknowledgements
    }
    assert hidden(running_federation, "procuratorate", held.record_id)


def test_r45_nobody_objects_to_what_is_not_held_on_anothers_seal(running_federation: LocalFederation) -> None:
    receipt = running_federation.enter("police", withheld_record("police")[1])
    police = running_federation.client("police")
    with pytest.raises(NotFound):
        police.seals.object(
            "police-1",
            sealing_pb2.SealingObjection(record_id=receipt.record_id, expected_version=1, reason="x"),
        )


def test_r45_the_certificate_names_who_is_awaited_until_all_have_signed(
    running_federation: LocalFederation,
) -> None:
    down = node_installation("justice")
    running_federation.down(down)
    try:
        receipt = running_federation.enter("police", young_and_grown()[1])

        def awaited() -> list[str]:
            proposals = certificate(running_federation, "police", receipt.record_id).certificate.proposals
            return list(proposals[-1].awaited) if proposals else []

        wait_for(awaited, lambda seen: seen == ["justice-1"], what="one node to be awaited")
        running_federation.down(node_installation("police"))  # what came in is kept
        running_federation.up(node_installation("police"))
        assert awaited() == ["justice-1"]
    finally:
        running_federation.up(down)
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    checked = certificate(running_federation, "police", receipt.record_id)
    [acknowledgements] = checked.acknowledgements
    assert {(w.node, w.installation) for w in acknowledgements} == {
        (str(n.name), str(n.installation)) for n in running_federation.charter().nodes
    }
    accesses = [e for e in running_federation.node_entries("police") if e.get("purpose") == "certificate"]
    assert {(e["kind"], e["officer"]) for e in accesses} == {("sealed_access", "王警官")}


def test_r45_a_node_whose_people_unsealed_the_record_does_not_sign_that_it_is_sealed_there(
    running_federation: LocalFederation,
) -> None:
    someone, number = Someone(born=MINOR), case_number()
    first = running_federation.enter("procuratorate", record(someone, "procuratorate", number=number))
    order = unsealing(first.record_id, first.version, "RETRIAL")
    running_federation.client("procuratorate").seals.unseal("procuratorate-1", order)
    receipt = running_federation.enter("police", record(someone, "police", number=number))

    def signed() -> dict[str, tuple[str, str]]:
        acknowledgements = certificate(running_federation, "police", receipt.record_id).acknowledgements
        return {
            w.node: (sealing_pb2.SealingStance.Name(w.stance), w.reason)
            for found_certificate in acknowledgements
            for w in found_certificate
        }

    stances = wait_for(signed, lambda seen: len(seen) == len(NODES), what="a signature of every node")
    assert stances.pop("procuratorate-1") == ("SEALING_STANCE_REFUSED", "UNSEALED_HERE")
    found_certificate = certificate(running_federation, "police", receipt.record_id).certificate
    assert not found_certificate.complete
    assert list(found_certificate.proposals[-1].awaited) == ["procuratorate-1"]


def test_r44_a_certificate_is_for_the_own_agency_about_what_is_sealed_with_a_reason(
    running_federation: LocalFederation,
) -> None:
    receipt = running_federation.enter("police", young_and_grown()[1])
    police = running_federation.client("police")
    with pytest.raises(PermissionDenied):
        running_federation.client("justice").seals.certificate("police-1", receipt.record_id, reason="好奇")
    with pytest.raises(InvalidRequest, match="reason"):
        police.seals.certificate("police-1", receipt.record_id, reason="")
    for other in (
        running_federation.enter("police", open_record("police")[1]).record_id,
        running_federation.enter("police", withheld_record("police")[1]).record_id,
        "00" * 16,
    ):
        with pytest.raises(NotFound, match="no record of that id is sealed here"):
            police.seals.certificate("police-1", other, reason="核对")


def test_the_commands_show_certificate_work_list_and_run(running_federation: LocalFederation) -> None:
    receipt = running_federation.enter("police", young_and_grown()[1])
    running_federation.enter("police", withheld_record("police")[1])
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    common = ["--home", str(running_federation.layout.home), "--node", "police-1", "--officer", "王警官"]
    runner = CliRunner()
    shown = runner.invoke(
        main, ["node", "sealing", "certificate", *common, "--reason", "核对", receipt.record_id]
    )
    assert shown.exit_code == 0, shown.output
    assert "sealed everywhere" in shown.output
    for node in NODES.values():
        assert node in shown.output
    listed = runner.invoke(main, ["node", "withheld", *common])
    assert "wait for a person" in listed.output
    ran = runner.invoke(main, ["node", "reseal", *common, "--json"])
    assert ran.exit_code == 0, ran.output
    assert '"moved": 0' in ran.output


def test_an_export_has_every_event_about_a_seal_at_once_and_counts_them(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    _, young, copy = young_and_grown()
    held = running_federation.enter("procuratorate", copy)
    receipt = running_federation.enter("police", young)
    await_sealed_everywhere(running_federation, "police", receipt.record_id)
    home = ["--home", str(running_federation.layout.home)]
    export = str(tmp_path / "log.jsonl")
    run = CliRunner().invoke
    arguments = ["audit", "export", "--server", "procuratorate-1", "--officer", OFFICER, *home, export]
    assert run(main, arguments).exit_code == 0
    checked = run(main, ["audit", "verify", export, "--json", *home])
    assert checked.exit_code == 0, checked.output
    kinds = json.loads(checked.stdout)["kinds"]
    assert min(kinds[kind] for kind in ("spreading", "proposed", "amended", "resealed")) > 0
    lines = [json.loads(line) for line in Path(export).read_text("utf-8").splitlines()]
    events = [e for line in lines if "body" in line for e in events_of(read_body(line["body"].encode()))]
    assert [e["version"] for e in events if e["kind"] == "resealed" and e["record"] == held.record_id] == [2]
