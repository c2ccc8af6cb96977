"""Conversion between the contract's enum values and the names for people and JSON: PURPOSE_CASE is "case".

Names come from the enum itself, so that none can be forgotten: the prefix of the value is dropped and the rest put
in lower case. The names of `Completeness`, `Finding` and `SealingStatus` stay in capitals, as in the design.
"""

from __future__ import annotations

from functools import cache

from google.protobuf.descriptor import EnumDescriptor

from federation.errors import InvalidRequest
from federation.v1 import query_pb2 as query
from federation.v1 import record_pb2 as record

_IN_CAPITALS = frozenset({"Completeness", "Finding", "SealingStatus"})


@cache
def enum_names(enum: EnumDescriptor) -> dict[int, str]:
    """Return the name of every value of `enum`, by number."""
    values = [(value.number, value.name) for value in enum.values]
    prefix = values[0][1].removesuffix("UNSPECIFIED")
    capitals = enum.name in _IN_CAPITALS
    spoken = {number: name.removeprefix(prefix) for number, name in values}
    return {number: text if capitals else text.lower() for number, text in spoken.items()}


@cache
def values(enum: EnumDescriptor) -> frozenset[int]:
    """Return the numbers of `enum`."""
    return frozenset(value.number for value in enum.values)


def enum_name(enum: EnumDescriptor, number: int) -> str:
    """Return the name of a value; a number unknown to this version is returned as digits."""
    return enum_names(enum).get(number) or str(number)


def parse(enum: EnumDescriptor, text: str, *, field: str) -> int:
    """Return the number of a name; raises `InvalidRequest` that gives `field` and the known names."""
    for number, known in enum_names(enum).items():
        if number and known == text:
            return number
    choices = ", ".join(known for number, known in enum_names(enum).items() if number)
    raise InvalidRequest.of(field, "known_word", f"one of {choices}, not {text[:40]!r}")


def purpose_name(purpose: query.Purpose.ValueType) -> str:
    """Return "case", "public", "defence", "sealed_case", "sealed_provision" or "own"."""
    return enum_name(query.Purpose.DESCRIPTOR, purpose)


def parse_purpose(text: str) -> query.Purpose.ValueType:
    """Return the purpose of that name; raises `InvalidRequest`."""
    return query.Purpose.ValueType(parse(query.Purpose.DESCRIPTOR, text, field="purpose"))


def granularity_name(granularity: query.Granularity.ValueType) -> str:
    """Return "yes_no", "listed", "extract" or "full"."""
    return enum_name(query.Granularity.DESCRIPTOR, granularity)


def parse_granularity(text: str) -> query.Granularity.ValueType:
    """Return the granularity of that name; raises `InvalidRequest`."""
    return query.Granularity.ValueType(parse(query.Granularity.DESCRIPTOR, text, field="granularity"))


def outcome_name(outcome: query.Outcome.ValueType) -> str:
    """Return "none", "match", "several", "more_data_needed", "refused", "unreachable", ..."""
    return enum_name(query.Outcome.DESCRIPTOR, outcome)


def completeness_name(completeness: query.Completeness.ValueType) -> str:
    """Return "COMPLETE", "PARTIAL" or "VOID"."""
    return enum_name(query.Completeness.DESCRIPTOR, completeness)


def finding_name(finding: query.Finding.ValueType) -> str:
    """Return "RECORD", "NO_RECORD", "YES", "NO", "CONFIRM_IDENTITY" or "UNDECIDED"."""
    return enum_name(query.Finding.DESCRIPTOR, finding)


def sealing_status_name(status: record.SealingStatus.ValueType) -> str:
    """Return "OPEN", "SEALED" or "WITHHELD"."""
    return enum_name(record.SealingStatus.DESCRIPTOR, status)


def parse_record_class(text: str) -> record.RecordClass.ValueType:
    """Return the record class of that name; raises `InvalidRequest`."""
    return record.RecordClass.ValueType(parse(record.RecordClass.DESCRIPTOR, text, field="record_class"))


def record_class_name(record_class: record.RecordClass.ValueType) -> str:
    """Return "criminal", "public_order", "non_prosecution", "reeducation", "process" or "working"."""
    return enum_name(record.RecordClass.DESCRIPTOR, record_class)
