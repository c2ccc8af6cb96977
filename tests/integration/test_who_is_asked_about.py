"""Whom a question means: dates that contradict the number, numbers that are only declared, private persons (Q6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.apply.roster_file import read_roster
from compose.cli import main
from compose.local.layout import GATEWAY, node_installation
from federation.errors import InvalidRequest, NotPermitted
from federation.transport.tls import channel
from federation.v1 import application_pb2, document_pb2, lookup_pb2, lookup_pb2_grpc, record_pb2
from federation.v1 import query_pb2 as pb
from tests.support import applying, asking
from tests.support.applying import ACCEPTOR, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone, record, sealed_record

Fed = LocalFederation
WRONG_DAY = "1980-05-07"


def faults(error: InvalidRequest) -> set[tuple[str, str]]:
    return {(v.field, v.rule) for v in error.violations}


def mistyped(someone: Someone, **fields: object) -> pb.Subject:
    """Return the person with another birth date than the number has."""
    subject = someone.subject()
    subject.birth_date = WRONG_DAY
    return subject


@pytest.mark.parametrize("ask", [asking.case, asking.public, asking.defence, asking.own, asking.sealed_case])
def test_r14_a_birth_date_that_contradicts_the_number_clears_nobody(
    running_federation: Fed, ask: Callable[[pb.Subject], pb.Query]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("police").ask(ask(mistyped(Someone())))
    assert faults(refused.value) == {("subject.birth_date", "GB 11643")}


@pytest.mark.parametrize("kind", ["RESIDENCE_PERMIT", "OTHER"])
def test_r14_on_a_permit_too_a_birth_date_that_contradicts_the_number_clears_nobody(
    running_federation: Fed, kind: str
) -> None:
    subject = mistyped(Someone())
    subject.identifiers[0].type = record_pb2.IdentifierType.Value(f"IDENTIFIER_TYPE_{kind}")
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("police").ask(asking.case(subject))
    assert faults(refused.value) == {("subject.birth_date", "GB 11643")}


def test_r14_a_sex_that_contradicts_the_number_is_refused(running_federation: Fed) -> None:
    someone = Someone()
    subject, odd = someone.subject(), int(someone.number[16]) % 2
    subject.sex = record_pb2.SEX_FEMALE if odd else record_pb2.SEX_MALE
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("police").ask(asking.case(subject))
    assert faults(refused.value) == {("subject.sex", "GB 11643")}
    subject.sex = record_pb2.SEX_MALE if odd else record_pb2.SEX_FEMALE
    assert (
        running_federation.client("police").ask(asking.case(subject)).answer.finding == pb.FINDING_NO_RECORD
    )


def test_r14_a_node_refuses_it_too(running_federation: Fed) -> None:
    client = running_federation.client("police")
    body = asking.case(mistyped(Someone())).SerializeToString()
    envelope = client.connection.statement(
        body, method="/federation.v1.QueryService/Ask", destination="gateway"
    )
    request = lookup_pb2.LookupRequest(page=1, questions=[lookup_pb2.Question(envelope=envelope, attempt=1)])
    folder, node = running_federation.layout.folder(GATEWAY), node_installation("police")
    charter = running_federation.charter()
    endpoint = next(n.endpoint for n in charter.nodes if n.installation == node)
    line = channel(
        endpoint, server=node, charter=charter, certificate=folder / "tls.pem", key=folder / "tls.key"
    )
    with line as opened:
        [response] = lookup_pb2_grpc.LookupServiceStub(opened).Lookup(iter([request]), timeout=60)
    answer = lookup_pb2.NodeAnswer.FromString(response.answers[0].answer)
    assert (answer.outcome, answer.reason) == (pb.OUTCOME_REFUSED, "INVALID_REQUEST")


def test_r34_an_application_and_a_roster_are_refused_by_row(running_federation: Fed, tmp_path: Path) -> None:
    one, two = Someone(), Someone()
    submission = applying.own(one)
    submission.subject.birth_date = WRONG_DAY
    window = applications(running_federation, "police", ACCEPTOR)
    with pytest.raises(InvalidRequest) as refused:
        window.submit(submission)
    assert faults(refused.value) == {("subject.birth_date", "GB 11643")}
    many = applying.roster(one, two)
    many.roster.persons[1].birth_date = WRONG_DAY
    with pytest.raises(InvalidRequest) as refused:
        window.submit(many)
    assert faults(refused.value) == {("roster.persons[1].birth_date", "GB 11643")}
    file = tmp_path / "roster.csv"
    rows = [f"{one.name},{one.number},1980-05-06", f"{two.name},{two.number},{WRONG_DAY}"]
    file.write_text("\n".join(["姓名,公民身份号码,出生日期", *rows]), "utf-8")
    read = read_roster(file)
    assert ([p.identifiers[0].number for p in read.persons], read.bad_lines) == ([one.number], [3])


def test_r34_an_agent_is_of_age_by_his_number(running_federation: Fed) -> None:
    submission, agent = applying.own(Someone()), Someone()
    submission.agent.name, submission.agent.birth_date = "代理人", "1970-01-01"
    submission.agent.identifier.CopyFrom(agent.subject().identifiers[0])
    with pytest.raises(InvalidRequest) as refused:
        applications(running_federation, "police", ACCEPTOR).submit(submission)
    assert faults(refused.value) == {("agent.birth_date", "GB 11643")}


@pytest.fixture(scope="module")
def borrowed(running_federation: Fed) -> Someone:
    """Somebody whose number a stranger of another name and birth date declared (冒名)."""
    someone = Someone(name="裘千仞")
    stranger = record(someone)
    stranger.person.names[0].text, stranger.person.birth_date = "裘千丈", "1971-02-03"
    stranger.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    running_federation.enter("procuratorate", stranger)
    return someone


@pytest.mark.parametrize("left_out", ["birth_date", "name and birth_date"])
@pytest.mark.parametrize("ask", [asking.case, asking.public])
def test_r34_a_declared_number_under_another_name_and_birth_date_is_confirmed_first(
    running_federation: Fed, borrowed: Someone, ask: Callable[[pb.Subject], pb.Query], left_out: str
) -> None:
    subject = borrowed.subject()
    for field in left_out.split(" and "):
        subject.ClearField(field)  # type: ignore[arg-type]
    answer = running_federation.client("police").ask(ask(subject)).answer
    assert answer.finding == pb.FINDING_CONFIRM_IDENTITY
    assert not answer.convictions


def test_r34_in_a_roster_by_name_and_number_too(running_federation: Fed, borrowed: Someone) -> None:
    submission = applying.roster(borrowed, Someone(name="郭靖"), basis="TCH-14")
    for person in submission.roster.persons:
        person.ClearField("birth_date")
    [letter] = applying.answered(running_federation, "police", submission).documents
    assert [line.result for line in letter.roster] == [
        document_pb2.DOCUMENT_RESULT_UNSETTLED,
        document_pb2.DOCUMENT_RESULT_NONE,
    ]


def test_r34_an_application_by_name_and_number_gets_no_document_of_it(
    running_federation: Fed, borrowed: Someone
) -> None:
    submission = applying.own(borrowed)
    submission.subject.ClearField("birth_date")
    approved = applying.approved(running_federation, "police", submission).application
    window = applications(running_federation, "police", applying.HANDLER)
    assert window.ask(approved)[1].answer.finding == pb.FINDING_CONFIRM_IDENTITY
    assert approved.state == application_pb2.APPLICATION_STATE_APPROVED


def test_r34_the_own_records_beside_a_borrowed_number_are_shown_without_it(running_federation: Fed) -> None:
    someone = Someone(name="裘千尺")
    own = record(someone, "police")
    stranger = record(someone, "police")
    stranger.person.names[0].text, stranger.person.birth_date = "路人", "1971-02-03"
    stranger.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    for made in (own, stranger):
        running_federation.enter("police", made)
    answer = running_federation.client("court").ask(asking.case(someone.subject())).answer
    assert [c.record.judgment_number.original for c in answer.convictions] == [own.judgment_number.original]
    assert next(o.reason for o in answer.outcomes if o.node == "police-1") == "SAME_NAME_UNIDENTIFIED"


@pytest.mark.parametrize("missing", ["name", "identifiers"])
def test_a22_the_own_record_is_asked_by_name_and_number(running_federation: Fed, missing: str) -> None:
    subject = Someone().subject()
    subject.ClearField(missing)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("police").ask(asking.own(subject))
    assert (f"subject.{missing}", "2021 Provisions art. 4") in faults(refused.value)


@pytest.mark.parametrize("ask", [asking.own, lambda subject: asking.public(subject, "MIN-62")])
def test_a22_a_private_person_asks_about_nobody_else(
    running_federation: Fed, ask: Callable[[pb.Subject], pb.Query]
) -> None:
    query = ask(Someone(name="李四").subject())
    query.on_behalf_of.CopyFrom(pb.Beneficiary(organ_class="person", name="张三"))
    with pytest.raises(InvalidRequest) as refused:
        running_federation.client("police").ask(query)
    assert faults(refused.value) == {("on_behalf_of.name", "2021 Provisions art. 4")}


def test_r42_justice_opens_a_seal_in_its_execution_function_only(running_federation: Fed) -> None:
    someone, made = sealed_record("justice")
    running_federation.enter("justice", made)
    client = running_federation.client("justice")
    query = asking.sealed_case(someone.subject())
    with pytest.raises(NotPermitted) as refused:
        client.ask(query)
    assert [p.id for p in refused.value.policies] == ["q4-justice-not-executing"]
    query = asking.sealed_case(someone.subject())
    query.organ_function = "execution"
    assert client.ask(query).answer.finding == pb.FINDING_RECORD


def test_the_commands_say_what_is_missing(running_federation: Fed) -> None:
    home = ("--home", str(running_federation.layout.home), "--officer", "甲")
    someone = Someone(name="张三")
    asked = ("ask", *home, "--as", "police", "--purpose", "own", "--on-behalf-of", "person:张三")
    done = CliRunner().invoke(main, [*asked, "--id-number", someone.number])
    assert (done.exit_code != 0, "subject.name" in done.output) == (True, True), done.output
    done = CliRunner().invoke(main, [*asked, "--id-number", someone.number, "--name", "张三"])
    assert done.exit_code == 0, done.output
