"""Whom the callers of an upgrade enter and ask about, and trials that a sealed record names to other agencies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format

from compose.local.layout import NODES
from federation.record.fields import CO_OFFENDERS
from federation.v1 import record_pb2
from tests.support.records import MINOR, Someone, case_number, open_record, record, sealed_record
from tests.support.seals import young_and_grown

AGENCIES = tuple(NODES)
NAME = "杨不悔"


def _row(person: Someone, finding: str, *records: tuple[str, record_pb2.Record]) -> str:
    held = [
        {"member": agency, "node": NODES[agency], "record": json_format.MessageToDict(made)}
        for agency, made in records
    ]
    subject = json_format.MessageToDict(person.subject())
    return json.dumps({"person": subject, "finding": finding, "records": held}, ensure_ascii=False)


def _pair() -> str:
    """Return one judgment as two agencies hold it: the police know that it is a minor's."""
    person, young, grown = young_and_grown()
    return _row(person, "NO_RECORD", ("procuratorate", grown), ("police", young))


def rows(count: int) -> Iterator[str]:
    """Yield so many rows, of four kinds in turn: open, sealed, sealed at one holder of two, nobody."""
    for number in range(count):
        agency = AGENCIES[number // 4 % len(AGENCIES)]
        match number % 4:
            case 0:
                person, made = open_record(agency)
                yield _row(person, "RECORD", (agency, made))
            case 1:
                person, made = sealed_record(agency)
                yield _row(person, "NO_RECORD", (agency, made))
            case 2:
                yield _pair()
            case _:
                yield _row(Someone(), "NO_RECORD")


def trials(count: int) -> tuple[list[dict[str, Any]], record_pb2.Record]:
    """Return rows of adults whose texts name a minor, one trial each, and the minor's record, which names all.

    A last row is the copy of the minor's judgment that justice holds, which does not know the age.
    """
    numbers, young = [case_number() for _ in range(count)], Someone(name=NAME, born=MINOR)
    held = []
    for index, number in enumerate(numbers):
        agency, adult = AGENCIES[index % len(AGENCIES)], Someone()
        made = record(adult, agency, number=number)
        made.extensions[CO_OFFENDERS] = NAME
        held.append(json.loads(_row(adult, "RECORD", (agency, made))))
    minor = record(young, "police")
    minor.extensions[CO_OFFENDERS] = f"见{'、'.join(numbers)}"
    copy = record(young, "justice", number=minor.judgment_number.original)
    copy.person.birth_date = "1985-03-04"
    copy.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    held.append(json.loads(_row(young, "NO_RECORD", ("justice", copy))))
    return held, minor
