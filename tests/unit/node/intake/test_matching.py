"""A number of the standard leads from a notice to its record, whatever document either side says it is on (R31)."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.v1 import record_pb2 as pb
from node.intake import matching
from node.store.reading import open_reader
from tests.support.noticed import wrong_digit
from tests.support.notices import judgment, release
from tests.support.records import Someone
from tests.support.register import NEW, RegisterUnderTest


@pytest.fixture
def register(tmp_path: Path) -> RegisterUnderTest:
    made = RegisterUnderTest(tmp_path)
    made.profile = NEW
    return made


@pytest.mark.parametrize(
    "kind", [pb.IDENTIFIER_TYPE_CITIZEN_ID, pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT, pb.IDENTIFIER_TYPE_OTHER]
)
def test_r31_a_mistyped_number_of_the_standard_leads_to_its_record_on_every_document(
    register: RegisterUnderTest, kind: pb.IdentifierType.ValueType
) -> None:
    """Residents of Hong Kong, Macao and Taiwan and foreigners bear such numbers on permits (decision 171)."""
    someone = Someone(name="慕容复")
    judged = judgment(someone)
    judged.record.person.identifiers[0].type = kind
    register.enter(judged.record)
    notice = release(judged)
    notice.person.identifiers[0].number = wrong_digit(someone.number)
    notice.person.names[0].text = "慕容博"
    notice.person.ClearField("birth_date")
    reader = open_reader(register.journal.engine, register.shared().sealer.open_vault)
    [candidate] = matching.candidates(reader, register.shared(), notice)
    assert "identity number differs in one digit" in candidate.reasons


def test_r31_a_release_ends_the_only_conviction_under_a_number_typed_as_another_document(
    register: RegisterUnderTest,
) -> None:
    judged = judgment(Someone(name="段延庆"))
    register.enter(judged.record)
    notice = release(judged)
    notice.ClearField("judgment")
    notice.person.identifiers[0].type = pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT
    with register.journal.reading() as view:
        assert matching.only_fitting(view, register.shared(), notice) is not None
        notice.person.names[0].text = "段正淳"
        notice.person.birth_date = "1971-02-03"
        assert matching.only_fitting(view, register.shared(), notice) is None
