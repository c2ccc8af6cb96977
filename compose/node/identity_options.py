"""What the commands on identities share: the client of a node's identities, and the person asked about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from compose.shared.at import At
from compose.shared.options import DAY
from compose.shared.written import identity_document
from federation.client.identities import Identities
from federation.v1 import query_pb2, record_pb2


@contextmanager
def identities_at(at: At) -> Iterator[Identities]:
    """Yield the client of the identities of a command's node."""
    with at.client() as client:
        yield client.identities(at.node)


def read_number(text: str, field: str) -> record_pb2.Identifier:
    """Return a number that is written "TYPE=NUMBER", or a citizen number alone; raises `InvalidRequest`."""
    if "=" not in text:
        return record_pb2.Identifier(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=text)
    return identity_document(text, field)


def person_options(command: Any) -> Any:
    """Add the options by which a person is asked about; `subject_of` reads them."""
    for option in reversed(
        (
            click.option("--name", default="", help="Name of the person."),
            click.option(
                "--number",
                default="",
                help="Identity number: a citizen number, or TYPE=NUMBER, as passport=E12345678.",
            ),
            click.option("--birth-date", type=DAY, default="", help="Birth date, YYYY-MM-DD."),
            click.option("--sex", type=click.Choice(["male", "female"]), help="Sex of the person."),
        )
    ):
        command = option(command)
    return command


def subject_of(*, name: str, number: str, birth_date: str, sex: str | None) -> query_pb2.Subject:
    """Return the person that these options name."""
    subject = query_pb2.Subject(name=name, birth_date=birth_date)
    if number:
        subject.identifiers.append(read_number(number, "number"))
    if sex:
        subject.sex = record_pb2.SEX_MALE if sex == "male" else record_pb2.SEX_FEMALE
    return subject
