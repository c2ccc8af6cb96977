"""What rules a candidate out: the lawyers' table (R34)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.record.ruling_out import ruled_out
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from tests.support.records import Someone

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "law" / "ruling_out.yaml").read_text("utf-8")
)
BY_ID = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
#: Odd serial numbers are men's.
MAN, ANOTHER = 501, 503


def asked(row: dict[str, Any]) -> Someone:
    return Someone(name="张三", born=date.fromisoformat(row.get("born", "1990-05-06")), serial=MAN)


def recorded(row: dict[str, Any]) -> pb.Record:
    its, someone = row["record"], asked(row)
    judged = its.get("judged", "" if "conduct" in its else "2015-01-01")
    made = pb.Record(
        record_class=pb.RecordClass.Value(f"RECORD_CLASS_{its.get('class', 'CRIMINAL')}"),
        person=pb.Person(
            names=[pb.Name(text="张三")], sex=pb.Sex.Value(f"SEX_{its.get('sex', 'UNSPECIFIED')}")
        ),
        pronounced_on=judged,
    )
    made.offences.add(name=its.get("offence", "盗窃罪"), conduct_to=its.get("conduct", ""))
    if "further" in its:
        made.offences.add(name="诈骗罪", conduct_to=its["further"])
    numbers = {"own": someone.number, "other": Someone(born=someone.born, serial=ANOTHER).number}
    for how in ("verified", "declared"):
        if how in its:
            made.person.identifiers.add(
                type=pb.IDENTIFIER_TYPE_CITIZEN_ID,
                number=numbers[its[how]],
                verification=pb.Verification.Value(f"VERIFICATION_{how.upper()}"),
                former=its.get("former", False),
            )
    if "passport" in its:
        made.person.identifiers.add(
            type=pb.IDENTIFIER_TYPE_PASSPORT, number=its["passport"], verification=pb.VERIFICATION_VERIFIED
        )
    return made


@BY_ID
def test_r34_a_candidate_is_ruled_out_as_the_table_says(row: dict[str, Any]) -> None:
    expected = "" if row["expect"] == "candidate" else row["expect"]
    assert ruled_out(asked(row).subject(), recorded(row)) == expected


def test_r34_a_question_without_number_and_birth_date_rules_out_by_its_sex_alone() -> None:
    made = recorded({"record": {"sex": "FEMALE", "conduct": "1980-01-01"}})
    assert ruled_out(query_pb2.Subject(name="张三"), made) == ""
    assert ruled_out(query_pb2.Subject(name="张三", sex=pb.SEX_MALE), made) == "sex"
    assert ruled_out(query_pb2.Subject(name="张三", sex=pb.SEX_UNKNOWN), made) == ""


def test_r34_a_renewed_passport_rules_nothing_out() -> None:
    made = recorded({"record": {"passport": "E12345678"}})
    renewed = pb.Identifier(type=pb.IDENTIFIER_TYPE_PASSPORT, number="EA7654321")
    asked_by = query_pb2.Subject(name="张三", birth_date="1990-05-06", identifiers=[renewed])
    assert ruled_out(asked_by, made) == ""
