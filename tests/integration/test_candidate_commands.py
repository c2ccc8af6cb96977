"""The commands on candidates and former names, as an officer of the holder types them (R34)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2 as rec
from tests.support import asking
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import HELD_ELSEWHERE, Someone, record, without

Fed = LocalFederation
DOCUMENT = "（2026）核字第3号|北京市公安局朝阳分局"
CLEAN, CONFIRM, RECORD = pb.FINDING_NO_RECORD, pb.FINDING_CONFIRM_IDENTITY, pb.FINDING_RECORD


def run(federation: Fed, *arguments: str) -> Result:
    """Run `hutong identity` at the police's node."""
    home = ("--home", str(federation.layout.home), "--officer", OFFICER, "--node", "police-1")
    return CliRunner().invoke(main, ["identity", arguments[0], *home, *arguments[1:]], env={"COLUMNS": "400"})


def answered(federation: Fed, *arguments: str) -> Any:
    done = run(federation, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def finding(federation: Fed, subject: pb.Subject) -> pb.Finding.ValueType:
    return federation.client("court").ask(asking.case(subject)).answer.finding


def test_r34_the_officer_finds_the_candidate_and_decides(running_federation: Fed) -> None:
    made = without(
        record(Someone(name="段延庆"), "police"), ["person.identifiers", "person.birth_date"], HELD_ELSEWHERE
    )
    made.person.names[0].kind, made.person.sex = rec.NAME_KIND_DECLARED, rec.SEX_UNKNOWN
    made.adulthood_proven = True
    running_federation.enter("police", made)
    applicant = Someone(name="段延慶")
    assert finding(running_federation, applicant.subject()) == CONFIRM
    who = ("--name", applicant.name, "--number", applicant.number)
    [candidate] = answered(running_federation, "candidates", *who, "--reason", "申请被拦下")
    assert candidate["record"]["person"]["names"][0]["text"] == "段延庆", "as it was written"
    because = ("--reason", "指纹不同", "--instrument", DOCUMENT)
    version = ("--version", str(candidate["version"]))
    done = run(running_federation, "not-this-person", candidate["record_id"], *version, *who, *because)
    assert (done.exit_code, "指纹不同" in done.output) == (0, True), done.output
    assert finding(running_federation, applicant.subject()) == CLEAN
    decision = answered(running_federation, "distinctions")[0]
    assert (decision["stands"], decision["events"][0]["officer"]) == (True, OFFICER)
    undone = answered(running_federation, "undo-distinction", decision["distinction_id"], "--reason", "有误")
    assert "stands" not in undone[0]
    assert finding(running_federation, applicant.subject()) == CONFIRM
    shown = run(running_federation, "candidates", *who, "--reason", "复核")
    assert candidate["record_id"] in shown.output
    kinds = [e["kind"] for e in running_federation.node_entries("police")]
    for kind in (
        "candidates_shown",
        "persons_distinguished",
        "distinctions_shown",
        "distinction_undone",
    ):
        assert kind in kinds


@pytest.mark.parametrize("typed", ["passport", "citizen_id"])
def test_r34_a_former_name_and_number_find_the_record(running_federation: Fed, typed: str) -> None:
    someone, before = Someone(name="木婉清"), Someone(name=f"秦红棉{typed}")
    number = before.number if typed == "citizen_id" else f"E{before.serial:08d}"
    receipt = running_federation.enter("police", record(someone, "police"))
    subject = pb.Subject(name=before.name, birth_date=before.born.isoformat())
    kind = rec.IdentifierType.Value(f"IDENTIFIER_TYPE_{typed.upper()}")
    subject.identifiers.add(type=kind, number=number)
    by_name = pb.Subject(name=before.name, birth_date=someone.born.isoformat())
    assert [finding(running_federation, each) for each in (subject, by_name)] == [CLEAN, CLEAN]
    done = run(
        running_federation, "add-former", receipt.record_id, "--version", "1", "--name", before.name,
        "--number", f"{typed}={number}", "--reason", "曾用名", "--instrument", DOCUMENT,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert finding(running_federation, subject) == RECORD
    assert finding(running_federation, by_name) == CONFIRM
    answer = running_federation.client("court").ask(asking.case(someone.subject())).answer
    person = answer.convictions[0].record.person
    assert [i.former for i in person.identifiers] == [False, True]
    assert person.names[1].kind == rec.NAME_KIND_FORMER


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--number", "tattoo=1"), "citizen_id, passport"),
        (("--name", "张三"), "number"),
        (("--name", "张三", "--birth-date", "1990-13-01"), "birth_date"),
    ],
)
def test_a_wrong_person_is_named_by_field(
    running_federation: Fed, arguments: tuple[str, ...], says: str
) -> None:
    done = run(running_federation, "candidates", *arguments, "--reason", "查")
    assert (done.exit_code, says in done.output) == (1, True), done.output
