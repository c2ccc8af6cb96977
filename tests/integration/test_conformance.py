"""The conformance kit: our own servers pass it, and each planted defect is found by the case that is named for it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.conformance.outcomes import TargetRole
from compose.conformance.people import FixedPerson, records
from compose.conformance.registry import cases
from compose.conformance.running import MOST_SILENT, CaseResult
from federation.v1 import query_pb2
from tests.support.conformance import JUSTICE, POLICE, Bench, bench, results
from tests.support.credulous import credulous
from tests.support.defects import Defect
from tests.support.planted import RIGHT, SHARED, STATUSES
from tests.support.planted_gateways import AT_GATEWAYS, SILENCE_IS_NONE
from tests.support.planted_nodes import AT_NODES, flooding, hanging

DEFECTS = [
    (defect, role) for defect in (*SHARED, *STATUSES, *AT_NODES, *AT_GATEWAYS) for role in defect.roles
]
_OF_ROLE = {role.value: {case.name for case in cases() if role in case.roles} for role in TargetRole}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    question = query_pb2.Query(
        purpose=query_pb2.PURPOSE_CASE,
        subject=FixedPerson.unknown().subject(),
        case_number="（2026）京0105刑初1号",
    )
    RIGHT.body = question.SerializeToString()
    with bench(tmp_path_factory.mktemp("conformance")) as found:
        for role in ("node", "gateway"):
            played = found.played(role, "envelope-accepted", fed=True)
            assert [each.result for each in played] == [CaseResult.PASSED]
        yield found


def test_our_own_node_passes_every_case(running: Bench) -> None:
    found = results(running.played("node"))
    assert found.keys() == _OF_ROLE["node"]
    assert {name: said for name, said in found.items() if said[0] is not CaseResult.PASSED} == {}


def test_our_own_gateway_passes_every_case_with_and_without_a_stopped_node(running: Bench) -> None:
    found = results(running.played("gateway"))
    assert found.keys() == _OF_ROLE["gateway"]
    left = {name for name, said in found.items() if said[0] is not CaseResult.PASSED}
    assert left == {"completeness-stopped-node"}, found
    running.servers.stop(JUSTICE)
    try:
        assert (
            results(running.played("gateway", "completeness-stopped-node")).popitem()[1][0]
            is CaseResult.PASSED
        )
        with pytest.MonkeyPatch.context() as patch:
            SILENCE_IS_NONE.plant(patch)
            assert_found(running, SILENCE_IS_NONE, "gateway")
    finally:
        running.servers.start(JUSTICE)


def assert_found(running: Bench, defect: Defect, role: str) -> None:
    named = [name for name in defect.found_by if name in _OF_ROLE[role]]
    assert named, "a defect that no case of this role is named for"
    found = results(running.played(role, *named))
    passed = {name: said for name, said in found.items() if said[0] is not CaseResult.FAILED}
    assert passed == {}, "not found"


@pytest.mark.parametrize(
    ("defect", "role"), DEFECTS, ids=[f"{role}: {defect.name}" for defect, role in DEFECTS]
)
def test_a_planted_defect_is_found_by_the_case_named_for_it(
    running: Bench, defect: Defect, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    defect.plant(monkeypatch)
    if not defect.restart:
        assert_found(running, defect, role)
        return
    running.servers.stop(POLICE)
    running.servers.start(POLICE)
    try:
        assert_found(running, defect, role)
    finally:
        monkeypatch.undo()
        running.servers.stop(POLICE)
        running.servers.start(POLICE)


def test_more_than_forty_defects_are_planted() -> None:
    assert len(DEFECTS) + 1 >= 40


def test_a_node_that_hangs_ends_the_run_and_the_rest_is_not_run(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    hanging(over)(monkeypatch)
    try:
        played = running.played("node", call_s=0.5)
    finally:
        over.set()
    silent = [each for each in played if "no answer within 0.5 s" in each.says]
    assert len(silent) >= MOST_SILENT
    assert played[-1].result is CaseResult.NOT_RUN
    assert "cases in a row" in played[-1].says


def test_a_node_that_answers_too_much_fails_with_the_bytes_that_were_sent(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    flooding()(monkeypatch)
    [played] = running.played("node", "wire-page")
    assert played.result is CaseResult.FAILED
    assert "RESPONSE_TOO_LARGE" in played.says or "EXHAUSTED" in played.says
    assert played.sent


def test_a_run_keeps_its_limit_of_time(running: Bench) -> None:
    before = time.monotonic()
    played = running.played("node", within_s=0.0)
    assert {each.result for each in played} == {CaseResult.NOT_RUN}
    assert "--within" in played[0].says
    assert time.monotonic() >= before


def test_nobody_at_the_address_is_said_of_each_case_until_the_rest_is_not_run(running: Bench) -> None:
    ran = CliRunner().invoke(
        main,
        [
            "conformance", "--target", "localhost:1", "--certs", str(running.folder), "--role", "node",
            "--installation", "police/node/police-1", "--entered", "--json", "--call", "5",
        ],
    )  # fmt: skip
    assert ran.exit_code == 1, ran.output
    document = json.loads(ran.output)
    assert document["counts"]["passed"] == 0
    assert document["counts"]["failed"] == MOST_SILENT
    assert all("cases in a row" in case["says"] for case in document["cases"][MOST_SILENT:])


def test_the_command_reports_a_failure_with_duty_requirement_and_bytes(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    defect = next(each for each in SHARED if each.name == "clock ignored")
    defect.plant(monkeypatch)
    words = ["conformance", "--target", running.endpoint("node"), "--certs", str(running.folder), "--entered"]
    ran = CliRunner().invoke(main, [*words, "--case", "envelope-expired", "--json"])
    assert ran.exit_code == 1, ran.output
    [case] = json.loads(ran.output)["cases"]
    assert (case["case"], case["result"], case["requirements"]) == ("envelope-expired", "failed", ["R53"])
    assert case["says"] == "the question was answered"
    assert "120 seconds" in case["duty"]
    assert bytes.fromhex(case["sent"])
    assert bytes.fromhex(case["received"])
    shown = CliRunner().invoke(main, [*words, "--case", "envelope-expired"], env={"COLUMNS": "200"})
    assert shown.exit_code == 1
    assert "envelope-expired" in shown.output


def test_what_could_not_be_run_is_no_success(running: Bench) -> None:
    words = ["conformance", "--target", running.endpoint("gateway"), "--certs", str(running.folder)]
    ran = CliRunner().invoke(
        main, [*words, "--role", "gateway", "--entered", "--case", "completeness-stopped-node", "--json"]
    )
    assert ran.exit_code == 4, ran.output
    assert json.loads(ran.output)["counts"] == {"passed": 0, "failed": 0, "not run": 1}


def test_a_node_that_checks_no_envelope_no_purpose_and_no_seal_fails_by_name(running: Bench) -> None:
    federation = running.servers.federation
    with credulous(federation.party(POLICE), federation.charter(), records()) as address:
        words = ["conformance", "--target", address, "--certs", str(running.folder), "--installation", POLICE]
        ran = CliRunner().invoke(main, [*words, "--entered", "--json"])
    assert ran.exit_code == 1, ran.output
    found = {case["case"]: case["result"] for case in json.loads(ran.output)["cases"]}
    sound = {"wire-page", "wire-stream", "completeness-order", "completeness-nobody", "completeness-record"}
    sound |= {"evidence-signature", "evidence-paths", "evidence-request", "evidence-commitment"}
    assert {found[name] for name in sound} == {"passed"}
    lacking = {name for name in found if name.startswith(("envelope-", "purpose-", "sealing-"))}
    lacking -= {"envelope-accepted", "envelope-second-attempt", "sealing-opened"}
    lacking -= {"sealing-by-name"}  # it finds nobody by name
    lacking |= {
        "identity-no-certificate",
        "identity-foreign-authority",
        "identity-callers",
        "evidence-logged",
        "evidence-goes-on",
    }
    assert {name for name in lacking if found[name] != "failed"} == set()
