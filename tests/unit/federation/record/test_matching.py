"""Whom a number identifies: the lawyers' table, for a question and for a notice (R31, R34)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.record.matching import Sought, identified
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from tests.support.records import ADULT, Someone

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "law" / "matching.yaml").read_text("utf-8")
)
BY_ID = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
SOMEONE = Someone(name="张三", born=ADULT)


def person(row: dict[str, Any]) -> pb.Person:
    """Return the person of the record."""
    made = pb.Person(birth_date=row["born"] or "")
    if row["name"]:
        made.names.add(kind=pb.NAME_KIND_REGISTERED, text=row["name"])
    made.identifiers.add(
        type=pb.IDENTIFIER_TYPE_CITIZEN_ID,
        number=SOMEONE.number,
        verification=pb.VERIFICATION_VERIFIED if row["number"] == "verified" else pb.VERIFICATION_DECLARED,
    )
    return made


def subject(row: dict[str, Any]) -> query_pb2.Subject:
    """Return the person asked about."""
    asked = SOMEONE.subject()
    if "name" not in row["asked"]:
        asked.ClearField("name")
    if "birth" not in row["asked"]:
        asked.ClearField("birth_date")
    return asked


@BY_ID
def test_r34_a_number_identifies_whom_the_table_says(row: dict[str, Any]) -> None:
    assert identified(Sought.of_subject(subject(row)), person(row)) == (row["expect"] == "identified")


@BY_ID
def test_r31_a_notice_names_a_person_by_the_same_rule(row: dict[str, Any]) -> None:
    asked = subject(row)
    named = pb.Person(identifiers=asked.identifiers, birth_date=asked.birth_date)
    if asked.name:
        named.names.add(kind=pb.NAME_KIND_REGISTERED, text=asked.name)
    assert identified(Sought.of_person(named), person(row)) == (row["expect"] == "identified")


def test_r34_a_declared_passport_identifies_with_the_name_alone() -> None:
    passport = pb.Identifier(
        type=pb.IDENTIFIER_TYPE_PASSPORT, number="E12345678", verification=pb.VERIFICATION_DECLARED
    )
    held = pb.Person(identifiers=[passport], names=[pb.Name(kind=pb.NAME_KIND_REGISTERED, text="李四")])
    for name, fits in (("李四", True), ("张三", False), ("", False)):
        sought = Sought.of_subject(query_pb2.Subject(identifiers=[passport], name=name))
        assert identified(sought, held) == fits


@pytest.mark.parametrize("text", ["1978-13-01", "1978年1月1日"])
def test_r31_a_notice_of_before_with_an_unreadable_birth_date_still_names_its_person(text: str) -> None:
    """Officers see it among those that wait, and one that cannot be looked for would hide all others."""
    named = pb.Person(birth_date=text)
    named.identifiers.add(
        type=pb.IDENTIFIER_TYPE_CITIZEN_ID, number=SOMEONE.number, verification=pb.VERIFICATION_VERIFIED
    )
    assert Sought.of_person(named).births == {ADULT}
