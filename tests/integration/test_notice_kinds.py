"""Foreigners, remands, parole, death, pardon, local titles: notices beside the ordinary way (A15, A16, A19, A20)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from google.protobuf.json_format import MessageToJson

from compose.cli import main
from federation.errors import NotFound
from federation.notices.receipts import Tracked
from federation.v1 import notice_pb2 as pb
from federation.v1 import query_pb2, record_pb2, registry_pb2
from tests.support.asking import case
from tests.support.local import LocalFederation
from tests.support.notices import after, correction, judgment, refused, release, sent, settled, stages
from tests.support.records import Someone, case_number

Fed = LocalFederation
PARDON, DEATH = pb.NOTICE_KIND_PARDON, pb.NOTICE_KIND_DEATH


def finding(fed: Fed, someone: Someone) -> query_pb2.Finding.ValueType:
    return fed.client("police").ask(case(someone.subject())).answer.finding


def history(fed: Fed, entered: Tracked) -> list[registry_pb2.RecordEvent]:
    """Return every version of the record that the police entered from a judgment."""
    record_id = next(r.record_id for who, r in entered.stages if who.endswith("police-1"))
    return fed.client("police").register.history("police-1", record_id)


def events(fed: Fed, entered: Tracked) -> list[str]:
    """Return what field 8 says now, by the newest version at the police."""
    newest = history(fed, entered)[-1].record
    return [record_pb2.ExecutionKind.Name(e.kind).removeprefix("EXECUTION_KIND_") for e in newest.execution]


def about(first: pb.Notice, kind: pb.NoticeKind.ValueType, **fields: object) -> pb.Notice:
    """Return a notice on the judgment of `first`."""
    return pb.Notice(
        kind=kind,
        matter=pb.MATTER_ORDINARY,
        occurred_on="2021-08-02",
        person=first.record.person,
        judgment=pb.JudgmentReference(number=first.record.judgment_number, court=first.record.court),
        **fields,  # type: ignore[arg-type]
    )


def test_a15_a_foreigner_is_registered_at_the_place_of_trial(running_federation: Fed) -> None:
    notice = judgment(Someone(name="约翰史密斯"))
    person = notice.record.person
    del person.identifiers[:]
    person.identifiers.add(
        type=record_pb2.IDENTIFIER_TYPE_PASSPORT,
        number="C01X00T47",
        verification=record_pb2.VERIFICATION_VERIFIED,
    )
    person.nationality = "DEU"
    person.ClearField("household_division")
    person.ClearField("household_as_of")
    notice.record.unknowns.add(
        field="person.household_division", reason=record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
    )
    (tracked,) = sent(running_federation.client("court"), notice)
    assert stages(tracked)["police-1"] == "registered"
    (entered,) = history(running_federation, tracked)
    assert entered.record.person.nationality == "DEU"
    subject = query_pb2.Subject(identifiers=person.identifiers, name="约翰史密斯")
    assert running_federation.client("police").ask(case(subject)).answer.finding == query_pb2.FINDING_RECORD
    notice.ClearField("trial_division")
    assert {field for _, field in refused(running_federation.client("court"), notice)} & {
        "trial_division",
        "person.household_division",
    }


@pytest.mark.parametrize("division", ["810000", "820000", "710000"])
def test_a15_who_is_registered_in_hong_kong_macao_or_taiwan_goes_to_the_place_of_trial(
    running_federation: Fed, division: str
) -> None:
    notice = judgment(Someone())
    notice.record.person.household_division = division
    (tracked,) = sent(running_federation.client("court"), notice)
    assert stages(tracked)["police-1"] == "registered"


def test_a16_a_judgment_set_aside_with_remand_leaves_every_answer_until_there_is_a_new_one(
    running_federation: Fed,
) -> None:
    court, someone = running_federation.client("court"), Someone()
    first = judgment(someone)
    (entered,) = sent(court, first)
    assert finding(running_federation, someone) == query_pb2.FINDING_RECORD
    remand = about(
        first, pb.NOTICE_KIND_RETRIAL_CHANGE, retrial=pb.RETRIAL_OUTCOME_SET_ASIDE, reason="撤销原判,发回重审"
    )
    (tracked,) = sent(court, remand)
    assert set(stages(tracked).values()) == {"accepted", "registered"}
    assert finding(running_federation, someone) == query_pb2.FINDING_NO_RECORD
    for agency, node in (
        ("police", "police-1"),
        ("procuratorate", "procuratorate-1"),
        ("justice", "justice-1"),
    ):
        kinds = [e["kind"] for e in running_federation.node_entries(agency)]
        assert "withdrawn" in kinds, node
    again = judgment(someone, number=case_number(), months=24)
    sent(court, again)
    answer = running_federation.client("police").ask(case(someone.subject())).answer
    assert answer.finding == query_pb2.FINDING_RECORD
    assert len(answer.convictions) == 1
    assert stages(entered)["police-1"] == "registered"


def test_a19_parole_comes_as_n2_and_ends_by_n4(running_federation: Fed) -> None:
    court, first = running_federation.client("court"), judgment(Someone())
    (entered,) = sent(court, first)
    paroled = about(first, pb.NOTICE_KIND_JUDGMENT_INFORMATION, reason="裁定假释")
    paroled.execution.add(
        kind=record_pb2.EXECUTION_KIND_PAROLED, on="2021-08-02", executor="北京市朝阳区司法局"
    )
    (tracked,) = sent(court, paroled)
    assert set(stages(tracked).values()) == {"accepted", "registered"}
    assert events(running_federation, entered) == ["PAROLED"]
    sent(running_federation.client("county_justice"), correction(first))
    assert events(running_federation, entered) == ["PAROLED", "DISCHARGED"]


def test_a19_an_n2_tells_new_values_or_one_ruling_and_never_what_custody_tells(
    running_federation: Fed,
) -> None:
    court, first = running_federation.client("court"), judgment(Someone())
    sent(court, first)
    neither = about(first, pb.NOTICE_KIND_JUDGMENT_INFORMATION, reason="无")
    assert refused(court, neither) == {("R24", "changed_fields")}
    neither.execution.add(kind=record_pb2.EXECUTION_KIND_COMPLETED, on="2021-08-02", executor="法院")
    assert refused(court, neither) == {("R31", "execution[0].kind")}


@pytest.mark.parametrize(
    ("sender", "kind", "event", "phrase"),
    [
        ("prison", DEATH, record_pb2.EXECUTION_KIND_DIED, "DIED"),
        ("detention_house", DEATH, record_pb2.EXECUTION_KIND_DIED, "DIED"),
        ("county_justice", DEATH, record_pb2.EXECUTION_KIND_DIED, "DIED"),
        ("court", DEATH, record_pb2.EXECUTION_KIND_EXECUTED, "EXECUTED"),
        ("prison", PARDON, record_pb2.EXECUTION_KIND_PARDONED, "PARDONED"),
        ("court", PARDON, record_pb2.EXECUTION_KIND_PARDONED, "PARDONED"),
    ],
)
def test_a19_death_and_pardon_are_extensions_that_end_the_execution(
    running_federation: Fed,
    sender: str,
    kind: pb.NoticeKind.ValueType,
    event: record_pb2.ExecutionKind.ValueType,
    phrase: str,
) -> None:
    first = judgment(Someone())
    (entered,) = sent(running_federation.client("court"), first)
    (tracked,) = sent(running_federation.client(sender), after(first, kind, event, "2021-08-02"))
    assert set(stages(tracked).values()) == {"accepted", "registered"}
    assert events(running_federation, entered) == [phrase]


def test_a19_a_notice_of_death_tells_a_death(running_federation: Fed) -> None:
    pardon = after(judgment(Someone()), PARDON, record_pb2.EXECUTION_KIND_PARDONED, "2021-08-02")
    pardon.kind = DEATH
    assert ("R31", "execution[0].kind") in refused(running_federation.client("prison"), pardon)


def test_a20_a_notice_is_called_as_the_opinions_call_it_or_as_its_sender_does(
    running_federation: Fed,
) -> None:
    court, prison = running_federation.client("court"), running_federation.client("prison")
    first, second = judgment(Someone()), judgment(Someone())
    of_first, of_second = sent(court, first, second)
    bureau = running_federation.client("county_justice")
    titled = correction(first)
    titled.local_title = "解除社区矫正通知书"
    sent(bureau, titled)
    assert history(running_federation, of_first)[-1].provenance.instrument.reference == "解除社区矫正通知书"
    sent(prison, release(second))
    instrument = history(running_federation, of_second)[-1].provenance.instrument
    assert instrument.reference == "刑满释放人员通知书"
    assert instrument.kind == record_pb2.INSTRUMENT_KIND_NOTICE
    third = judgment(Someone())
    third.local_title = "名" * 401
    assert refused(court, third) == {("SIZE", "local_title")}


@pytest.mark.parametrize(
    ("matter", "registrar"),
    [
        (pb.MATTER_STATE_SECURITY, "state-security-1"),
        (pb.MATTER_PROCURATORATE, "procuratorate-1"),
        (pb.MATTER_ORDINARY, "police-1"),
        (pb.MATTER_MILITARY, "police-1"),
    ],
)
def test_a1_the_matter_decides_which_agency_registers(
    running_federation: Fed, matter: pb.Matter.ValueType, registrar: str
) -> None:
    notice = judgment(Someone())
    notice.matter = matter
    (tracked,) = sent(running_federation.client("court"), notice)
    addressees = {a.node: a.addressing for a in tracked.stages[0][1].addressees}
    assert addressees[registrar] == pb.ADDRESSING_REGISTRATION
    assert [n for n, a in addressees.items() if a == pb.ADDRESSING_REGISTRATION] == [registrar]
    assert stages(tracked)[registrar] == "registered"


def test_r24_a_courts_notice_of_sealing_seals_the_judgment_at_every_holder(running_federation: Fed) -> None:
    """犯罪记录封存通知书 (2022 Measures art. 11): sealed at once, though the register's own facts do not say minor."""
    someone = Someone()
    first = judgment(someone)
    (entered,) = sent(running_federation.client("court"), first)
    assert finding(running_federation, someone) == query_pb2.FINDING_RECORD
    notice = about(first, pb.NOTICE_KIND_SEALING, reason="犯罪时不满十八周岁")
    (tracked,) = sent(running_federation.client("court"), notice)
    assert {"police-1", "procuratorate-1", "justice-1"} <= stages(tracked).keys()
    assert stages(tracked)["police-1"] == "registered"
    assert finding(running_federation, someone) == query_pb2.FINDING_NO_RECORD
    police = running_federation.client("police")
    record_id = next(r.record_id for who, r in entered.stages if who.endswith("police-1"))
    with pytest.raises(NotFound):
        police.register.show("police-1", record_id)
    again = about(first, pb.NOTICE_KIND_SEALING, reason="再次通知")
    (repeated,) = sent(running_federation.client("court"), again)
    assert stages(repeated)["police-1"] == "registered"
    assert finding(running_federation, someone) == query_pb2.FINDING_NO_RECORD


def test_r24_a_court_notifies_a_sealing_from_the_command_line(
    running_federation: Fed, tmp_path: Path
) -> None:
    someone = Someone()
    first = judgment(someone)
    sent(running_federation.client("court"), first)
    notice = about(first, pb.NOTICE_KIND_SEALING, reason="犯罪时不满十八周岁")
    file = tmp_path / "sealing.json"
    file.write_text(MessageToJson(notice), "utf-8")
    home = str(running_federation.layout.home)
    told = CliRunner().invoke(
        main, ["notify", "sealing", "--home", home, "--officer", "法官", str(file), "--json"]
    )
    assert told.exit_code == 0, told.output
    [receipt] = json.loads(told.output)
    settled(running_federation.client("court"), [bytes.fromhex(receipt["notice"])])
    assert finding(running_federation, someone) == query_pb2.FINDING_NO_RECORD


def test_r24_a_notice_of_sealing_comes_from_a_court_with_judgment_and_reason(running_federation: Fed) -> None:
    first = judgment(Someone())
    bare = about(first, pb.NOTICE_KIND_SEALING)
    assert ("R2", "reason") in refused(running_federation.client("court"), bare)
    no_judgment = pb.Notice(
        kind=pb.NOTICE_KIND_SEALING,
        matter=pb.MATTER_ORDINARY,
        occurred_on="2021-08-02",
        person=first.record.person,
        reason="犯罪时不满十八周岁",
    )
    assert ("R29", "judgment") in refused(running_federation.client("court"), no_judgment)


def test_r31_a_notice_of_sealing_that_fits_nobody_tells_its_sender_nothing(running_federation: Fed) -> None:
    notice = about(judgment(Someone()), pb.NOTICE_KIND_SEALING, reason="犯罪时不满十八周岁")
    (tracked,) = sent(running_federation.client("court"), notice)
    assert stages(tracked)["police-1"] == "received"
