"""The persons and records of the kit: synthetic, the same in every run, kept in records.jsonl.

All three bear numbers of the area 990911, which no person has. Entering them again is harmless (decision 17).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

from federation.v1 import query_pb2, record_pb2
from federation.values.identifiers import check_character
from federation.values.json_message import read_message

FILE = "records.jsonl"
_UNKNOWN_BORN = "1981-02-03"


@dataclass(frozen=True, slots=True)
class FixedPerson:
    """Somebody to ask about."""

    name: str
    number: str
    born: str

    def subject(self) -> query_pb2.Subject:
        """Return the person as one asks about."""
        number = record_pb2.Identifier(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=self.number)
        return query_pb2.Subject(identifiers=[number], name=self.name, birth_date=self.born)

    @classmethod
    def unknown(cls) -> Self:
        """Return a person about whom nobody has anything, another one each time, with a name as long as others."""
        return cls("欧无录", numbered(_UNKNOWN_BORN, secrets.randbelow(400) * 2 + 101), _UNKNOWN_BORN)


def numbered(born: str, sequence: int) -> str:
    """Return the number of a synthetic person of the area 990912, which holds nobody of the records."""
    body = f"990912{born.replace('-', '')}{sequence:03d}"
    return body + check_character(body)


def lines() -> list[str]:
    """Return the records as JSON, one a line: an open one, a sealed one, a withheld one."""
    return (files("compose.conformance") / FILE).read_text("utf-8").splitlines()


def records() -> list[record_pb2.Record]:
    """Return the records."""
    return [read_message(json.loads(line), record_pb2.Record()) for line in lines()]


def _person(record: record_pb2.Record) -> FixedPerson:
    number = record.person.identifiers[0].number
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    return FixedPerson(record.person.names[0].text, number, born)


def open_person() -> FixedPerson:
    """Return the person whose record whoever may ask is shown."""
    return _person(records()[0])


def sealed_person() -> FixedPerson:
    """Return the person whose record the rule of minors seals (R40)."""
    return _person(records()[1])


def withheld_person() -> FixedPerson:
    """Return the person whose record lacks the birth date by which sealing is decided."""
    return _person(records()[2])
