"""A verified citizen number carries birth date and sex: they count where the record leaves them open (R14, A11)."""

from __future__ import annotations

from datetime import date

import pytest

from compose.local.layout import NODES
from federation.errors import InvalidRequest, OutOfOrder
from federation.v1 import document_pb2, record_pb2
from federation.v1 import query_pb2 as pb
from tests.support import applying, asking
from tests.support.local import LocalFederation
from tests.support.records import HELD_ELSEWHERE, MINOR, Someone, rare_name, record, without

Fed = LocalFederation


def undated(someone: Someone, agency: str = "police", **fields: object) -> record_pb2.Record:
    """Return a record of 2019 whose birth date is unknown; the number was verified."""
    made = record(someone, agency, **fields)  # type: ignore[arg-type]
    return without(made, ["person.birth_date"], HELD_ELSEWHERE)


def test_r40_a_man_of_41_whose_birth_date_only_the_number_says_is_open_and_found(
    running_federation: Fed,
) -> None:
    someone = Someone(name="王二", born=date(1970, 1, 1))
    made = undated(someone, offence="强奸罪", months=48)
    made.offences[0].conduct_from = made.offences[0].conduct_to = "2011-03-01"
    running_federation.enter("police", made)
    client = running_federation.client("police")
    own = pb.Query(
        purpose=pb.PURPOSE_OWN,
        subject=someone.subject(),
        on_behalf_of=pb.Beneficiary(organ_class="person", name=someone.name),
    )
    assert client.ask(own).answer.finding == pb.FINDING_YES
    [conviction] = client.ask(asking.case(someone.subject())).answer.convictions
    assert conviction.record.person.birth_date == "", "the record stays as it was entered"


def test_r40_a_minor_whose_birth_date_only_the_number_says_is_sealed(running_federation: Fed) -> None:
    someone = Someone(born=MINOR)
    running_federation.enter("police", undated(someone))
    client = running_federation.client("police")
    assert client.ask(asking.case(someone.subject())).answer.finding == pb.FINDING_NO_RECORD
    [conviction] = client.ask(asking.sealed_case(someone.subject())).answer.convictions
    assert conviction.sealing_status == record_pb2.SEALING_STATUS_SEALED


def test_r40_a_number_that_is_only_declared_proves_no_age(running_federation: Fed) -> None:
    someone = Someone(name=rare_name())
    made = undated(someone)
    made.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    running_federation.enter("police", made)
    answer = running_federation.client("police").ask(asking.sealed_case(someone.subject())).answer
    [conviction] = answer.convictions
    assert conviction.sealing_status == record_pb2.SEALING_STATUS_WITHHELD


@pytest.mark.parametrize(
    "kind", [record_pb2.IDENTIFIER_TYPE_RESIDENCE_PERMIT, record_pb2.IDENTIFIER_TYPE_OTHER]
)
def test_r40_a_number_of_the_standard_says_its_birth_date_on_a_permit_too(
    running_federation: Fed, kind: record_pb2.IdentifierType.ValueType
) -> None:
    """Residents of Hong Kong, Macao and Taiwan bear them on permits; a permit was once kept as another document."""
    adult, minor = Someone(), Someone(born=MINOR)
    client = running_federation.client("police")
    findings = list[str]()
    for someone in (adult, minor):
        made = undated(someone, months=48)
        made.person.identifiers[0].type = kind
        running_federation.enter("police", made)
        subject = someone.subject()
        subject.identifiers[0].type = kind
        findings.append(pb.Finding.Name(client.ask(asking.own(subject)).answer.finding))
    assert findings == ["FINDING_YES", "FINDING_NO"]


def test_a11_a_stated_birth_date_against_the_verified_number_is_entered_and_withheld(
    running_federation: Fed,
) -> None:
    """The ordinary dispute about age: by one of the two the person was under eighteen, by the other not."""
    someone = Someone(born=MINOR)
    disputed = record(someone, "police")
    disputed.person.birth_date = "2000-03-04"
    running_federation.enter("police", disputed)
    found = record(someone, "police", offence="诈骗罪")
    found.person.birth_date = "2000-03-04"
    found.court_age_finding = record_pb2.COURT_AGE_FINDING_ADULT
    running_federation.enter("police", found)
    client = running_federation.client("police")
    [conviction] = client.ask(asking.case(someone.subject())).answer.convictions
    assert conviction.record.offences[0].name == "诈骗罪", "there the court found the age"
    statuses = [
        c.sealing_status for c in client.ask(asking.sealed_case(someone.subject())).answer.convictions
    ]
    assert sorted(statuses) == [record_pb2.SEALING_STATUS_OPEN, record_pb2.SEALING_STATUS_WITHHELD]
    assert "S1-AGE-DISPUTED" in {task.rule for task in client.seals.withheld(NODES["police"])}


def test_r45_the_gateway_reads_the_number_where_no_agency_states_the_date(running_federation: Fed) -> None:
    someone, number = Someone(), ""
    for agency in ("police", "procuratorate"):
        made = undated(someone, agency, number=number)
        number = made.judgment_number.original
        running_federation.enter(agency, made)
    answer = running_federation.client("court").ask(asking.case(someone.subject())).answer
    [conviction] = answer.convictions
    assert {facet.node for facet in conviction.facets} == {NODES["police"], NODES["procuratorate"]}


@pytest.mark.parametrize("where", ["name and birth date", "number"])
def test_r14_who_is_asked_about_is_found_by_what_the_number_says(running_federation: Fed, where: str) -> None:
    someone = Someone(name="数字所载")
    running_federation.enter("police", undated(someone))
    subject = someone.subject()
    subject.ClearField("identifiers" if where == "name and birth date" else "name")
    outcomes = running_federation.client("police").ask(asking.case(subject)).answer.outcomes
    found = pb.OUTCOME_SEVERAL if where == "name and birth date" else pb.OUTCOME_MATCH
    assert next(o.outcome for o in outcomes if o.node == "police-1") == found


def test_r14_conduct_before_the_birth_inside_the_number_is_refused(running_federation: Fed) -> None:
    made = undated(Someone(born=date(2015, 1, 1)))
    made.offences[0].conduct_from = made.offences[0].conduct_to = "2011-03-01"
    with pytest.raises(InvalidRequest) as caught:
        running_federation.enter("police", made)
    assert {v.field for v in caught.value.violations} == {
        "offences[0].conduct_from",
        "offences[0].conduct_to",
    }


def test_r34_a_record_whose_only_birth_date_is_in_a_made_up_number_is_put_before_a_person(
    running_federation: Fed,
) -> None:
    """By the true number and name, at every door; else the bearer would have a clean certificate."""
    someone = Someone(name=rare_name())
    made = undated(Someone(name=someone.name, born=date(1991, 2, 3)))
    made.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    made.person.sex, made.adulthood_proven = record_pb2.SEX_UNKNOWN, True
    running_federation.enter("police", made)
    client = running_federation.client("police")
    for ask in (asking.case, asking.public, asking.own):
        assert client.ask(ask(someone.subject())).answer.finding == pb.FINDING_CONFIRM_IDENTITY
    [letter] = applying.answered(
        running_federation, "police", applying.roster(someone, Someone(name=rare_name()), basis="TCH-14")
    ).documents
    assert [line.result for line in letter.roster] == [
        document_pb2.DOCUMENT_RESULT_UNSETTLED,
        document_pb2.DOCUMENT_RESULT_NONE,
    ]
    with pytest.raises(OutOfOrder, match="identity to be confirmed"):
        applying.answered(running_federation, "police", applying.own(someone))
    liar = Someone(name=someone.name, born=date(1991, 2, 3)).subject()
    liar.ClearField("name")
    asked = client.ask(asking.case(liar)).answer
    assert asked.finding != pb.FINDING_RECORD, "the number is somebody else's"


def test_r34_a_stated_birth_date_or_a_verified_number_keeps_a_namesake_apart(running_federation: Fed) -> None:
    someone = Someone(name=rare_name())
    stated = record(Someone(name=someone.name, born=date(1991, 2, 3)), "police")
    stated.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    running_federation.enter("police", stated)
    running_federation.enter("police", undated(Someone(name=someone.name, born=date(1992, 2, 3))))
    asked = running_federation.client("police").ask(asking.case(someone.subject())).answer
    assert asked.finding == pb.FINDING_NO_RECORD
