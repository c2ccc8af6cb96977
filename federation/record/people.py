"""The offender's basic information (R14): identifiers, names, sex, birth date, household registration."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import FieldViolation
from federation.v1 import record_pb2 as pb
from federation.values.divisions import read_division
from federation.values.enum_names import enum_name, values
from federation.values.identifiers import check_identifier, normalise_identifier, rule_of
from federation.values.names import check_name


def check(person: pb.Person, *, allow_synthetic: bool) -> Iterator[FieldViolation]:
    """Yield what is wrong with `person`; normalises its identifiers and its division in place."""
    for number, identifier in enumerate(person.identifiers):
        yield from _identifier(identifier, f"person.identifiers[{number}]", allow_synthetic=allow_synthetic)
    for number, name in enumerate(person.names):
        where = f"person.names[{number}]"
        if name.kind not in values(pb.NameKind.DESCRIPTOR) or not name.kind:
            yield FieldViolation(f"{where}.kind", "R14", "say which kind of name it is")
        if len(name.text) > 60:
            yield FieldViolation(f"{where}.text", "SIZE", "longer than 60 characters")
        try:
            check_name(name.text)
        except ValueError as error:
            yield FieldViolation(f"{where}.text", "R14", str(error))
    if person.sex not in values(pb.Sex.DESCRIPTOR):
        yield FieldViolation("person.sex", "GB/T 2261.1", "is not a code of the standard")
    if person.household_division:
        try:
            person.household_division = read_division(person.household_division)
        except ValueError as error:
            yield FieldViolation("person.household_division", "GB/T 2260", str(error))


def findable(record: pb.Record) -> Iterator[FieldViolation]:
    """Yield what is wrong with a new entry that has neither number nor birth date: hardly anybody would find it (R34).

    Taken all the same is a person of whom nothing but the own word for the name is known (自报姓名), and a register on
    paper (R63): such a record is found by its name, and identity is confirmed each time.
    """
    person = record.person
    declared = any(name.kind == pb.NAME_KIND_DECLARED for name in person.names)
    paper = record.instrument.kind == pb.INSTRUMENT_KIND_PAPER
    if not (person.identifiers or person.birth_date or declared or paper):
        yield FieldViolation(
            "person.identifiers",
            "R14",
            "give an identity number or at least the year of birth: by a name alone nobody is found for certain. "
            "If the person's own word for the name is all that is known (自报姓名), enter the name as DECLARED; if the "
            "source is a register on paper, enter the instrument as PAPER",
        )


def _identifier(identifier: pb.Identifier, where: str, *, allow_synthetic: bool) -> Iterator[FieldViolation]:
    if identifier.type not in values(pb.IdentifierType.DESCRIPTOR) or not identifier.type:
        yield FieldViolation(f"{where}.type", "R14", "say which kind of document the number is of")
        return
    if identifier.verification not in values(pb.Verification.DESCRIPTOR) or not identifier.verification:
        yield FieldViolation(f"{where}.verification", "R14", "say whether it is VERIFIED or DECLARED")
    kind = enum_name(pb.IdentifierType.DESCRIPTOR, identifier.type)
    try:
        identifier.number = normalise_identifier(kind, identifier.number)
    except ValueError as error:
        yield FieldViolation(f"{where}.number", "R14", str(error))
        return
    try:
        check_identifier(kind, identifier.number, allow_synthetic=allow_synthetic)
    except ValueError as error:
        yield FieldViolation(f"{where}.number", rule_of(kind, identifier.number), str(error))
