"""Every enum of the contract has words, both ways."""

import pytest
from google.protobuf.descriptor import EnumDescriptor

from federation.errors import InvalidRequest
from federation.v1 import query_pb2, record_pb2, registry_pb2
from federation.values import enum_names
from federation.values.terms import Purpose, RecordClass

ENUMS = [
    enum
    for module in (query_pb2, record_pb2, registry_pb2)
    for enum in module.DESCRIPTOR.enum_types_by_name.values()
]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.name)
def test_every_value_has_a_word_that_leads_back_to_it(enum: EnumDescriptor) -> None:
    spoken = enum_names.enum_names(enum)
    assert len(set(spoken.values())) == len(enum.values)
    for number, name in spoken.items():
        if number:
            assert enum_names.parse(enum, name, field="x") == number


def test_the_words_are_those_of_the_design() -> None:
    assert enum_names.parse_purpose("sealed_case") == query_pb2.PURPOSE_SEALED_CASE
    assert enum_names.parse_granularity("yes_no") == query_pb2.GRANULARITY_YES_NO
    assert enum_names.purpose_name(query_pb2.PURPOSE_CASE) == "case"
    assert enum_names.granularity_name(query_pb2.GRANULARITY_FULL) == "full"
    assert enum_names.outcome_name(query_pb2.OUTCOME_MORE_DATA_NEEDED) == "more_data_needed"
    assert enum_names.completeness_name(query_pb2.COMPLETENESS_PARTIAL) == "PARTIAL"
    assert enum_names.finding_name(query_pb2.FINDING_NO_RECORD) == "NO_RECORD"
    assert enum_names.sealing_status_name(record_pb2.SEALING_STATUS_WITHHELD) == "WITHHELD"
    assert enum_names.record_class_name(record_pb2.RECORD_CLASS_CRIMINAL) == "criminal"


@pytest.mark.parametrize("text", ["", "unspecified", "CASE", "Case", "everything", "x" * 10_000])
def test_another_word_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InvalidRequest, match="one of case, public") as refused:
        enum_names.parse_purpose(text)
    assert refused.value.violations[0].field == "purpose"
    assert len(str(refused.value)) < 200


def test_a_number_of_a_later_version_is_written_as_it_is() -> None:
    assert enum_names.enum_name(query_pb2.Purpose.DESCRIPTOR, 99) == "99"


def test_the_terms_of_the_law_are_the_words_of_the_contract() -> None:
    purposes = enum_names.enum_names(query_pb2.Purpose.DESCRIPTOR)
    classes = enum_names.enum_names(record_pb2.RecordClass.DESCRIPTOR)
    assert [*Purpose] == [name for number, name in sorted(purposes.items()) if number]
    assert {*RecordClass} == {name for number, name in classes.items() if number}
