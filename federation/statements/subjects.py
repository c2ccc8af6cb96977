"""Checks of the person a question or an application is about: well-formed, findable, and one person."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import FieldViolation
from federation.record.texts import text_violations
from federation.v1 import query_pb2, record_pb2
from federation.values import calendar
from federation.values.enum_names import enum_name
from federation.values.identifiers import check_identifier, normalise_identifier, rule_of
from federation.values.names import check_name
from federation.values.numbers import contradictions
from federation.values.tokens import finds_without_number

_MAX_IDENTIFIERS = 5


def subject_violations(subject: query_pb2.Subject, *, allow_synthetic: bool) -> Iterator[FieldViolation]:
    """Yield what is wrong with the person asked about: a number, or name and birth date, all well-formed.

    A birth date that contradicts the number is refused: with one of them mistyped, nobody would be found.
    """
    yield from text_violations("subject.name", subject.name, limit=60)
    if len(subject.identifiers) > _MAX_IDENTIFIERS:
        yield FieldViolation("subject.identifiers", "SIZE", f"more than {_MAX_IDENTIFIERS}")
    if not subject.identifiers and not (subject.name and subject.birth_date):
        yield FieldViolation("subject", "R14", "give an identity number, or both name and birth date")
    if subject.name:
        try:
            check_name(subject.name)
        except ValueError as error:
            yield FieldViolation("subject.name", "R14", str(error))
    if subject.birth_date:
        try:
            calendar.parse_date(subject.birth_date)
        except ValueError as error:
            yield FieldViolation("subject.birth_date", "DATE", str(error))
    for number, identifier in enumerate(subject.identifiers[:_MAX_IDENTIFIERS]):
        where = f"subject.identifiers[{number}]"
        if identifier.type not in record_pb2.IdentifierType.values() or not identifier.type:
            yield FieldViolation(f"{where}.type", "R14", "say which kind of document the number is of")
            continue
        yield from text_violations(f"{where}.number", identifier.number, limit=40)
        kind, normal = enum_name(record_pb2.IdentifierType.DESCRIPTOR, identifier.type), ""
        try:
            normal = normalise_identifier(kind, identifier.number)
            check_identifier(kind, normal, allow_synthetic=allow_synthetic)
        except ValueError as error:
            yield FieldViolation(f"{where}.number", rule_of(kind, normal), str(error))
    if subject.sex not in record_pb2.Sex.values():
        yield FieldViolation("subject.sex", "GB/T 2261.1", "is not a code of the standard")
    person = record_pb2.Person(
        identifiers=subject.identifiers[:_MAX_IDENTIFIERS], birth_date=subject.birth_date, sex=subject.sex
    )
    yield from contradictions(person, "subject")


def unfindable_violations(subject: query_pb2.Subject, where: str) -> Iterator[FieldViolation]:
    """Yield what an application lacks so that records without a number are searched too (R34).

    Missing names are reported elsewhere: every application has one. Passports hold no birth date.
    """
    try:
        found = not subject.name or finds_without_number(subject)
    except ValueError:
        return  # reported by `subject_violations`
    if not found:
        yield FieldViolation(
            f"{where}.birth_date",
            "R34",
            "give the birth date, which this number does not hold: records without a number are found by it",
        )


def one_person_violations(subject: query_pb2.Subject) -> Iterator[FieldViolation]:
    """Yield what makes the subject more than one person, so that no co-defendant's number can be added (R38)."""
    seen: dict[int, str] = {}
    for number, identifier in enumerate(subject.identifiers[:_MAX_IDENTIFIERS]):
        try:
            kind = enum_name(record_pb2.IdentifierType.DESCRIPTOR, identifier.type)
            normal = normalise_identifier(kind, identifier.number)
        except ValueError:
            continue  # reported by `subject_violations`
        if seen.setdefault(identifier.type, normal) != normal:
            yield FieldViolation(
                f"subject.identifiers[{number}].number",
                "R38",
                "is a second number of its kind, so another person's: ask about each person by itself",
            )
