"""What was asked, as it stands above an answer: about whom, for what, on which basis, in which case, by whom."""

from __future__ import annotations

from collections.abc import Iterator

from compose.shared.language import known, say
from compose.shared.moments import beijing
from compose.shared.printing import Table, grid
from federation.law.bases import load_bases
from federation.v1 import query_pb2, record_pb2
from federation.values.enum_names import enum_name, purpose_name, record_class_name


def asked_table(query: query_pb2.Query, answer: query_pb2.Answer, *, officer: str, member: str) -> Table:
    """Return one line for each thing that was asked, and the answer's number and time."""
    table = grid()
    for key, value in _lines(query, answer, officer, member):
        if value:
            table.add_row(say(f"ask.{key}"), value)
    return table


def _lines(
    query: query_pb2.Query, answer: query_pb2.Answer, officer: str, member: str
) -> Iterator[tuple[str, str]]:
    purpose = purpose_name(query.purpose)
    yield "person", ", ".join(filter(None, _person(query.subject)))
    yield "purpose", known(f"purpose.{purpose}", purpose)
    if query.record_class:
        name = record_class_name(query.record_class)
        yield "class", known(f"class.{name}", name)
    yield "basis", _basis(query.basis)
    yield "case", query.case_number
    yield "for", " ".join(filter(None, (query.on_behalf_of.organ_class, query.on_behalf_of.name)))
    yield "officer", say("ask.officer_of", officer=officer, member=member)
    yield "answer", answer.answer_id
    yield "at", say("ask.beijing", moment=beijing(answer.answered_at))


def _person(subject: query_pb2.Subject) -> Iterator[str]:
    yield subject.name
    for each in subject.identifiers:
        kind = enum_name(record_pb2.IdentifierType.DESCRIPTOR, each.type)
        yield f"{known(f'document.{kind}', kind)} {each.number}"
    yield subject.birth_date


def _basis(row: str) -> str:
    found = load_bases().get(row) if row else None
    return f"{row} {found.law} {found.article}".strip() if found is not None else row
