"""The questions of `hutong explain match`: the person asked about and the person of a record in, what is found out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from compose.explain.question import Day, PartialDay, QuestionForm, Text, name_in, read
from compose.explain.strict_json import BadLine
from federation.record.finding import finding
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.enum_names import enum_name
from federation.values.identifiers import check_identifier, normalise_identifier
from federation.values.names import check_name
from federation.values.numbers import contradictions

_MOST = 20
_Kind = Annotated[int, name_in(pb.IdentifierType)]
_Sex = Annotated[int, name_in(pb.Sex)]


class _Number(QuestionForm):
    type: _Kind
    number: Text


class _RecordedNumber(_Number):
    verified: bool = True
    former: bool = False


class _Asked(QuestionForm):
    name: Text = ""
    birth_date: Day | None = None
    sex: _Sex | None = None
    numbers: list[_Number] = Field(default=[], max_length=_MOST)


class _Recorded(QuestionForm):
    names: list[Text] = Field(default=[], max_length=_MOST)
    birth_date: PartialDay | None = None
    sex: _Sex | None = None
    numbers: list[_RecordedNumber] = Field(default=[], max_length=_MOST)
    offences: list[Text] = Field(default=[], max_length=_MOST)
    conduct_to: Day | None = None
    pronounced_on: Day | None = None


class _Match(QuestionForm):
    asked: _Asked
    record: _Recorded


def explain_match(value: object) -> dict[str, Any]:
    """Return {"result": match, candidate or none, "ruled_out_by"} of a question and a record; raises `BadLine`."""
    form = read(_Match, value)
    subject = query_pb2.Subject(
        name=_name(form.asked.name, "asked.name"),
        birth_date=form.asked.birth_date.isoformat() if form.asked.birth_date else "",
        sex=pb.Sex.ValueType(form.asked.sex or 0),
    )
    for place, number in enumerate(form.asked.numbers):
        subject.identifiers.append(_identifier(number, f"asked.numbers[{place}].number"))
    for fault in contradictions(
        pb.Person(birth_date=subject.birth_date, sex=subject.sex, identifiers=subject.identifiers), "asked"
    ):
        raise BadLine(fault.field, fault.message)
    found = finding(subject, _record(form.record))
    return {"result": str(found.result), "ruled_out_by": found.ruled_out_by}


def _record(form: _Recorded) -> pb.Record:
    record = pb.Record(
        record_class=pb.RECORD_CLASS_CRIMINAL,
        pronounced_on=form.pronounced_on.isoformat() if form.pronounced_on else "",
        person=pb.Person(birth_date=form.birth_date or "", sex=pb.Sex.ValueType(form.sex or 0)),
    )
    for place, name in enumerate(form.names):
        record.person.names.add(text=_name(name, f"record.names[{place}]"))
    for place, number in enumerate(form.numbers):
        identifier = _identifier(number, f"record.numbers[{place}].number")
        identifier.former = number.former
        identifier.verification = pb.VERIFICATION_VERIFIED if number.verified else pb.VERIFICATION_DECLARED
        record.person.identifiers.append(identifier)
    conduct = form.conduct_to.isoformat() if form.conduct_to else ""
    for offence in form.offences or [""]:
        record.offences.add(name=offence, conduct_to=conduct)
    return record


def _name(text: str, field: str) -> str:
    try:
        if text:
            check_name(text)
    except ValueError as error:
        raise BadLine(field, str(error)) from None
    return text


def _identifier(form: _Number, field: str) -> pb.Identifier:
    """Return a number in its one form, checked as at the doors (synthetic ones are accepted)."""
    type_ = pb.IdentifierType.ValueType(form.type)
    kind = enum_name(pb.IdentifierType.DESCRIPTOR, type_)
    try:
        number = normalise_identifier(kind, form.number)
        check_identifier(kind, number, allow_synthetic=True)
    except ValueError as error:
        raise BadLine(field, str(error)) from None
    return pb.Identifier(type=type_, number=number)
