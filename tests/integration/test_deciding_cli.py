"""Officers finish their work on seals from the command line, and every command takes every kind of document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from google.protobuf.json_format import MessageToDict

from compose.cli import main
from compose.local.layout import NODES
from federation.v1 import document_pb2, query_pb2, record_pb2
from tests.support import applying, asking
from tests.support.local import LocalFederation
from tests.support.records import MINOR, Someone, case_number, record, sealed_record
from tests.support.waiting import wait_for

RESTS = ("--reason", "核对", "--instrument", "（2026）核字第1号|某市公安局")
UNKNOWN = record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE


class Commands:
    """`hutong` at one federation."""

    def __init__(self, federation: LocalFederation, folder: Path) -> None:
        self._home, self.folder = str(federation.layout.home), folder

    def run(self, *words: str, officer: str = "甲", node: str = "police-1", code: int = 0) -> Result:
        """Run a command whose words end where its arguments begin."""
        split = next(
            (n for n, word in enumerate(words) if word.startswith("-") or len(word) > 20), len(words)
        )
        where = ("--home", self._home, "--officer", officer, *(("--node", node) if node else ()))
        ran = CliRunner().invoke(main, [*words[:split], *where, *words[split:]])
        assert ran.exit_code == code, ran.output
        return ran

    def sealing(self, command: str, *words: str, code: int = 0, node: str = "police-1") -> Result:
        return self.run("node", "sealing", command, *words, code=code, node=node)


@pytest.fixture
def commands(running_federation: LocalFederation, tmp_path: Path) -> Commands:
    (tmp_path / "id.pdf").write_text("证件", "utf-8")
    return Commands(running_federation, tmp_path)


def timeless(someone: Someone) -> record_pb2.Record:
    made = record(someone, "police")
    for name in ("conduct_from", "conduct_to"):
        made.offences[0].ClearField(name)
        made.unknowns.add(field=f"offences[0].{name}", reason=UNKNOWN)
    return made


def finding(federation: LocalFederation, someone: Someone) -> str:
    answer = federation.client("court").ask(asking.case(someone.subject())).answer
    return query_pb2.Finding.Name(answer.finding).removeprefix("FINDING_")


def test_a27_the_walk_of_a_withheld_adult(running_federation: LocalFederation, commands: Commands) -> None:
    """Withheld, applied for, verified, decided, disclosed: docs/walks.md, command by command."""
    someone = Someone(name="李四")
    record_id = running_federation.enter("police", timeless(someone)).record_id
    paper = f"={commands.folder / 'id.pdf'}"
    submitted = commands.run(
        "apply", "submit", "--kind", "own", "--name", someone.name, "--id", f"citizen_id={someone.number}",
        "--household", "110105", "--reason", "求职", "--paper", f"identity_document{paper}",
        "--paper", f"application_form{paper}", "--json",
    )  # fmt: skip
    number = json.loads(submitted.output)["application"]["number"]
    commands.run("apply", "accept", number)
    commands.run("apply", "review", number, officer="乙")
    refused = commands.run("apply", "handle", number, officer="丙", code=1)
    assert "VERIFYING" in refused.output
    leader = ("--note", "核查", "--approved-by", "县局长")
    commands.run("apply", "handle", "--decision", "verify", *leader, number, officer="丙")

    listed = commands.run("node", "withheld", "--json")
    [task] = [t for t in json.loads(listed.output) if t["record_id"] == record_id]
    assert (task["proposed"], bool(task["awaited_on"])) == ("PROPOSED_DECISION_OF_AGE", True)
    table = commands.run("node", "withheld").output
    assert record_id in table, "an officer copies it from there"
    assert "proposed" in table
    saved = commands.folder / "record.json"
    examined = commands.sealing("examine", "--reason", "作出决定", "--out", str(saved), record_id)
    assert someone.number in examined.output
    assert json.loads(saved.read_text("utf-8"))["record_id"] == record_id
    alone = commands.sealing("decide", "--version", "1", *RESTS, record_id, code=1)
    assert "HEAD_NEEDED" in alone.output
    own = commands.sealing("decide", "--version", "1", "--approved-by", "甲", *RESTS, record_id, code=1)
    assert "HEAD_NEEDED" in own.output
    assert finding(running_federation, someone) == "NO_RECORD"
    commands.sealing("decide", "--version", "1", "--approved-by", "县局长", *RESTS, record_id)
    assert finding(running_federation, someone) == "RECORD"

    commands.run("apply", "handle", "--decision", "resume", number, officer="丙")
    done = commands.run("apply", "handle", number, officer="丙")
    assert "不予出具无犯罪记录证明通知书" in done.output
    again = commands.sealing("decide", "--version", "2", "--approved-by", "县局长", *RESTS, record_id, code=1)
    assert "R40" in again.output


def test_r40_what_an_officer_decides_ends_when_the_facts_change(
    running_federation: LocalFederation, commands: Commands
) -> None:
    someone = Someone(name="更正人", born=MINOR)
    made = timeless(someone)
    record_id = running_federation.enter("police", made).record_id
    commands.sealing("decide", "--version", "1", "--approved-by", "县局长", *RESTS, record_id)
    assert finding(running_federation, someone) == "RECORD"
    known = record(someone, "police", number=made.judgment_number.original)
    running_federation.amend("police", record_id, 2, known)
    assert finding(running_federation, someone) == "NO_RECORD", "the days of conduct make a minor"


def test_r40_an_examined_record_is_amended_and_leaves_the_list(
    running_federation: LocalFederation, commands: Commands
) -> None:
    someone = Someone(name="补正人")
    made = timeless(someone)
    record_id = running_federation.enter("police", made).record_id
    saved = commands.folder / "record.json"
    commands.sealing("examine", "--reason", "补正", "--out", str(saved), record_id)
    content = json.loads(saved.read_text("utf-8"))
    content["record"] = MessageToDict(
        record(someone, "police", number=made.judgment_number.original), preserving_proto_field_name=True
    )
    saved.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    commands.run("correct", "amend", "--version", "1", "--reason", "查明行为日期", record_id, str(saved))
    assert finding(running_federation, someone) == "RECORD"


def test_r40_only_what_waits_can_be_examined_and_decided(
    running_federation: LocalFederation, commands: Commands
) -> None:
    sealed = running_federation.enter("police", sealed_record("police")[1]).record_id
    opened = running_federation.enter("police", record(Someone(), "police")).record_id
    messages = set()
    for record_id in (sealed, opened, "00" * 16):
        shown = commands.sealing("examine", "--reason", "看看", record_id, code=1)
        messages.add(shown.output.replace(record_id, ""))
    assert len(messages) == 1
    for record_id in (sealed, opened):
        refused = commands.sealing(
            "decide", "--version", "1", "--approved-by", "县局长", *RESTS, record_id, code=1
        )
        assert "no doubt about age" in refused.output
    unnamed = ("--reason", "核对", "--instrument", "没有机关")
    wrong = commands.sealing("decide", "--version", "1", "--approved-by", "县局长", *unnamed, sealed, code=1)
    assert "InvalidRequest" in wrong.output


def test_r42_a_record_is_sealed_by_order_and_unsealed_on_a_listed_ground(
    running_federation: LocalFederation, commands: Commands
) -> None:
    someone = Someone()
    record_id = running_federation.enter("police", record(someone, "police")).record_id
    commands.sealing("seal", "--version", "1", *RESTS, record_id)
    assert finding(running_federation, someone) == "NO_RECORD"
    ground = ("--ground", "retrial", "--penalty")
    too_light = commands.sealing(
        "unseal", "--version", "2", *ground, "fixed_term:60", *RESTS, record_id, code=1
    )
    assert "more than five years" in too_light.output
    wrong = commands.sealing("unseal", "--version", "2", *ground, "long", *RESTS, record_id, code=1)
    assert "penalty" in wrong.output
    commands.sealing("unseal", "--version", "2", *ground, "fixed_term:72", *RESTS, record_id)
    assert finding(running_federation, someone) == "RECORD"


def test_r45_an_objection_to_a_seal_is_settled_with_a_reason(
    running_federation: LocalFederation, commands: Commands
) -> None:
    someone, number = Someone(born=MINOR, name="异议人"), case_number()
    copy = record(someone, "procuratorate", number=number)
    copy.person.birth_date = "1985-03-04"
    copy.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    held = running_federation.enter("procuratorate", copy).record_id
    sealed = running_federation.enter("police", record(someone, "police", number=number)).record_id

    def waits(agency: str, record_id: str) -> list[str]:
        tasks = running_federation.client(agency).seals.withheld(NODES[agency])
        return [line for t in tasks if t.record_id == record_id for line in [t.rule, *t.objections]]

    wait_for(lambda: waits("procuratorate", held), what="the copy to be held")
    refused = commands.sealing("release", "--version", "2", *RESTS, held, node="procuratorate-1", code=1)
    assert "object to it" in refused.output
    commands.sealing("object", "--version", "2", "--reason", "已成年", held, node="procuratorate-1")
    wait_for(lambda: waits("police", sealed), what="the objection at the holder that sealed")
    commands.sealing("settle", "--version", "1", *RESTS, sealed)
    assert not waits("police", sealed)
    assert finding(running_federation, someone) == "NO_RECORD"


def test_r41_settling_an_objection_that_nobody_made_seals_nothing(
    running_federation: LocalFederation, commands: Commands
) -> None:
    someone = Someone()
    record_id = running_federation.enter("police", record(someone, "police")).record_id
    refused = commands.sealing("settle", "--version", "1", *RESTS, record_id, code=1)
    assert "no objection" in refused.output
    assert finding(running_federation, someone) == "RECORD"


def test_r14_every_command_takes_every_kind_of_document(
    running_federation: LocalFederation, commands: Commands
) -> None:
    someone, passport = Someone(name="外国人"), "E12345678"
    made = record(someone, "police")
    made.person.identifiers[0].type = record_pb2.IDENTIFIER_TYPE_PASSPORT
    made.person.identifiers[0].number = passport
    running_federation.enter("police", made)
    asked = commands.run(
        "ask", "--as", "police", "--purpose", "case", "--case-number", applying.CASE, "--name", someone.name,
        "--id", f"passport={passport}", "--json", node="",
    )  # fmt: skip
    assert json.loads(asked.output)["answer"]["finding"] == "RECORD"
    unknown = commands.run(
        "ask", "--as", "police", "--purpose", "case", "--case-number", "x", "--id", f"library_card={passport}",
        node="", code=1,
    )  # fmt: skip
    assert "passport" in unknown.output
    paper = f"={commands.folder / 'id.pdf'}"
    submitted = commands.run(
        "apply", "submit", "--kind", "own", "--name", someone.name, "--id", f"passport={passport}",
        "--birth-date", someone.born.isoformat(), "--residence", "110105", "--reason", "求职",
        "--paper", f"identity_document{paper}",
        "--nationality", "加拿大", "--stay", "2019年1月1日..2020-06-01", "--stay", "2021-01-01..2021-01-02",
        "--paper", f"application_form{paper}", "--json",
    )  # fmt: skip
    application = json.loads(submitted.output)["application"]
    assert application["submission"]["applicant"]["identifier"]["type"] == "IDENTIFIER_TYPE_PASSPORT"
    commands.run("apply", "accept", application["number"])
    commands.run("apply", "review", application["number"], officer="乙")
    done = commands.run("apply", "handle", application["number"], officer="丙")
    shown = "".join(done.output.split())
    assert "不予出具" in shown
    assert "2019年1月1日至2020年6月1日、2021年1月1日至2021年1月2日" in shown.replace("│", "")


def test_r47_after_a_split_victim_and_offender_are_both_certified_rightly(
    running_federation: LocalFederation, commands: Commands
) -> None:
    """The victim was a minor, so the record was sealed; the true offender was not."""
    victim, offender = Someone(name="受害人", born=MINOR), Someone(name="真犯人")
    record_id = running_federation.enter("police", record(victim, "police")).record_id
    file = commands.folder / "offender.json"
    file.write_text(json.dumps(MessageToDict(record(offender, "police").person)), "utf-8")
    commands.run("identity", "split", "--version", "1", "--offender", str(file), *RESTS, record_id)
    kinds = {
        who.name: applying.answered(running_federation, "police", applying.own(who)).documents[0].kind
        for who in (victim, offender)
    }
    assert kinds == {
        "受害人": document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE,
        "真犯人": document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED,
    }
